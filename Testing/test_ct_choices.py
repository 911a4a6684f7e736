"""A series chosen and a tilted CT straightened, from the command line to the case: what is said, and where it lies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import write_series
from phantom import LUNG_RAS_MM, chest
from pydicom import Dataset, dcmread

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.volume import Volume

DEGREES = 14.0


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A study: series 2 straight, series 3 of a tilted gantry; and a recipe."""
    for number, degrees in ((2, 0.0), (3, DEGREES)):

        def edit(dataset: Dataset, _: int, number: int = number) -> None:
            dataset.SeriesNumber, dataset.PatientID = number, "4711"

        volume = chest()
        shear = volume.grid.spacing[2] * np.tan(np.radians(degrees))
        write_series(tmp_path / "study" / str(number), volume, shear=(0, shear, 0), edit=edit)
    nodule = {"voi": {"center_ras_mm": LUNG_RAS_MM, "diameter_mm": 10}, "model": "mcgan"}
    (tmp_path / "recipe.json").write_text(json.dumps({"version": 1, "nodules": [nodule]}))
    return tmp_path


def run(job: Path, *words: str) -> int:
    return main([word.replace("JOB", str(job)) for word in words])


def test_synthesize(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("synthesize", "JOB/study", "JOB/recipe.json")
    assert run(job, *words, "JOB/out") == 2
    assert "2 CT series" in (said := capsys.readouterr().err) and "3 (48 slices, 1.60 mm apart)" in said
    assert run(job, *words, "JOB/out", "--series", "3") == 2
    assert "14.0 degrees" in (said := capsys.readouterr().err) and "--straighten" in said
    assert not (job / "out").exists()
    assert run(job, *words, "JOB/out", "--series", "3", "--straighten") == 0
    assert "straightened from a gantry tilt of 14.0 degrees" in capsys.readouterr().out
    recipe, (report,) = (json.loads((job / "out" / f"{name}.json").read_text()) for name in ("recipe", "report"))
    assert recipe["software"]["CT"] == "straightened from a gantry tilt of 14.0 degrees"
    assert "The CT was straightened from a gantry tilt of 14.0 degrees." in report["notes"]
    assert run(job, "synthesize", "JOB/study", "JOB/out/recipe.json", "JOB/again", "--series", "3", "--straighten") == 0
    assert Volume.read(job / "out" / "synthetic.nrrd") == Volume.read(job / "again" / "synthetic.nrrd")


def test_a_case_of_a_series_is_in_its_study(job: Path) -> None:
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    assert run(job, "case", "make", "JOB/study", "JOB/case", "--recipe", "JOB/recipe.json", "--series", "2") == 0
    assert dcmread(job / "case" / "ct" / "CT0001.dcm").PatientID == "4711"
    assert run(job, "case", "check", "JOB/case", "--source", "JOB/study", "--series", "2") == 0


def test_a_case_of_a_straightened_ct_says_so(job: Path) -> None:
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    words = ("case", "make", "JOB/study/3", "JOB/case", "--recipe", "JOB/recipe.json")
    assert run(job, *words) == 2 and not (job / "case").exists()
    assert run(job, *words, "--straighten") == 0
    assert "straightened from a gantry tilt of 14.0" in dcmread(job / "case/ct/CT0001.dcm").DerivationDescription
    assert run(job, "case", "check", "JOB/case", "--source", "JOB/study/3") == 0


def test_one_series_for_each_ct(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("case", "make", "JOB/study/2", "JOB/study/3", "JOB/cases", "--count", "2", "--series", "2")
    assert run(job, *words) == 2
    assert "2 CTs and 1 --series" in capsys.readouterr().err
