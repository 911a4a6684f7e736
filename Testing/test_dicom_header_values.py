"""What scanners, archives and anonymisers write in headers: a case is made of it, or it is told before the work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from dicom_cases import on, with_values
from dicom_writer import ct_volume
from dicom_writer import write_series as write_source
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag
from refusal import refused

from SketchNoduleSynthLib.ct.dicom_series import sorted_slices
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import check_source, write_series
from SketchNoduleSynthLib.synthesis.result import of_nodules
from SketchNoduleSynthLib.teaching.make import Form
from SketchNoduleSynthLib.teaching.source import Source, volume_of

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")
NODULE = (slice(2, 4), slice(3, 6), slice(2, 7))
RAW = {
    "PatientSex": (b"U", b"m", b"W", b"F\\M"),
    "PatientBirthDate": (b"00000000", b"1950", b"1950.12.11", b"19501", b"unknown"),
    "StudyDate": (b"00000000", b"1997.04.24", b"2022", b"19970000"),
    "StudyTime": (b"12:00:00", b"99", b"noon", b"240000"),
    "SeriesDate": (b"00000000",),
    "ContentDate": (b"0000.00.00",),
    "ContentTime": (b"::",),
    "PatientName": (b"No\\Body", b"^^^^^^^", b"A=B=C=D", b"x" * 100),
    "PatientID": (b"a\\b", b"x" * 80),
    "PatientAge": (b"45", b"unknown"),
    "PatientWeight": (b"72,5", b"heavy"),
    "PatientSize": (b"1.80m",),
    "AccessionNumber": (b"A\\1", b"x" * 40),
    "StudyID": (b"x" * 40,),
    "InstanceNumber": (b"1.5", b"one", b"", b"99999999999"),
    "SliceThickness": (b"", b"thin", b"0", b"2,5"),
    "SpacingBetweenSlices": (b"-2.5", b"0", b"x"),
    "SeriesDescription": (b"a\\b", b"x" * 100),
    "SeriesNumber": (b"", b"x"),
    "TimezoneOffsetFromUTC": (b"+9999", b"CET"),
    "ReferringPhysicianName": (b"No\\Body",),
    "KVP": (b"120kV",),
    "WindowCenter": (b"40,0",),
    "ImageType": (b"", b"ORIGINAL"),
    "DerivationDescription": (b"a\\b",),
}
VALUES = [(keyword, value) for keyword, values in RAW.items() for value in values]


def set_raw(dataset: Dataset, keyword: str, value: bytes) -> None:
    tag = Tag(tag_for_keyword(keyword))
    value += b" " * (len(value) % 2)
    dataset[tag] = RawDataElement(tag, dictionary_VR(keyword), len(value), value, 0, False, True)


Edit = Callable[[Dataset, int], None]


def made_of(folder: Path, edit: Edit, study: Literal["source", "anonymous"] = "source", reproducible: bool = True):
    """The segmentation of a nodule in the series that `edit` makes; what is written is what was made."""
    write_source(folder / "source", ct_volume(), edit=edit)
    result = on(with_values(ct_volume(), NODULE, np.array(37)), Volume.read(folder / "source"))
    check_source(folder / "source", study)
    write_series(result, folder / "ct", folder / "source", study=study, reproducible=reproducible)
    write_segmentation(result, folder / "ct", folder / "seg.dcm", reproducible=reproducible)
    np.testing.assert_array_equal(Volume.read(folder / "ct").array, result.synthetic.array)
    read = highdicom.seg.segread(folder / "seg.dcm")
    frames = np.zeros(result.labels.shape, bool)
    positions = [one.position for one in sorted_slices(folder / "ct")]
    for frame, group in zip(read.pixel_array, read.PerFrameFunctionalGroupsSequence, strict=True):
        here = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        frames[np.linalg.norm(positions - here, axis=1).argmin()] |= frame > 0
    np.testing.assert_array_equal(frames, result.labels > 0)
    return read


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("keyword", "value"), VALUES, ids=lambda value: str(value)[:30])
def test_values_that_are_not_the_standards(keyword: str, value: bytes, tmp_path: Path) -> None:
    made_of(tmp_path, lambda dataset, _: set_raw(dataset, keyword, value), reproducible=len(value) % 4 > 0)


@pytest.mark.filterwarnings("ignore")
def test_all_of_them_at_once_in_an_anonymous_case(tmp_path: Path) -> None:
    def edit(dataset: Dataset, index: int) -> None:
        for keyword, values in RAW.items():
            set_raw(dataset, keyword, values[0])

    assert made_of(tmp_path, edit, "anonymous").PatientSex == ""


@pytest.mark.parametrize(
    "keyword", sorted({*RAW, "FrameOfReferenceUID", "StudyInstanceUID", "PositionReferenceIndicator"})
)
def test_values_that_are_missing(keyword: str, tmp_path: Path) -> None:
    made_of(tmp_path, lambda dataset, _: dataset.pop(keyword, None))


def test_the_patient_is_the_sources_letter_by_letter(tmp_path: Path) -> None:
    def edit(dataset: Dataset, index: int) -> None:
        set_raw(dataset, "PatientSex", b"U")
        set_raw(dataset, "PatientBirthDate", b"1950.12.11")
        set_raw(dataset, "PatientName", b"No\\Body")

    made_of(tmp_path, edit)
    written = dcmread(tmp_path / "seg.dcm")
    raw = [written.get_item(tag_for_keyword(word)).value for word in ("PatientSex", "PatientBirthDate", "PatientName")]
    assert raw == [b"U ", b"1950.12.11", b"No\\Body "]


@pytest.mark.parametrize("noise", [1e-9, 1e-5, 3e-4])
def test_slices_that_share_their_orientation_only_nearly(noise: float, tmp_path: Path) -> None:
    def edit(dataset: Dataset, index: int) -> None:
        random = np.random.default_rng(index)
        turned = np.array([1, 0, 0, 0, 1, 0]) + random.uniform(-noise, noise, 6)
        set_raw(dataset, "ImageOrientationPatient", "\\".join(f"{value:.11f}" for value in turned).encode())
        dataset.FrameOfReferenceUID = f"2.25.7{index}"

    made_of(tmp_path, edit)


class TestToldBeforeTheWork:
    """What nothing can be made of is refused when the source is checked, not when the nodules are made."""

    @pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID", "BitsStored", "HighBit"])
    def test_what_a_slice_must_have(self, keyword: str, tmp_path: Path) -> None:
        write_source(tmp_path, ct_volume(), edit=lambda dataset, index: index == 4 and dataset.pop(keyword))
        with refused():
            check_source(tmp_path)
        with refused():
            Form().check(Source(str(tmp_path), ""))
        Form("nrrd").check(Source(str(tmp_path), ""))
        Form().check(Source("ct.nrrd", ""))

    def test_text_in_the_pixels_of_an_anonymous_case(self, tmp_path: Path) -> None:
        write_source(tmp_path, ct_volume(), edit=lambda dataset, _: setattr(dataset, "BurnedInAnnotation", "YES"))
        Form().check(Source(str(tmp_path), ""))
        with refused("burned into"):
            Form(anonymous=True).check(Source(str(tmp_path), ""))

    @pytest.mark.parametrize("anonymous", [False, True])
    def test_text_in_the_pixels_of_what_is_straightened(self, anonymous: bool, tmp_path: Path) -> None:
        """Its slices are others than the source's, in a study without its patient."""

        def burned(dataset: Dataset, index: int) -> None:
            if index == 3:  # One of them is enough.
                dataset.BurnedInAnnotation = "YES"

        write_source(tmp_path, ct_volume(), shear=(0, 0.6, 0), edit=burned)
        source = Source.read(tmp_path, straighten=True)
        with refused("burned into"):
            Form(anonymous=anonymous).check(source)
        Form("nrrd").check(source)
        with refused("burned into"):
            write_series(of_nodules(volume_of(source), []), tmp_path.parent / f"{tmp_path.name}_out")
        assert not (tmp_path.parent / f"{tmp_path.name}_out").exists()
