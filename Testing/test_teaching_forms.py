"""A case from a DICOM series, in each form that it can be written in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import write_series
from generation_fixtures import scanned  # noqa: F401
from generation_phantom import Patient
from pydicom import dcmread
from refusal import refused

from SketchNoduleSynthLib import extras
from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.make import Form, best_format

FORMS = {"study": (), "anonymous": ("--anonymous",), "marked": ("--burn-in",), "nrrd": ("--format", "nrrd")}
PLACES_RAS_MM = ((-40.0, 0.0, 0.0), (42.0, 4.0, -14.0))


@pytest.fixture(scope="module")
def series(scanned: Patient, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: F811
    """The patient as a series that counts from head to feet, as most do, and from 0."""
    folder = tmp_path_factory.mktemp("series")
    paths = write_series(folder, scanned.volume)
    for index, path in enumerate(paths):
        image = dcmread(path)
        image.InstanceNumber = len(paths) - 1 - index
        image.save_as(path)
    return folder


@pytest.fixture(scope="module")
def forms(series: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The case of two nodules in each of FORMS."""
    folder = tmp_path_factory.mktemp("forms")
    nodules = [
        {"voi": {"center_ras_mm": place, "diameter_mm": 8.0}, "model": "mcgan", "seed": seed}
        for seed, place in enumerate(PLACES_RAS_MM, 1)  # That of 0 is thinner than these voxels of 3 x 3 x 5 mm.
    ]
    (folder / "recipe.json").write_text(json.dumps({"version": 1, "nodules": nodules}))
    for name, words in FORMS.items():
        recipe = str(folder / "recipe.json")
        assert main(["case", "make", str(series), str(folder / name), "--recipe", recipe, *words]) == 0
    return {name: folder / name for name in FORMS}


def test_each_differs_from_its_source_only_in_the_nodules(forms, series, scanned):  # noqa: F811
    cases = {name: Case.open(folder) for name, folder in forms.items()}
    for name, case in cases.items():
        said = check(case, series)
        assert "2 nodules" in said and ("and in the word burned in" in said) == (name == "marked")
    assert {case.source_sha256 for case in cases.values()} == {scanned.volume.sha256()}
    corner = (slice(None), slice(9), slice(50))
    assert not np.array_equal(cases["marked"].ct().array[corner], scanned.volume.array[corner])
    with refused("Only a DICOM case"):
        Form("nrrd", anonymous=True)


def test_the_truth_has_the_slices_number_in_dicom_too(forms, series):
    count = len(list(series.iterdir()))
    for name, folder in forms.items():
        for nodule in Case.open(folder).truth().nodules:
            if name == "nrrd":
                assert nodule.instance_number is None
                continue
            assert nodule.instance_number == count - nodule.slice_number
            headers = [dcmread(path, stop_before_pixels=True) for path in (folder / "ct").iterdir()]
            (image,) = [one for one in headers if one.InstanceNumber == nodule.instance_number]
            assert abs(image.ImagePositionPatient[2] - nodule.center_lps_mm[2]) <= image.SliceThickness / 2


def test_a_copy_with_the_sources_patient_says_so(forms, tmp_path, capsys):
    for name, folder in forms.items():
        assert main(["case", "hand-out", str(folder), str(tmp_path / name)]) == 0
        told = f"The headers of {name} have the source's patient" in capsys.readouterr().out
        assert told == (name in ("study", "marked"))


@pytest.mark.parametrize(("found", "format"), [("0.26.1", "nrrd"), ("0.27.0", "dicom"), ("1.0.0", "dicom")])
def test_dicom_is_chosen_where_highdicom_is_new_enough(monkeypatch, found, format):
    """Slicer 5.10 has none, 5.12 and 5.13 have 0.27.0."""
    pytest.importorskip("highdicom")
    monkeypatch.setattr(extras, "version", lambda package: found)
    assert best_format() == format
