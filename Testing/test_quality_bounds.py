"""The gate's bounds, as they are made of real nodules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusal import refused

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.synthesis import quality
from training.data.nodules import Nodule
from training.quality_bounds import main, measured, outside, range_of


@given(st.lists(st.floats(-1000, 1000), min_size=1, max_size=300))
def test_nearly_all_real_values_are_within(values: list[float]) -> None:
    low, high = range_of([*values, float("nan")])
    assert np.mean([(low - 0.01 <= value <= high + 0.01) for value in values]) >= 0.98
    assert np.isinf(range_of([float("nan")])).all()


def test_what_is_written_is_read(nodules_npz: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(nodules_npz), str(tmp_path / "bounds.json")])
    assert "3 nodules" in capsys.readouterr().out
    written = json.loads((tmp_path / "bounds.json").read_text())
    assert tuple(written["bands_mm"]) == quality.BANDS_MM
    found = quality.bounds(tmp_path / "bounds.json")
    assert found.keys() == quality.JUDGED.keys()
    assert all(set(kinds) == set(ATTENUATIONS) for kinds in found.values())


def test_what_lies_outside_is_counted(
    nodules: Sequence[Nodule], nodules_npz: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one, plain), *_ = measured(nodules)
    assert "mean_hu" in outside(plain | {"mean_hu": -990.0}, one)
    main([str(nodules_npz)])
    assert "of 3 nodules" in capsys.readouterr().out


def test_nothing_is_printed_before_the_set_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith("usage: ")
    with refused("missing.h5"):
        main([str(tmp_path / "missing.h5")])
    assert not capsys.readouterr().out


def test_a_set_without_ratings_is_refused(nodules: Sequence[Nodule]) -> None:
    with refused("rated texture"):
        measured([replace(nodule, attenuation=None) for nodule in nodules])


def test_missing_bounds_are_told(tmp_path: Path) -> None:
    with refused("missing or broken", "install"):
        quality.bounds(tmp_path / "none.json")
