"""What DICOM without its source's headers says of the source and the patient: what is known of them, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_writer import ct_volume, write_enhanced
from dicom_writer import write_series as write_source
from pydicom import Dataset, dcmread
from refusal import refused

from SketchNoduleSynthLib.ct.origin import Origin
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.synthesis.result import of_nodules
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.copies import keeps_patient
from SketchNoduleSynthLib.teaching.make import write_case

SAYS_TEXT = "SYNTHETIC: SketchNoduleSynth may have put lung nodules here. Not for diagnosis. "


def burned(dataset: Dataset, index: int) -> None:
    if index == 3:  # One of them is enough.
        dataset.BurnedInAnnotation = "YES"


def made_of(volume: Volume, folder: Path) -> list[Dataset]:
    """The slices of `volume` without its source's headers."""
    return [dcmread(path) for path in write_series(of_nodules(volume, []), folder / "made")]


@pytest.mark.parametrize("shear_mm", [0.0, 0.6])
def test_of_dicom_it_says_so_and_that_its_patient_is_removed(shear_mm: float, tmp_path: Path) -> None:
    write_source(tmp_path / "source", ct_volume(), shear=(0, shear_mm, 0))
    volume = Volume.read(tmp_path / "source", straighten=True)
    for one in made_of(volume, tmp_path):
        straightened = " It was straightened from a gantry tilt of 13.5 degrees." if shear_mm else ""
        assert one.DerivationDescription == f"{SAYS_TEXT}The source was DICOM.{straightened}"
        assert one.PatientIdentityRemoved == "YES"
        assert one.DeidentificationMethodCodeSequence[0].CodeValue == "113100"


def test_of_a_file_nobody_knows_what_stands_in_its_pixels(tmp_path: Path) -> None:
    ct_volume().write(tmp_path / "ct.nrrd")
    for one in made_of(Volume.read(tmp_path / "ct.nrrd"), tmp_path):
        assert one.DerivationDescription == f"{SAYS_TEXT}The source was not DICOM."
        says_nothing_of_the_pixels(one)


def test_of_voxels_alone_not_even_the_format_is_known(tmp_path: Path) -> None:
    for one in made_of(ct_volume(), tmp_path):
        assert one.DerivationDescription == f"{SAYS_TEXT}The format of the source is not known."
        says_nothing_of_the_pixels(one)


def says_nothing_of_the_pixels(one: Dataset) -> None:
    assert one.PatientName == "SYNTHETIC^NODULES" and not one.PatientBirthDate
    assert "Text burned into the pixels is not looked for" in one.DeidentificationMethod
    for keyword in ("PatientIdentityRemoved", "BurnedInAnnotation", "DeidentificationMethodCodeSequence"):
        assert keyword not in one


@pytest.mark.parametrize("kind", ["series", "sheared", "enhanced"])
def test_a_source_with_text_in_its_pixels_is_refused(kind: str, tmp_path: Path) -> None:
    if kind == "enhanced":
        path = write_enhanced(tmp_path / "source" / "ct.dcm", ct_volume())
        header = dcmread(path)
        header.BurnedInAnnotation = "YES"
        header.save_as(path)
    else:
        write_source(tmp_path / "source", ct_volume(), shear=(0, 0.6 * (kind == "sheared"), 0), edit=burned)
    volume = Volume.read(tmp_path / "source", straighten=True).flipped()
    assert volume.origin == Origin("DICOM", is_burned_in=True)
    with refused("burned into its pixels", "an NRRD can"):
        made_of(volume, tmp_path)
    assert not (tmp_path / "made").exists()


def test_a_case_of_voxels_alone_keeps_no_patient(tmp_path: Path) -> None:
    """Nor is a reader's copy said to."""
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    write_case(of_nodules(ct_volume(), []), tmp_path / "case", "case")
    assert not keeps_patient(Case.open(tmp_path / "case"))
