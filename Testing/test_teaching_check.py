"""What the check of a case says of the word that may be burned into its pixels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import ct_volume, write_series
from refusal import refused

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.result import of_nodules
from SketchNoduleSynthLib.teaching.case import Case, sha256_of
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.make import Form, write_case

SHAPE = (3, 40, 64)
WORD = "all in the nodules and in the word burned in"


@pytest.fixture
def padded() -> Volume:
    """A CT with rows of -1024 at the upper and lower edge, where nothing is burned in."""
    volume = ct_volume(SHAPE)
    volume.array[:, :12] = volume.array[:, -12:] = -1024
    return volume


def test_an_even_edge_is_no_burned_in_word(padded: Volume, tmp_path: Path) -> None:
    write_case(of_nodules(padded, []), tmp_path / "plain", "plain")
    assert "burned in" not in check(Case.open(tmp_path / "plain"))
    write_case(of_nodules(padded, []), tmp_path / "marked", "marked", Form(burn_in=True))
    assert check(Case.open(tmp_path / "marked")).endswith(f"in 0 voxels, {WORD}.")


def test_nothing_may_differ_in_an_even_edge(padded: Volume, tmp_path: Path) -> None:
    write_case(of_nodules(padded, []), tmp_path / "case", "case")
    before, listed = tmp_path / "case" / "truth" / "before.npz", tmp_path / "case" / "case.json"
    np.savez_compressed(before, index=[0], hu=padded.array.ravel()[:1])
    case = json.loads(listed.read_text())
    case["files"]["truth/before.npz"] = sha256_of(before)
    listed.write_text(json.dumps(case))
    with refused("differs from its source outside of the nodules"):
        check(Case.open(tmp_path / "case"))


def test_the_word_is_known_in_slices_that_hold_other_hu(tmp_path: Path) -> None:
    """Slices in steps of 1, 2 and 3 HU: each holds the word's 1000 HU as near as it can."""
    write_series(tmp_path / "series", ct_volume(SHAPE), slope=[1.0, 2.0, 3.0])
    volume = Volume.read(tmp_path / "series")
    write_case(of_nodules(volume, []), tmp_path / "case", "case", Form(burn_in=True), tmp_path / "series")
    case = Case.open(tmp_path / "case")
    assert len(set(case.ct().array[:, :9, :55].max(axis=(1, 2)))) == 2
    assert WORD in check(case, tmp_path / "series")
