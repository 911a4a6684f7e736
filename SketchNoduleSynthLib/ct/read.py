"""Files of a volume as voxels and their grid: NRRD, NIfTI and MetaImage; DICOM's folders see ct.dicom_series."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

NIFTI_ENDINGS = (".nii", ".nii.gz")
FILE_ENDINGS = (".nrrd", ".nhdr", *NIFTI_ENDINGS, ".mha", ".mhd")


def read_voxels(path: Path) -> tuple[NDArray, Grid]:
    """The voxels (z, y, x) at `path`, a file or a folder of DICOM, and where they lie.

    Raises :class:`InputError` with one sentence if there is no readable volume, be it a CT or a label map.
    """
    if path.is_dir():
        from SketchNoduleSynthLib.ct.dicom_series import read_dicom_folder

        return read_dicom_folder(path)
    if not path.exists():
        raise InputError(f"There is no CT at {path}; give a file or a folder of DICOM.")
    if not path.name.lower().endswith(FILE_ENDINGS):
        raise InputError(f"{path.name} is not a CT file that can be read; use one of {', '.join(FILE_ENDINGS)}.")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name} is empty.")
    return _read_file(path)


def _read_file(path: Path) -> tuple[NDArray, Grid]:
    try:
        with itk_path(path) as name:
            return _read_by_itk(path, name)
    except (RuntimeError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path.name} cannot be read: it is damaged, cut short or not what its name says.") from error


def _read_by_itk(path: Path, name: str) -> tuple[NDArray, Grid]:
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(name)
    reader.ReadImageInformation()
    if reader.GetNumberOfComponents() > 1:
        raise InputError(f"{path.name} is a colour or vector image; a CT has one value in HU a voxel.")
    if reader.GetDimension() != 3:
        raise InputError(f"{path.name} has {reader.GetDimension()} dimensions; a CT volume has 3.")
    with np.errstate(all="ignore"):
        image = reader.Execute()
    if path.name.lower().endswith(NIFTI_ENDINGS):
        _check_nifti_is_whole(path, reader)
    grid = Grid(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    return sitk.GetArrayFromImage(image), grid


def _check_nifti_is_whole(path: Path, reader: sitk.ImageFileReader) -> None:
    """Raise EOFError if the voxels end early: ITK would fill the rest with whatever is in memory."""
    bytes_a_voxel = int(reader.GetMetaData("bitpix")) // 8
    missing = int(float(reader.GetMetaData("vox_offset"))) + math.prod(reader.GetSize()) * bytes_a_voxel
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if compressed else path.open("rb") as file:
        while missing > 0:
            missing -= len(part := file.read(min(missing, 1 << 24)))
            if not part:
                raise EOFError(f"{missing} bytes are missing")
