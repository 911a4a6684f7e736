"""Files of a volume as voxels and their grid: NRRD, NIfTI and MetaImage; DICOM see ct.dicom_series."""

from __future__ import annotations

import gzip
import math
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import TILT_TOLERANCE_DEG, Grid, Sheared, shear_deg, turned
from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.ct.origin import SYNTHETIC, YES, Origin
from SketchNoduleSynthLib.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

PERMISSIVE = "ITK_NIFTI_SFORM_PERMISSIVE"
NRRD_IO, NIFTI_IO, META_IO = "NrrdImageIO", "NiftiImageIO", "MetaImageIO"
ITK_READERS = {
    ".nrrd": NRRD_IO,
    ".nhdr": NRRD_IO,
    ".nii": NIFTI_IO,
    ".nii.gz": NIFTI_IO,
    ".mha": META_IO,
    ".mhd": META_IO,
}
"""By a name's ending. Left to choose, ITK goes by what is in a file, also an HDF5's, which may name other files."""
FILE_ENDINGS = tuple(ITK_READERS)


def read_voxels(path: Path, series: str | None = None) -> tuple[NDArray, Grid, Origin]:
    """The voxels (z, y, x) at `path`, where they lie, and what they are of.

    In DICOM they are those of :func:`dicom_folder.series_at`. Raises :class:`InputError` with one sentence if there is
    no readable volume, be it a CT or a label map.
    """
    if not path.exists():
        raise InputError(f"There is no CT at {path}; give a file or a folder of DICOM.")
    if holds_dicom(path):
        from SketchNoduleSynthLib.ct.dicom_series import read_dicom_series

        return read_dicom_series(path, series)
    if series is not None:
        raise InputError(f"{path.name} is not DICOM and has no series {series}; leave out --series.")
    if not itk_reader(path):
        raise InputError(f"{path.name} is not a CT file that can be read; use one of {', '.join(FILE_ENDINGS)}.")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name} is empty.")
    return _read_file(path)


def itk_reader(path: Path) -> str:
    """The name of what reads files with the ending of `path`; empty if nothing does."""
    return next((reader for ending, reader in ITK_READERS.items() if path.name.lower().endswith(ending)), "")


def holds_dicom(path: Path) -> bool:
    """Whether the CT at `path`, which is there, is read as DICOM: a folder, or a file that is not of FILE_ENDINGS."""
    if path.is_dir():
        return True
    from SketchNoduleSynthLib.ct.dicom_file import is_dicom

    return path.is_file() and not itk_reader(path) and is_dicom(path)


def _read_file(path: Path) -> tuple[NDArray, Grid, Origin]:
    is_nifti = itk_reader(path) == NIFTI_IO
    try:
        if is_nifti:
            with _sheared_is_read():
                return _read_by_itk(path, is_nifti)
        return _read_by_itk(path, is_nifti)
    except (RuntimeError, EOFError, OSError, zlib.error) as error:
        why = _unknown_to_itk(path) or "cannot be read: it is damaged, cut short or not what its name says"
        raise InputError(f"{path.name} {why}.") from error


def _read_by_itk(path: Path, is_nifti: bool) -> tuple[NDArray, Grid, Origin]:
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    with itk_path(path) as name:
        reader.SetImageIO(itk_reader(path))
        reader.SetFileName(name)
        reader.ReadImageInformation()
        if reader.GetNumberOfComponents() > 1:
            raise InputError(f"{path.name} is a colour or vector image; a CT has one value in HU a voxel.")
        size = reader.GetSize()
        if len(size) < 3 or set(size[3:]) - {1}:
            raise InputError(f"{path.name} has {len(size)} dimensions; a CT volume has 3.")
        if is_nifti:
            _check_nifti_is_whole(path, reader)
        with np.errstate(all="ignore"):
            image = reader.Execute()
    read = Origin("file", is_synthetic=reader.HasMetaDataKey(SYNTHETIC) and reader.GetMetaData(SYNTHETIC) == YES)
    array = sitk.GetArrayFromImage(image).reshape(size[2::-1])
    axes = np.reshape(image.GetDirection(), (len(size), len(size)))[:3, :3]
    spacing, origin = np.array(image.GetSpacing()[:3]), np.array(image.GetOrigin()[:3])
    matrix = _sform(path, spacing) if is_nifti else None
    try:
        if matrix is not None:
            return array, Grid.of_matrix(size[:3], matrix), read
        return array, Grid(np.array(size[:3]), spacing, origin, axes), read
    except Sheared as sheared:
        sheared.voxels, sheared.origin = lambda: array, read
        if matrix is None:
            matrix = np.block([[axes * spacing, origin[:, None]], [np.eye(4)[3:]]])
        sheared.index_to_lps = matrix
        raise


@contextmanager
def _sheared_is_read() -> Iterator[None]:
    """ITK refuses a NIfTI whose sform is not orthonormal to the last digit, but for a variable of the environment."""
    before = os.environ.get(PERMISSIVE)
    os.environ[PERMISSIVE] = "YES"
    try:
        yield
    finally:
        if before is None:
            del os.environ[PERMISSIVE]
        else:
            os.environ[PERMISSIVE] = before


def _sform(path: Path, itk_spacing: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """A NIfTI's 4 x 4 matrix from x, y, z index to LPS mm where it counts; None where ITK's geometry does.

    ITK takes the spacing from pixdim, even if it is 0 or negative, and straightens a shear without a word. Where sform
    and qform are both straight and of the same spacing, its choice between them is that of Slicer, and stays.
    """
    with _nifti_bytes(path) as file:
        header = file.read(348)
    order = "<" if header[:2] == b"\x5c\x01" else ">"
    pixdim = np.frombuffer(header, f"{order}f4", 3, 80).astype(float)
    qform_code, sform_code = np.frombuffer(header, f"{order}i2", 2, 252)
    if sform_code <= 0:
        if not (pixdim > 0).all():
            raise InputError(f"The CT's voxel spacing {pixdim.tolist()} is not positive; check its header.")
        return None
    unit_mm = {1: 1000.0, 3: 0.001}.get(header[123] & 7, 1.0)
    rows = np.frombuffer(header, f"{order}f4", 12, 280).reshape(3, 4) * unit_mm
    matrix = turned(np.vstack([rows, [0, 0, 0, 1]]))
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    has_qform = qform_code > 0 and (pixdim > 0).all() and np.allclose(spacing, itk_spacing, rtol=1e-2)
    return None if has_qform and shear_deg(matrix[:3, :3]) <= TILT_TOLERANCE_DEG else matrix


def _check_nifti_is_whole(path: Path, reader: sitk.ImageFileReader) -> None:
    """Raise EOFError if the voxels end early: ITK would fill the rest with whatever is in memory."""
    bytes_a_voxel = int(reader.GetMetaData("bitpix")) // 8
    missing = int(float(reader.GetMetaData("vox_offset"))) + math.prod(reader.GetSize()) * bytes_a_voxel
    with _nifti_bytes(path) as file:
        while missing > 0:
            missing -= len(part := file.read(min(missing, 1 << 24)))
            if not part:
                raise EOFError(f"{missing} bytes are missing")


def _nifti_bytes(path: Path) -> IO[bytes]:
    """The bytes of a NIfTI, compressed or not, whatever its name says."""
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path)) if compressed else path.open("rb")


def _unknown_to_itk(path: Path) -> str:
    """What a whole file is that ITK cannot read; empty where nothing is known."""
    try:
        with _nifti_bytes(path) as file:
            start = file.read(4096)
    except (EOFError, OSError, zlib.error):
        return ""
    if re.match(rb"NRRD000.*?^encoding: *bz", start, re.DOTALL | re.MULTILINE | re.IGNORECASE):
        return "is compressed with bzip2, which is not supported; write it with gzip"
    if start[:4] in (b"\x1c\x02\0\0", b"\0\0\x02\x1c"):
        return "is NIfTI-2, which is not supported; write it as NIfTI-1 or NRRD"
    return ""
