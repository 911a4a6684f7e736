"""docs/inputs.md: every row of its tables is run."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_writer import ct_volume, write_enhanced, write_series
from nifti_writer import ARRAY, STRAIGHT, sheared, write_nifti
from pydicom import Dataset
from pydicom.uid import RLELossless
from refusal import refused
from test_ct_dicom_folders import page

from SketchNoduleSynthLib.ct.volume import Volume

VOLUME = ct_volume()
TILT = (0.0, VOLUME.grid.spacing[2] * np.tan(np.radians(12)), 0.0)
Maker = Callable[[Path], Path]


def rows(heading: str) -> dict[str, str]:
    text = (Path(__file__).parent.parent / "docs" / "inputs.md").read_text(encoding="utf-8")
    table = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if "|" in line]
    return {row[0]: row[1] for row in cells[2:]}


def series(**choices) -> Maker:
    return lambda folder: write_series(folder / "ct", VOLUME, **choices)[0].parent


def attribute(keyword: str, value: object) -> Maker:
    return series(edit=lambda dataset, _: setattr(dataset, keyword, value))


def also(more: Callable[[Path], object]) -> Maker:
    """The series, and what `more` does beside it."""

    def make(folder: Path) -> Path:
        series(series_uid="1.2.3")(folder)
        more(folder / "ct")
        return folder / "ct"

    return make


def file(name: str, image: Callable[[], sitk.Image] = VOLUME.to_image) -> Maker:
    def make(folder: Path) -> Path:
        sitk.WriteImage(image(), str(folder / name))
        return folder / name

    return make


def content(name: str, data: bytes) -> Maker:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def not_utf8(folder: Path) -> Path:
    path = file("ct.nrrd")(folder)
    return path.rename(path.with_name(os.fsdecode(b"Th\xf6rax.nrrd")))


def without_preamble(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[132:])


def twice(folder: Path) -> None:
    shutil.copytree(folder, folder / "again")


def overlay(dataset: Dataset, _: int) -> None:
    words = np.frombuffer(dataset.PixelData, "<u2") | 0x4000
    dataset.PixelData, dataset.BitsStored, dataset.HighBit = words.astype("<u2").tobytes(), 12, 11


def cut(folder: Path) -> None:
    path = next(folder.iterdir())
    path.write_bytes(path.read_bytes()[:-30])


def moved(folder: Path) -> None:
    write_series(folder / "b", VOLUME, series_uid="1.2.3")


def larger(folder: Path) -> None:
    write_series(folder / "b", ct_volume((6, 9, 10), origin=(-100, -90, 55)), series_uid="1.2.3")


def in_time() -> sitk.Image:
    return sitk.JoinSeries([VOLUME.to_image(), VOLUME.to_image()])


def with_nan() -> sitk.Image:
    return VOLUME.with_array(np.where(VOLUME.array > 300, np.nan, VOLUME.array).astype(np.float32)).to_image()


READ: dict[str, Maker] = {
    "NRRD, MetaImage, NIfTI": file("ct.mha"),
    "trailing dimensions of one": file("ct.nrrd", lambda: sitk.JoinSeries([VOLUME.to_image()])),
    "names that are not UTF-8": not_utf8,
    "NIfTI with a rounded sform": lambda folder: write_nifti(folder, sheared(0.05), 2),
    "NIfTI with a pixdim of 0": lambda folder: write_nifti(folder, STRAIGHT, 1, 1, (2.5, 2.0, 0)),
    "DICOM folder": series(),
    "DICOM without preamble": also(without_preamble),
    "one file of a series": lambda folder: min(series()(folder).iterdir()),
    "DICOMDIR": lambda folder: content("DICOMDIR", bytes(128) + b"DICM")(series()(folder)),
    "every instance twice": also(twice),
    "dose page beside the CT": also(lambda folder: write_series(folder / "b", ct_volume((1, 8, 10)), edit=page)),
    "several series": also(lambda folder: write_series(folder / "b", ct_volume((9, 8, 10)), series_uid="1.2.4")),
    "enhanced multi-frame CT": lambda folder: write_enhanced(folder / "ct.dcm", VOLUME),
    "compressed DICOM": series(transfer_syntax=RLELossless),
    "overlays in spare bits": series(edit=overlay),
    "gantry tilt on request": series(shear=TILT),
}
REFUSED: dict[str, Maker] = {
    "gantry tilt": series(shear=TILT),
    "sheared NIfTI": lambda folder: write_nifti(folder, sheared(12), 1, 1),
    "missing slice": series(skip=(3,)),
    "other instances at the same place": also(moved),
    "slices of two sizes": also(larger),
    "a single slice": lambda folder: write_series(folder / "ct", ct_volume((1, 8, 10)))[0].parent,
    "other modality": attribute("Modality", "MR"),
    "colour": attribute("PhotometricInterpretation", "RGB"),
    "spectral map": attribute("RescaleType", "MGML"),
    "table in place of a rescale": attribute("ModalityLUTSequence", [Dataset()]),
    "cut short": also(cut),
    "several frames in time": file("ct.nrrd", in_time),
    "voxels that are not numbers": file("ct.nrrd", with_nan),
    "a picture": file("ct.nrrd", lambda: VOLUME.with_array(VOLUME.array.astype(np.uint8)).to_image()),
    "pixdim of 0 without sform": lambda folder: write_nifti(folder, None, 0, 1, (2.5, 2.0, 0)),
    "NIfTI-2": content("ct.nii", struct.pack("<i8s", 540, b"n+2\0\r\n\x1a\n") + bytes(4000)),
    "bzip2": content("ct.nrrd", b"NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: bzip2\n\nBZh9"),
    "another file": content("letter.pdf", b"%PDF-1.7\n"),
    "nothing there": lambda folder: folder / "none.nrrd",
}
CHOICES = {"several series": {"series": "1.2.3"}, "gantry tilt on request": {"straighten": True}}


def test_each_row_is_run() -> None:
    assert list(rows("Read")) == list(READ) and list(rows("Refused")) == list(REFUSED)


@pytest.mark.parametrize("row", READ)
def test_read(row: str, tmp_path: Path) -> None:
    read = Volume.read(READ[row](tmp_path), **CHOICES.get(row, {}))
    if row == "gantry tilt on request":
        assert read.straightened_deg == pytest.approx(12, abs=0.01)
    else:
        np.testing.assert_array_equal(read.array, ARRAY if row.startswith("NIfTI with") else VOLUME.array)


@pytest.mark.parametrize("row", REFUSED)
def test_refused(row: str, tmp_path: Path) -> None:
    with refused(rows("Refused")[row]):
        Volume.read(REFUSED[row](tmp_path))
