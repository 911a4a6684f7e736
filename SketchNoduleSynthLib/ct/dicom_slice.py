"""One slice of a CT as a DICOM file: what its header says, and its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import CTImageStorage

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.errors import InputError

HEADER = [
    "ImageType",
    "Modality",
    "SeriesInstanceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SamplesPerPixel",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "RescaleIntercept",
    "RescaleSlope",
]


@dataclass(frozen=True)
class Slice:
    """What the header of one CT slice says.

    `grid`: of its pixels, x along the rows and z along row x column direction, with a spacing of 1 mm that says
    nothing; `rescale`: slope and intercept from stored values to HU.
    """

    path: Path
    grid: Grid
    rescale: tuple[float, float]

    @classmethod
    def of(cls, path: Path, header: Dataset) -> Slice:
        """Raises :class:`InputError` if the slice is colour, multi-frame or lacks its place in the patient."""
        if (header.get("SamplesPerPixel") or 1) != 1:
            raise InputError(f"{path} is a colour image; give a CT, which has one value in HU a voxel.")
        if int(header.get("NumberOfFrames") or 1) > 1:
            raise InputError(f"{path} is a multi-frame CT, which is not supported; export it as single slices.")
        try:
            between_rows, between_columns = map(float, header.PixelSpacing)
            row, column = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
            position = np.array(header.ImagePositionPatient, float).reshape(3)
            size = int(header.Columns), int(header.Rows), 1
            rescale = float(header.get("RescaleSlope", 1)), float(header.get("RescaleIntercept", 0))
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError(f"{path} lacks a size, spacing, position or rescale; export the series again.") from error
        plausible = np.isfinite([*row, *column, *position, between_rows, between_columns]).all()
        if not plausible or not np.allclose([row @ row, column @ column, row @ column], [1, 1, 0], atol=1e-3):
            raise InputError(f"{path} has no valid position and orientation; export the series again.")
        row, column = (axis / np.linalg.norm(axis) for axis in (row, column))
        normal = np.cross(row, column)
        direction = np.stack([row, column, normal / np.linalg.norm(normal)], axis=1)
        return cls(
            path, Grid(np.array(size), np.array([between_columns, between_rows, 1.0]), position, direction), rescale
        )

    @property
    def position(self) -> NDArray[np.float64]:
        """The first pixel's centre, LPS mm."""
        return self.grid.origin

    @property
    def normal(self) -> NDArray[np.float64]:
        """Row direction x column direction, LPS, of length 1."""
        return self.grid.direction[:, 2]

    def is_like(self, other: Slice) -> bool:
        one, two = self.grid, other.grid
        return one.shape == two.shape and all(
            np.allclose(a, b, atol=1e-3) for a, b in ((one.spacing, two.spacing), (one.direction, two.direction))
        )


def read_plane(one: Slice) -> NDArray:
    """One slice in HU (rows, columns); float64 where its rescale is not whole."""
    import SimpleITK as sitk

    try:
        # pydicom finds no pixels where compressed ones are cut short; GDCM would first ask for 4 GB.
        if "PixelData" not in dcmread(one.path, specific_tags=["PixelData"]):
            raise EOFError("no pixels")
        with itk_path(one.path) as name:
            image = sitk.ReadImage(name, sitk.sitkUnknown, "GDCMImageIO")
    except (RuntimeError, EOFError, OSError) as error:
        raise InputError(f"The pixels of {one.path} are damaged or cut short; copy or export it again.") from error
    return sitk.GetArrayFromImage(image).reshape(one.grid.shape[1:])


def ct_headers(folder: Path) -> dict[Path, FileDataset]:
    """The headers of all CT images under `folder` but localizers."""
    headers: dict[Path, FileDataset] = {}
    passed_over: set[str] = set()
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.name.upper() == "DICOMDIR" or not path.is_file():
            continue
        if (header := _header(path)) is None:
            continue
        # A slice that was cut short within its header still says in its file meta what it is.
        is_ct_slice = header.file_meta.get("MediaStorageSOPClassUID") == CTImageStorage
        modality = str(header.get("Modality") or "unknown")
        if "LOCALIZER" in (header.get("ImageType") or ()):
            passed_over.add("a localizer")
        elif (modality == "CT" and "Rows" in header) or (is_ct_slice and modality in ("CT", "unknown")):
            headers[path] = header
        else:
            passed_over.add("objects of modality " + modality)
    if not headers and passed_over:
        raise InputError(f"{folder} holds no CT images, only {', '.join(sorted(passed_over))}; give a CT series.")
    if not headers:
        raise InputError(f"{folder} holds no DICOM files; give a folder with one CT series.")
    return headers


def _header(path: Path) -> FileDataset | None:
    """The header of a DICOM file; None if it is another file, unless it calls itself .dcm."""
    damaged = InputError(f"{path} is empty, damaged or not DICOM; copy or export it again.")
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=HEADER)
    except InvalidDicomError:
        if path.suffix.lower() == ".dcm":
            raise damaged from None
        return None
    except Exception as error:  # pydicom meets a broken header with errors of every kind
        raise damaged from error
    if "Modality" not in header and "MediaStorageSOPClassUID" not in header.file_meta:
        raise damaged
    return header
