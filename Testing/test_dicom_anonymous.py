"""Nothing of a patient is in an anonymous case: every element of every file is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from dicom_cases import scanned, twelve_bits, with_values
from dicom_writer import ct_volume
from dicom_writer import write_series as write_source
from pydicom import DataElement, Dataset, dcmread
from pydicom._dicom_dict import DicomDictionary
from pydicom.tag import Tag
from refusal import refused

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.new_slice import NUMBERS, WORDS
from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.synthesis.result import Result

SECRET_NUMBER = 47110816
SECRETS = ("ZQ", "Erna", "Müller", "Mueller", "Schmidt", "Klinik", "19540321", "20220518", "1.2.826.4711", "SN-54321")
SECRETS += ("4711-0815", str(SECRET_NUMBER))
TEXTS = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
PLANTED = {
    **dict.fromkeys(TEXTS, "ZQ{tag:08X}"),
    "UI": "1.2.826.4711.{tag}",
    "AS": "068Y",
    "DA": "19540321",
    "DT": "19540321101530",
    "TM": "101530",
    "DS": str(SECRET_NUMBER),
    "IS": str(SECRET_NUMBER),
}
NUMERIC = {"FL", "FD", "UL", "SL"}
BYTES = {"OB", "OF", "OW", "UN"}
"""GDCM reads no file with one of OD, OL, OV, SV and UV in it; nor then do we."""
KEPT_AS_IT_IS = {0x0000, 0x0002, 0x0004, 0x0028, 0x5400, 0x5600, 0x7FE0}
"""Groups of the file, of directories, of pixels: there something senseless makes the source unreadable."""


def element(tag: int, representation: str) -> DataElement | None:
    """An element with something secret in it; None if its representation holds no secret."""
    if representation in PLANTED:
        return DataElement(tag, representation, PLANTED[representation].format(tag=tag))
    if representation in NUMERIC:
        return DataElement(tag, representation, SECRET_NUMBER)
    if representation in BYTES:
        return DataElement(tag, representation, b"ZQSECRET")
    if representation == "SQ":
        item = Dataset()
        item.PatientName, item.ReferencedSOPInstanceUID = "ZQ^Erna", "1.2.826.4711.1"
        item.private_block(0x0011, "ZQMAKER", create=True).add_new(1, "LO", "ZQ nested")
        return DataElement(tag, "SQ", [item])
    return None


def planted(dataset: Dataset, index: int) -> None:
    """Fill all attributes of the standard that are not in the way, private ones, file meta and preamble: secrets."""
    needed = {*NUMBERS, "Modality", "ImageType", "SOPClassUID", "SpecificCharacterSet"}
    for tag, (representation, _, _, _, keyword) in DicomDictionary.items():
        if tag >> 16 not in KEPT_AS_IT_IS and keyword and keyword not in needed and tag & 0xFFFF:
            new = element(tag, representation)
            if new is not None:
                dataset[tag] = new
    scanned(dataset, index)
    dataset.StudyInstanceUID = dataset.SeriesInstanceUID = "1.2.826.4711.2"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.826.4711.3.{index}"
    dataset.NumberOfFrames = 1
    for keyword in ("LossyImageCompression", "LossyImageCompressionMethod", "RescaleType", "PixelPresentation"):
        setattr(dataset, keyword, "ZQ WORD")
    dataset.WindowCenterWidthExplanation = "ZQ WINDOW"
    dataset.GantryDetectorTilt = 0.5
    dataset.private_block(0x0011, "ZQMAKER", create=True).add_new(1, "PN", "ZQ^Müller")
    overlay = {0x60000010: ("US", 8), 0x60000011: ("US", 10), 0x60000022: ("LO", "ZQ OVERLAY")}
    for tag, (representation, value) in overlay.items():
        dataset.add_new(tag, representation, value)
    dataset.file_meta.SourceApplicationEntityTitle = "ZQ_CT_ROOM"
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.826.4711.4"
    dataset.file_meta.PrivateInformation = b"ZQ META!"


@cache
def result() -> Result:
    """Noise with a nodule, of two slices only, as there are thousands of elements in each."""
    return with_values(ct_volume((2, 60, 60)), (slice(0, 2), slice(30, 34), slice(30, 36)), np.array(30))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source full of secrets, down to its files' names, and of it series and segmentations without them."""
    folder = tmp_path_factory.mktemp("anonymous")
    paths = write_source(folder / "source" / "ZQ_Mueller_Erna", result().source, edit=planted)
    for path in paths:
        path.rename(path.with_name("ZQ_Mueller_" + path.name))
    for name, choices in {"random": {}, "same": {"reproducible": True}, "burned": {"burn_in": True}}.items():
        write_series(result(), folder / "case" / name, folder / "source", study="anonymous", **choices)
        target = folder / "case" / f"{name}.dcm"
        write_segmentation(result(), folder / "case" / name, target, reproducible=name == "same")
    return folder


def elements(dataset: Dataset) -> Iterator[DataElement]:
    """All elements, nested ones too."""
    for one in dataset:
        yield one
        if one.VR == "SQ":
            for item in one.value:
                yield from elements(item)


def files(case: Path) -> list[Path]:
    return [path for path in (case / "case").rglob("*") if path.is_file()]


def test_the_source_is_full_of_secrets(case: Path) -> None:
    """Else the tests below would find none anywhere."""
    for path in (case / "source").rglob("*.dcm"):
        dataset = dcmread(path)
        found = [one for one in elements(dataset) if any(secret in str(one.value) for secret in SECRETS)]
        assert len(found) > 3000
        assert all(secret.encode("latin-1") in path.read_bytes() for secret in SECRETS)
    np.testing.assert_array_equal(Volume.read(case / "source").array, result().source.array)


def test_no_element_of_any_file_has_one(case: Path) -> None:
    assert len(files(case)) == 3 * (2 + 1)
    for path in files(case):
        dataset = dcmread(path)
        for one in (*dataset.file_meta, *elements(dataset)):
            assert not one.tag.is_private, one
            assert not any(secret in f"{one.name} {one.value!r} {one.value}" for secret in SECRETS), one
        assert dataset.preamble == bytes(128)


def test_nor_any_byte_nor_any_name(case: Path) -> None:
    for path in files(case):
        content = path.read_bytes()
        for secret in SECRETS:
            assert secret.encode() not in content and secret.encode("latin-1") not in content
            assert secret not in str(path.relative_to(case))


def test_the_case_is_the_same_whoever_the_patient_is(case: Path, tmp_path: Path) -> None:
    """Of the same voxels and acquisition: nothing else of the source's header reaches the files, not even as a hash."""

    def another(dataset: Dataset, index: int) -> None:
        planted(dataset, index)
        dataset.PatientName, dataset.PatientID, dataset.StudyDate = "Other^One", "1", "20010101"
        dataset.StudyInstanceUID = dataset.SeriesInstanceUID = dataset.FrameOfReferenceUID = "1.2.3"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{index + 1}"

    write_source(tmp_path / "source", result().source, edit=another)
    write_series(result(), tmp_path / "same", tmp_path / "source", study="anonymous", reproducible=True)
    write_segmentation(result(), tmp_path / "same", tmp_path / "same.dcm", reproducible=True)
    for path in tmp_path.glob("same*/*.dcm"):
        assert path.read_bytes() == (case / "case" / "same" / path.name).read_bytes()
    assert (tmp_path / "same.dcm").read_bytes() == (case / "case" / "same.dcm").read_bytes()


def test_only_known_attributes_are_written(case: Path, tmp_path: Path) -> None:
    write_series(result(), tmp_path / "nothing")
    known = {one.tag for one in dcmread(tmp_path / "nothing" / "CT0001.dcm")}
    known |= {Tag(keyword) for keyword in (*NUMBERS, *WORDS, "SourceImageSequence", "BurnedInAnnotation")}
    known |= {Tag("PatientIdentityRemoved"), Tag("DeidentificationMethodCodeSequence")}
    for path in (case / "case").glob("*/*.dcm"):
        assert {one.tag for one in dcmread(path)} <= known


def test_what_may_be_kept_is_of_the_acquisition_and_the_image() -> None:
    """Not of the groups of the patient (0010), of identifiers and dates (0008), of visits and procedures (0032 on)."""
    assert {Tag(keyword).group for keyword in (*NUMBERS, *WORDS)} <= {0x0018, 0x0020, 0x0028}


def test_identifiers_are_new_and_dates_are_none(case: Path) -> None:
    old = {str(one.value) for path in (case / "source").rglob("*.dcm") for one in dcmread(path) if one.VR == "UI"}
    for path in files(case):
        dataset = dcmread(path)
        for one in elements(dataset):
            if one.VR == "UI":
                assert str(one.value) not in old or str(one.value).startswith("1.2.840.10008."), one
            if one.VR in ("DA", "DT", "TM"):
                assert not one.value or str(one.value) in ("19000101", "000000"), one
    studies = {dcmread(path).StudyInstanceUID for path in files(case)}
    patients = {dcmread(path).PatientID for path in files(case)}
    assert len(studies) == len(patients) == 3, "one a case, shared by its series and its segmentation"


def test_what_it_says_of_itself(case: Path) -> None:
    for path in (case / "case").glob("*/*.dcm"):
        dataset = dcmread(path)
        assert dataset.PatientIdentityRemoved == "YES"
        assert dataset.LongitudinalTemporalInformationModified == "REMOVED"
        (code,) = dataset.DeidentificationMethodCodeSequence
        assert (code.CodeValue, code.CodingSchemeDesignator) == ("113100", "DCM")
        assert dataset.PatientName == "SYNTHETIC^NODULES" and dataset.SyntheticData == "YES"


def test_the_acquisition_stays(case: Path) -> None:
    for path in (case / "case").glob("*/*.dcm"):
        dataset = dcmread(path)
        assert (dataset.KVP, dataset.Exposure, dataset.GantryDetectorTilt) == (120, 50, 0.5)
        assert (dataset.WindowCenter, dataset.WindowWidth) == ([-600, 40], [1500, 350])


def test_bits_above_those_stored_are_cleared(tmp_path: Path) -> None:
    """Old scanners hid overlays in them, with the patient's name."""

    def overlay(dataset: Dataset, index: int) -> None:
        twelve_bits(dataset, index)
        words = np.frombuffer(dataset.PixelData, np.uint16).copy()
        words[::3] |= 0x8000
        dataset.PixelData = words.tobytes()

    write_source(tmp_path / "source", result().source, edit=overlay)
    write_series(result(), tmp_path / "new", tmp_path / "source", study="anonymous")
    assert all(max(np.frombuffer(dcmread(p).PixelData, np.uint16)) < 4096 for p in (tmp_path / "new").iterdir())
    np.testing.assert_array_equal(Volume.read(tmp_path / "new").array, result().synthetic.array)


def test_text_burned_into_the_pixels_is_refused(tmp_path: Path) -> None:
    def burned(dataset: Dataset, index: int) -> None:
        dataset.BurnedInAnnotation = "YES"

    write_source(tmp_path / "source", result().source, edit=burned)
    with refused("burned into its pixels"):
        write_series(result(), tmp_path / "new", tmp_path / "source", study="anonymous")
    assert not (tmp_path / "new").exists()
    write_series(result(), tmp_path / "new", tmp_path / "source")


@pytest.mark.parametrize("value", ["12 ZQ", "", "nan", "1e999"])
def test_a_number_that_is_none_is_dropped(value: str, tmp_path: Path) -> None:
    def broken(dataset: Dataset, index: int) -> None:
        dataset.KVP = 120
        dataset.add_new("TableHeight", "LO", value)

    write_source(tmp_path / "source", result().source, edit=broken)
    write_series(result(), tmp_path / "new", tmp_path / "source", study="anonymous")
    dataset = dcmread(tmp_path / "new" / "CT0001.dcm")
    assert dataset.KVP == 120 and "TableHeight" not in dataset
