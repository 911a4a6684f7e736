"""The handbook's sheet of real nodules: a row shows one as it is, its border, its place without it, and one like it."""

from __future__ import annotations

import pytest
from shared_data import VALIDATION, needs_nodules

pytest.importorskip("torch", reason="training needs torch")


@needs_nodules
def test_a_row_shows_a_nodule_its_border_lung_and_a_nodule_again() -> None:
    from training.data.nodules import read_nodules
    from training.real_nodules_sheet import BORDER, TILE, clicked, nearest

    row = clicked(nearest([one for one in read_nodules(VALIDATION) if one.attenuation], "solid", 12.0))
    assert row.shape == (TILE, 4 * TILE, 3)
    tiles = [row[:, k * TILE : (k + 1) * TILE] for k in range(4)]
    third = slice(TILE * 2 // 5, TILE * 3 // 5)
    as_it_is, _, without, anew = (float(tile[third, third].mean()) for tile in tiles)
    assert without < as_it_is - 60 and anew > without + 60
    is_border = (tiles[1] == BORDER).all(-1)
    assert is_border.any() and (tiles[1][~is_border] == tiles[0][~is_border]).all()
