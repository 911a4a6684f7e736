"""The gate's bounds of attenuation against the cores of real nodules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from refusal import refused

from training.data.nodules import Nodule
from training.quality_bounds import main, rows


def test_the_gate_lets_pass_what_lies_within_its_bounds(nodules: Sequence[Nodule]) -> None:
    """The made set: three balls of 20 HU in noise, rated solid, part-solid and ground-glass, and two unrated ones."""
    table = rows(nodules)
    assert [(row.attenuation, row.nodules) for row in table] == [("solid", 1), ("part-solid", 1), ("ground-glass", 1)]
    for row, nodule in zip(table, nodules, strict=False):
        assert row.is_large == (nodule.diameter_mm >= 8)
        assert -100 < row.fifth_hu == row.last_hu < 20, "smoothed, as by a reconstruction"
    assert [row.within for row in table] == [1.0, 1.0, 0.0], "no ground-glass nodule is so dense"


def test_percentiles_are_those_of_the_cores(nodules: Sequence[Nodule]) -> None:
    solid = nodules[0]
    many = []
    for hu in range(-400, -300):
        ct = solid.ct.with_array(np.full_like(solid.ct.array, hu))
        many.append(replace(solid, voxels=lambda ct=ct: (ct, solid.mask)))
    (row,) = rows(many)
    assert (row.fifth_hu, row.last_hu) == pytest.approx(tuple(np.percentile(range(-400, -300), [5, 95])))
    assert (row.is_large, row.within) == (True, 0.0)
    (small,) = rows([replace(nodule, diameter_mm=7.9) for nodule in many])
    assert (small.is_large, small.within) == (False, 1.0), "the border's partial volume is allowed for"


def test_the_table_is_printed(nodules_npz: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(nodules_npz)])
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_nothing_is_printed_before_the_set_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith("usage: ")
    with refused("missing.h5"):
        main([str(tmp_path / "missing.h5")])
    assert not capsys.readouterr().out


def test_a_set_without_ratings_is_refused(nodules: Sequence[Nodule]) -> None:
    with refused("rated texture"):
        rows([replace(nodule, attenuation=None) for nodule in nodules])
