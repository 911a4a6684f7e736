"""The nodules as a DICOM Segmentation, read back by highdicom, SimpleITK and Slicer."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_cases import TURNS, phantom_result, with_values, write_scanned
from dicom_tools import dciodvfy_errors, needs_dciodvfy, needs_dcmtk, slicer_series
from dicom_writer import ct_volume
from dicom_writer import write_series as write_source
from pydicom import Dataset, dcmread
from refusal import refused

from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.synthesis.result import Result, of_nodules

highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")
pytest_plugins = ["slicer_host"]


def exported(result: Result, folder: Path, study: str | None = None, **choices) -> Dataset:
    """The segmentation of a series that is written beside it; `study`: of a DICOM source."""
    if study:
        write_scanned(folder / "source", result.source)
        write_series(result, folder / "ct", folder / "source", study=study, **choices)
    else:
        write_series(result, folder / "ct", **choices)
    (folder / "seg").mkdir(exist_ok=True)
    write_segmentation(result, folder / "ct", folder / "seg" / "nodules.dcm", **choices)
    return dcmread(folder / "seg" / "nodules.dcm")


def labels_at(result: Result, points_lps: np.ndarray) -> np.ndarray:
    """The result's labels at the voxels where `points_lps` (..., 3) lie; 0 outside."""
    index = np.rint(result.synthetic.grid.to_index(points_lps)).astype(int)
    return result.labels[tuple(np.moveaxis(index[..., ::-1], -1, 0))]


@pytest.mark.parametrize("turn", TURNS)
def test_highdicom_reads_the_same_mask_at_the_same_place(turn: str, tmp_path: Path) -> None:
    result = phantom_result(TURNS[turn])
    exported(result, tmp_path)
    read = highdicom.seg.segread(tmp_path / "seg" / "nodules.dcm")
    volume = read.get_volume(combine_segments=True, rescale_fractional=False)
    index = np.stack(np.meshgrid(*map(np.arange, volume.array.shape), indexing="ij"), -1)
    points = index @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    np.testing.assert_array_equal(volume.array, labels_at(result, points))
    assert [(volume.array == n).sum() for n in (1, 2)] == [(result.labels == n).sum() for n in (1, 2)]


@pytest.mark.parametrize("turn", TURNS)
def test_itk_and_slicer_read_the_same_frames(turn: str, tmp_path: Path, scene) -> None:
    """Both read the frames one on the other, Slicer at times the last first; where each lies, its own header says."""
    result = phantom_result(TURNS[turn])
    dataset = exported(result, tmp_path)
    frames = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "seg" / "nodules.dcm"))
    shared = dataset.SharedFunctionalGroupsSequence[0]
    orientation = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, float).reshape(2, 3)
    between_rows, between_columns = map(float, shared.PixelMeasuresSequence[0].PixelSpacing)
    rows, columns = np.mgrid[: dataset.Rows, : dataset.Columns]
    for frame, group in zip(frames, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, float)
        across = columns[..., None] * between_columns * orientation[0] + rows[..., None] * between_rows * orientation[1]
        number = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        np.testing.assert_array_equal(frame > 0, labels_at(result, position + across) == number)
    assert (frames > 0).sum() == (result.labels > 0).sum() > 0
    in_slicer = slicer_series(tmp_path / "seg", scene).array
    assert any(np.array_equal(in_slicer, order) for order in (frames, frames[::-1]))


def test_frames_refer_to_the_slices_that_they_lie_on(tmp_path: Path) -> None:
    dataset = exported(phantom_result(), tmp_path, "source")
    slices = {one.SOPInstanceUID: one for one in map(dcmread, (tmp_path / "ct").iterdir())}
    for group in dataset.PerFrameFunctionalGroupsSequence:
        (source,) = group.DerivationImageSequence[0].SourceImageSequence
        position = slices[source.ReferencedSOPInstanceUID].ImagePositionPatient
        np.testing.assert_allclose(group.PlanePositionSequence[0].ImagePositionPatient, position, atol=1e-6)
    (series,) = dataset.ReferencedSeriesSequence
    assert {one.SeriesInstanceUID for one in slices.values()} == {series.SeriesInstanceUID}
    some = next(iter(slices.values()))
    for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientID", "PatientName", "StudyDate", "ContentDate"):
        assert dataset[keyword].value == some[keyword].value
    assert dataset.SeriesInstanceUID != some.SeriesInstanceUID


def test_what_a_segment_says(tmp_path: Path) -> None:
    result = phantom_result()
    segments = exported(result, tmp_path).SegmentSequence
    assert [s.SegmentNumber for s in segments] == [1, 2]
    assert [s.SegmentLabel for s in segments] == ["Nodule 1, solid", "Nodule 2, part-solid"]
    assert [s.SegmentAlgorithmType for s in segments] == ["AUTOMATIC", "SEMIAUTOMATIC"]
    for segment, nodule in zip(segments, result.recipe.nodules, strict=True):
        (algorithm,) = segment.SegmentationAlgorithmIdentificationSequence
        assert algorithm.AlgorithmName == segment.SegmentAlgorithmName == nodule.model
        assert nodule.weights_sha256 in algorithm.AlgorithmParameters
        (kind,) = segment.SegmentedPropertyTypeCodeSequence
        assert (kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning) == ("27925004", "SCT", "Nodule")
    assert len({s.TrackingUID for s in segments}) == len({s.TrackingID for s in segments}) == 2


@pytest.mark.parametrize("study", [None, "source", "anonymous"])
def test_marks(study: str | None, tmp_path: Path) -> None:
    dataset = exported(phantom_result(), tmp_path, study)
    assert dataset.SyntheticData == "YES" and dataset.SeriesDescription.startswith("SYNTHETIC")
    (equipment,) = dataset.ContributingEquipmentSequence
    assert equipment.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    assert phantom_result().recipe.nodules[0].weights_sha256 in equipment.ContributionDescription


@needs_dciodvfy
@pytest.mark.parametrize("study", [None, "source", "anonymous"])
def test_dciodvfy_finds_no_errors(study: str | None, tmp_path: Path) -> None:
    exported(phantom_result(), tmp_path, study)
    assert dciodvfy_errors(tmp_path / "seg" / "nodules.dcm") == set()


@needs_dcmtk
def test_dcmtk_reads_it(tmp_path: Path) -> None:
    exported(phantom_result(), tmp_path)
    done = subprocess.run(["dcmdump", tmp_path / "seg" / "nodules.dcm"], capture_output=True, text=True, check=True)
    assert done.stdout.count("ReferencedSegmentNumber") > 2 and "E:" not in done.stderr


def test_the_same_bytes_where_asked_for(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        exported(phantom_result(), tmp_path / name, reproducible=True)
    one, other = ((tmp_path / name / "seg" / "nodules.dcm").read_bytes() for name in ("one", "other"))
    assert one == other
    write_segmentation(phantom_result(), tmp_path / "one" / "ct", tmp_path / "random.dcm")
    assert dcmread(tmp_path / "random.dcm").SOPInstanceUID != dcmread(tmp_path / "one/seg/nodules.dcm").SOPInstanceUID


def test_a_nodule_that_another_covers_keeps_its_number(tmp_path: Path) -> None:
    result = phantom_result()
    hidden = replace(result, labels=np.where(result.labels == 1, 2, result.labels).astype(np.uint8))
    dataset = exported(hidden, tmp_path)
    assert [s.SegmentNumber for s in dataset.SegmentSequence] == [1, 2]
    frames = dataset.PerFrameFunctionalGroupsSequence
    assert {f.SegmentIdentificationSequence[0].ReferencedSegmentNumber for f in frames} == {2}


def test_a_source_with_little_in_its_header(tmp_path: Path) -> None:
    result = with_values(ct_volume(), (slice(2, 4), slice(3, 6), slice(2, 7)), np.array(37))

    def forget(dataset: Dataset, index: int) -> None:
        del dataset.FrameOfReferenceUID, dataset.StudyInstanceUID, dataset.PatientName, dataset.PatientID

    write_source(tmp_path / "source", result.source, edit=forget)
    write_series(result, tmp_path / "ct", tmp_path / "source")
    write_segmentation(result, tmp_path / "ct", tmp_path / "nodules.dcm")
    assert highdicom.seg.segread(tmp_path / "nodules.dcm").number_of_segments == 1


class TestRefused:
    def test_no_nodule(self, tmp_path: Path) -> None:
        with refused("no nodule"):
            exported(of_nodules(ct_volume(), []), tmp_path)

    def test_the_source_itself(self, tmp_path: Path) -> None:
        write_scanned(tmp_path / "source", phantom_result().source)
        with refused("not the synthetic CT"):
            write_segmentation(phantom_result(), tmp_path / "source", tmp_path / "nodules.dcm")
        assert not (tmp_path / "nodules.dcm").exists()

    def test_a_series_of_another_size(self, tmp_path: Path) -> None:
        exported(phantom_result(), tmp_path)
        other = with_values(ct_volume(), (slice(2, 4), slice(3, 6), slice(2, 7)), np.array(37))
        with refused("not the synthetic CT"):
            write_segmentation(other, tmp_path / "ct", tmp_path / "nodules.dcm")

    def test_a_missing_slice(self, tmp_path: Path) -> None:
        exported(phantom_result(), tmp_path)
        (tmp_path / "ct" / "CT0011.dcm").unlink()
        with refused("missing"):
            write_segmentation(phantom_result(), tmp_path / "ct", tmp_path / "nodules.dcm")

    def test_a_target_that_is_a_folder(self, tmp_path: Path) -> None:
        exported(phantom_result(), tmp_path)
        with refused("is a folder"):
            write_segmentation(phantom_result(), tmp_path / "ct", tmp_path / "seg")
