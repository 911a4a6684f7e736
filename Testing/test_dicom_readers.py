"""What other people's programs make of the series that we write: dicom3tools, DCMTK, SimpleITK and Slicer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_cases import TURNS, nodules_in, phantom_result, with_values, write_real_header, write_scanned
from dicom_tools import (
    dcentvfy,
    dciodvfy_errors,
    dcm2pnm,
    dcmdump,
    itk_series,
    needs_dciodvfy,
    needs_dcmtk,
    slicer_series,
)
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from shared_data import REAL_CT, needs_real_ct

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.synthesis.result import Result

pytest_plugins = ["slicer_host"]


def same(read: Volume, written: Volume) -> None:
    """The same HU at the same places, however a reader orders the slices."""
    assert read.array.size == written.array.size
    first = np.rint(read.grid.to_index(written.grid.to_lps([0, 0, 0]))).astype(int)
    last = np.rint(read.grid.to_index(written.grid.to_lps(written.grid.size - 1))).astype(int)
    np.testing.assert_allclose(read.grid.to_lps(first), written.grid.to_lps([0, 0, 0]), atol=0.01)
    np.testing.assert_allclose(read.grid.to_lps(last), written.grid.to_lps(written.grid.size - 1), atol=0.01)
    order = tuple(slice(None, None, 1 if b > a else -1) for a, b in zip(first, last, strict=True))[::-1]
    np.testing.assert_array_equal(read.array[order], written.array)


@pytest.fixture(scope="module")
def real_result() -> Result:
    """A part of a real CT, 0.78 x 0.78 x 1 mm, with two nodules."""
    ct = Volume.read(REAL_CT)
    part = Volume.of(
        ct.array[120:170, 100:360, 40:240], ct.grid.spacing, ct.grid.to_lps([40, 100, 120]), ct.grid.direction
    )
    return nodules_in(part, (80, 110, 20), (95, 150, 31), diameter_mm=10)


def in_study(result: Result, folder: Path) -> None:
    write_scanned(folder / "source", result.source)
    write_series(result, folder / "new", folder / "source")


def under_a_real_header(result: Result, folder: Path) -> None:
    write_real_header(folder / "source", result.source)
    write_series(result, folder / "new", folder / "source")


def anonymous(result: Result, folder: Path) -> None:
    write_scanned(folder / "source", result.source)
    write_series(result, folder / "new", folder / "source", study="anonymous")


def anonymous_of_a_real_header(result: Result, folder: Path) -> None:
    write_real_header(folder / "source", result.source)
    write_series(result, folder / "new", folder / "source", study="anonymous", burn_in=False)


def from_nothing(result: Result, folder: Path) -> None:
    write_series(result, folder / "new")


WAYS = [in_study, under_a_real_header, anonymous, anonymous_of_a_real_header, from_nothing]


def check(result: Result, folder: Path, scene) -> None:
    """All readers see the synthetic CT in `folder`/new."""
    for reader in (Volume.read, itk_series, lambda path: slicer_series(path, scene)):
        same(reader(folder / "new"), result.synthetic)


@pytest.mark.parametrize("write", WAYS)
@needs_real_ct
def test_a_real_ct(write: Callable, real_result: Result, tmp_path: Path, scene) -> None:
    write(real_result, tmp_path)
    check(real_result, tmp_path, scene)


@pytest.mark.parametrize("write", WAYS)
def test_the_phantom(write: Callable, tmp_path: Path, scene) -> None:
    write(phantom_result(), tmp_path)
    check(phantom_result(), tmp_path, scene)


@pytest.mark.parametrize("turn", [name for name in TURNS if name != "axial"])
@pytest.mark.parametrize("write", [in_study, from_nothing])
def test_turned_and_flipped(write: Callable, turn: str, tmp_path: Path, scene) -> None:
    result = phantom_result(TURNS[turn])
    write(result, tmp_path)
    check(result, tmp_path, scene)


@needs_dciodvfy
@pytest.mark.parametrize("write", WAYS)
def test_dciodvfy_finds_no_new_errors(write: Callable, tmp_path: Path) -> None:
    write(phantom_result(), tmp_path)
    source = sorted((tmp_path / "source").glob("*"))
    known = dciodvfy_errors(source[0]) if source and write in (in_study, under_a_real_header) else set()
    for path in sorted((tmp_path / "new").iterdir())[::5]:
        assert dciodvfy_errors(path) <= known


@needs_dciodvfy
@pytest.mark.parametrize("write", WAYS)
def test_patient_study_and_series_are_told_alike(write: Callable, tmp_path: Path) -> None:
    write(phantom_result(), tmp_path)
    write_segmentation(phantom_result(), tmp_path / "new", tmp_path / "nodules.dcm")
    assert dcentvfy(*tmp_path.rglob("*.dcm")) == ""


def scanners_series(folder: Path) -> Path:
    """Five slices of a real series as the scanner wrote them, cut to 16 x 16 pixels (pydicom's)."""
    return Path(shutil.copytree(Path(get_testdata_file("DICOMDIR")).parent / "98892001" / "CT5N", folder))


def lossy_series(folder: Path) -> Path:
    """A real slice, in lossy JPEG 2000 (pydicom's), twice one above the other."""
    folder.mkdir()
    for index in range(2):
        dataset = dcmread(get_testdata_file("693_J2KI.dcm"))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.ImagePositionPatient[2] += 2.5 * index
        dataset.save_as(folder / f"{index}.dcm")
    return folder


def oblique_series(folder: Path) -> Path:
    """A real oblique slice, in lossless JPEG 2000, signed, 13 bits (pydicom's), twice one above the other."""
    folder.mkdir()
    for index in range(2):
        dataset = dcmread(get_testdata_file("J2K_pixelrep_mismatch.dcm"))
        row, column = np.reshape(dataset.ImageOrientationPatient, (2, 3)).astype(float)
        position = np.array(dataset.ImagePositionPatient, float) + 2 * index * np.cross(row, column)
        dataset.ImagePositionPatient = position.round(6).tolist()
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.save_as(folder / f"{index}.dcm")
    return folder


@needs_dciodvfy
@pytest.mark.parametrize("study", ["source", "anonymous"])
@pytest.mark.parametrize("series", [scanners_series, lossy_series, oblique_series])
def test_a_scanners_own_files(series: Callable, study: str, tmp_path: Path, scene) -> None:
    source = series(tmp_path / "source")
    ct = Volume.read(source)
    result = with_values(ct, (slice(0, 2), slice(4, 9), slice(5, 8)), np.array(-700))
    write_series(result, tmp_path / "new", source, study=study)
    check(result, tmp_path, scene)
    known = dciodvfy_errors(sorted(source.iterdir())[0]) if study == "source" else set()
    for path in (tmp_path / "new").iterdir():
        assert dciodvfy_errors(path) <= known
        assert dcmread(path).get("LossyImageCompression") == ("01" if series is lossy_series else None)
        decompressed = "JPEG 2000" in dcmread(path).DerivationDescription
        assert decompressed == (series is not scanners_series)


@needs_dcmtk
@pytest.mark.parametrize("write", WAYS)
def test_dcmtk_reads_it(write: Callable, tmp_path: Path) -> None:
    write(phantom_result(), tmp_path)
    for index, path in list(enumerate(sorted((tmp_path / "new").iterdir())))[::5]:
        listing = dcmdump(path)
        assert "(0008,001c) CS [YES]" in listing and "(0008,0008) CS [DERIVED\\SECONDARY\\AXIAL]" in listing
        picture = dcm2pnm(path, -1000, 500)
        hu = phantom_result().synthetic.array[index].astype(float)
        expected = np.clip((hu + 1000) * 255 / 1500, 0, 255)
        # DICOM's window (PS3.3, C.11.2.1.2) is half a unit off the plain one, and DCMTK rounds.
        assert np.abs(picture - expected).max() <= 1.5
