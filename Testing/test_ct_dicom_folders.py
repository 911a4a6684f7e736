"""Folders of DICOM as hospitals hand them over: what lies beside the CT, copies, several series, single files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from dicom_cases import on, with_values
from dicom_writer import ct_volume, write_enhanced, write_series
from pydicom import Dataset, dcmread
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
    SecondaryCaptureImageStorage,
)
from refusal import refused

from SketchNoduleSynthLib.ct.dicom_folder import SeveralSeries
from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.series import write_series as write_synthetic

VOLUME = ct_volume()


def is_read(path: Path, series: str | None = None, volume: Volume = VOLUME) -> None:
    read = Volume.read(path, series)
    np.testing.assert_array_equal(read.array, volume.array)
    np.testing.assert_allclose(read.grid.index_to_lps, volume.grid.index_to_lps, atol=1e-4)


class TestWithoutPreamble:
    @pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian])
    @pytest.mark.parametrize("meta", [True, False])
    @pytest.mark.parametrize("ending", [".dcm", ""])
    def test_is_read(self, syntax: str, meta: bool, ending: str, tmp_path: Path) -> None:
        def edit(dataset: Dataset, _: int) -> None:
            dataset.SyntheticData = "YES"
            if syntax == ExplicitVRBigEndian:
                dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
            dataset.file_meta.TransferSyntaxUID = syntax

        for path in write_series(tmp_path, VOLUME, edit=edit):
            content = path.read_bytes()[132:]
            if not meta:
                content = content[12 + int.from_bytes(content[8:12], "little") :]
            path.unlink()
            path.with_suffix(ending).write_bytes(content)
        is_read(tmp_path)
        assert says_synthetic(tmp_path)
        if meta or syntax == ImplicitVRLittleEndian:
            read = on(with_values(VOLUME, (slice(2, 4),) * 3, np.array(37)), Volume.read(tmp_path))
            write_synthetic(read, tmp_path.parent / f"{tmp_path.name}_out", tmp_path)

    def test_a_text_that_begins_so_is_none(self, tmp_path: Path) -> None:
        write_series(tmp_path, VOLUME)
        (tmp_path / "letter").write_bytes(b"\x08 and so on" * 40)
        is_read(tmp_path)


class TestCopies:
    def test_every_instance_twice(self, tmp_path: Path) -> None:
        for path in write_series(tmp_path / "a", VOLUME):
            shutil.copy(path, path.with_stem(f"{path.stem} (1)"))
        shutil.copytree(tmp_path / "a", tmp_path / "b")
        is_read(tmp_path)

    def test_by_two_senders(self, tmp_path: Path) -> None:
        for path in write_series(tmp_path, VOLUME):
            dataset = dcmread(path)
            dataset.file_meta.TransferSyntaxUID, dataset.StationName = ImplicitVRLittleEndian, "PACS"
            dataset.save_as(path.with_suffix(".copy"))
        is_read(tmp_path)

    def test_of_other_content_are_refused(self, tmp_path: Path) -> None:
        path = write_series(tmp_path, VOLUME)[2]
        dataset = dcmread(path)
        dataset.PixelData = bytes([dataset.PixelData[0] ^ 1]) + dataset.PixelData[1:]
        dataset.save_as(path.with_suffix(".other"))
        with refused("same position", f"{path.stem}.other"):
            Volume.read(tmp_path)

    def test_other_instances_at_the_same_place_are_refused(self, tmp_path: Path) -> None:
        write_series(tmp_path / "a", VOLUME, series_uid="1.2.3")
        write_series(tmp_path / "b", VOLUME, series_uid="1.2.3")
        with refused("same position"):
            Volume.read(tmp_path)


def page(dataset: Dataset, _: int) -> None:
    """A screen of the scanner: Modality CT, Secondary Capture."""
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    dataset.ImageType = ["DERIVED", "SECONDARY", "SCREEN SAVE"]
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope"):
        delattr(dataset, keyword)


def colour_page(dataset: Dataset, index: int) -> None:
    page(dataset, index)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelData = bytes(dataset.Rows * dataset.Columns * 3)


def presentation(dataset: Dataset, index: int) -> None:
    page(dataset, index)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.11.1"
    dataset.Modality = "PR"
    del dataset.Rows, dataset.PixelData


def dose_report(dataset: Dataset, index: int) -> None:
    presentation(dataset, index)
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"
    dataset.Modality = "CT"


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("edit", [page, colour_page, presentation, dose_report])
def test_what_is_no_ct_image_is_passed_over(edit, inside: bool, tmp_path: Path) -> None:
    write_series(tmp_path, VOLUME, series_uid="1.2.3")
    write_series(tmp_path / "more", ct_volume((1, 8, 10)), series_uid="1.2.3" if inside else "1.2.4", edit=edit)
    is_read(tmp_path)


def test_a_protocol_that_calls_itself_a_ct_image_is_passed_over(tmp_path: Path) -> None:
    def protocol(dataset: Dataset, index: int) -> None:
        del dataset.ImagePositionPatient, dataset.ImageOrientationPatient
        dataset.ImageType = ["DERIVED", "SECONDARY", "OTHER", "CT_SOM5 PROT"]

    write_series(tmp_path, VOLUME)
    write_series(tmp_path / "501", ct_volume((2, 8, 10)), edit=protocol)
    is_read(tmp_path)


def test_slices_at_one_place_beside_the_ct_are_passed_over(tmp_path: Path) -> None:
    """Monitoring of a bolus, or a test slice."""
    write_series(tmp_path, VOLUME)
    write_series(tmp_path / "test", ct_volume((1, 8, 10)))
    write_series(
        tmp_path / "bolus",
        ct_volume((5, 8, 10)),
        edit=lambda dataset, _: setattr(dataset, "ImagePositionPatient", [-100, -90, 40]),
    )
    is_read(tmp_path)


def test_only_pages(tmp_path: Path) -> None:
    write_series(tmp_path, ct_volume((2, 8, 10)), edit=page)
    with refused("no CT", "Secondary Capture"):
        Volume.read(tmp_path)


@pytest.mark.parametrize("keyword", ["SeriesInstanceUID", "SOPInstanceUID"])
def test_an_identifier_that_is_none_is_taken(keyword: str, tmp_path: Path) -> None:
    set_raw = pytest.importorskip("test_dicom_header_values").set_raw
    for value in (b"1\\0\\0", b"", b"x" * 100):
        write_series(tmp_path / str(len(value)), VOLUME, edit=lambda d, _, value=value: set_raw(d, keyword, value))
        is_read(tmp_path / str(len(value)))


def test_a_broken_file_meta(tmp_path: Path) -> None:
    path = write_series(tmp_path, VOLUME)[0]
    content = path.read_bytes()
    at = content.index(b"\x02\0\x02\0UI")
    path.write_bytes(content[: at + 4] + b"U\0" + content[at + 6 :])
    with refused(path.name, "damaged"):
        Volume.read(tmp_path)


class TestSeveralSeries:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        def named(number: int | None, description: str, kernel: str):
            def edit(dataset: Dataset, _: int) -> None:
                dataset.SeriesNumber, dataset.SeriesDescription, dataset.ConvolutionKernel = number, description, kernel

            return edit

        write_series(tmp_path / "a", VOLUME, series_uid="1.2.10", edit=named(2, "Lunge 2.5", "B70f"))
        thin = ct_volume((9, 8, 10), (0.7, 0.8, 1.0))
        write_series(tmp_path / "b", thin, series_uid="1.2.11", edit=named(10, "Thorax", "B31f"))
        write_series(tmp_path / "c", VOLUME.flipped(), series_uid="1.2.12", edit=named(None, "", ""))
        return tmp_path

    def test_are_listed(self, folder: Path) -> None:
        with refused(
            "3 CT series", "--series", "2 (Lunge 2.5, B70f, 6 slices, 2.50 mm apart)", "1.2.12 (6 slices"
        ) as it:
            Volume.read(folder)
        assert isinstance(it.value, SeveralSeries)
        assert [one.choice for one in it.value.series] == ["2", "10", "1.2.12"]

    @pytest.mark.parametrize("choice", ["2", "1.2.10"])
    def test_one_is_chosen(self, choice: str, folder: Path) -> None:
        is_read(folder, choice)
        assert Volume.read(folder, "10").array.shape == (9, 8, 10)
        assert Volume.read(folder, "1.2.12").array.shape == VOLUME.array.shape

    def test_one_that_is_not_there(self, folder: Path) -> None:
        with refused("no CT series 3", "10 (Thorax"):
            Volume.read(folder, "3")

    def test_of_one_number_are_chosen_by_their_uid(self, tmp_path: Path) -> None:
        for uid in ("1.2.20", "1.2.21"):
            edit = lambda dataset, _: setattr(dataset, "SeriesNumber", 2)  # noqa: E731
            write_series(tmp_path / uid, VOLUME, series_uid=uid, edit=edit)
        with refused("1.2.20", "1.2.21"):
            Volume.read(tmp_path)
        is_read(tmp_path, "1.2.21")

    def test_a_file_stands_for_its_series(self, folder: Path) -> None:
        for path in (folder / "b").iterdir():
            shutil.move(path, folder / "a" / f"b{path.stem}")
        assert Volume.read(next((folder / "a").glob("bIM*"))).array.shape == (9, 8, 10)
        is_read(next((folder / "a").glob("IM*")))

    def test_a_file_that_is_no_dicom_has_no_series(self, tmp_path: Path) -> None:
        VOLUME.write(tmp_path / "ct.nrrd")
        with refused("not DICOM", "--series"):
            Volume.read(tmp_path / "ct.nrrd", "2")


@pytest.mark.parametrize("name", ["DICOMDIR", "dicomdir"])
def test_a_dicomdir_stands_for_its_folder(name: str, tmp_path: Path) -> None:
    write_series(tmp_path / "PA0" / "ST0", VOLUME)
    (tmp_path / name).write_bytes(bytes(128) + b"DICM" + bytes(100))
    is_read(tmp_path / name)


class TestEnhanced:
    @pytest.mark.parametrize("legacy", [False, True])
    @pytest.mark.parametrize("order", [(), (3, 0, 5, 1, 4, 2)])
    def test_a_file_or_its_folder(self, order: tuple, legacy: bool, tmp_path: Path) -> None:
        path = write_enhanced(tmp_path / "ct", VOLUME, order, legacy)
        is_read(path)
        is_read(tmp_path)
        shutil.copy(path, tmp_path / "again")
        is_read(tmp_path)

    def test_oblique(self, tmp_path: Path) -> None:
        from dicom_cases import OBLIQUE

        volume = ct_volume(direction=np.array(OBLIQUE).reshape(3, 3))
        is_read(write_enhanced(tmp_path / "ct.dcm", volume), volume=volume)

    def test_compressed(self, tmp_path: Path) -> None:
        path = write_enhanced(tmp_path / "ct.dcm", VOLUME)
        dataset = dcmread(path)
        dataset.compress(RLELossless, generate_instance_uid=False)
        dataset.save_as(path)
        is_read(path)

    @pytest.mark.parametrize("study", ["source", "anonymous"])
    def test_a_nodule_in_it_as_single_slices(self, study, tmp_path: Path) -> None:
        path = write_enhanced(tmp_path / "in" / "ct.dcm", VOLUME)
        result = on(with_values(VOLUME, (slice(2, 4), slice(3, 6), slice(2, 7)), np.array(37)), Volume.read(path))
        written = write_synthetic(result, tmp_path / "out", path, study=study)
        np.testing.assert_array_equal(Volume.read(tmp_path / "out").array, result.synthetic.array)
        dataset, source = dcmread(written[0]), dcmread(path)
        assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2" and "NumberOfFrames" not in dataset
        if study == "source":
            reference = dataset.SourceImageSequence[0]
            assert reference.ReferencedSOPClassUID == source.SOPClassUID
            assert reference.ReferencedSOPInstanceUID == source.SOPInstanceUID
            assert dataset.PatientID == source.PatientID and dataset.StudyInstanceUID == source.StudyInstanceUID

    @pytest.mark.parametrize("lost", ["PlanePositionSequence", "PixelMeasuresSequence", "PlaneOrientationSequence"])
    def test_frames_without_their_place(self, lost: str, tmp_path: Path) -> None:
        path = write_enhanced(tmp_path / "ct.dcm", VOLUME)
        dataset = dcmread(path)
        for group in (dataset.SharedFunctionalGroupsSequence[0], dataset.PerFrameFunctionalGroupsSequence[3]):
            group.pop(lost, None)
        dataset.save_as(path)
        with refused("ct.dcm", "lacks"):
            Volume.read(path)

    def test_cut_short(self, tmp_path: Path) -> None:
        path = write_enhanced(tmp_path / "ct.dcm", VOLUME)
        path.write_bytes(path.read_bytes()[:-50])
        with refused("ct.dcm", "damaged or cut short"):
            Volume.read(path)
