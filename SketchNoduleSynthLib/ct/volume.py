"""A volume: voxels on a grid with its place in the patient; and what makes one a CT."""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SketchNoduleSynthLib.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

NRRD_ENDINGS = (".nrrd", ".nhdr")
NIFTI_ENDINGS = (".nii", ".nii.gz")
FILE_ENDINGS = (*NRRD_ENDINGS, *NIFTI_ENDINGS, ".mha", ".mhd")


@dataclass
class Volume:
    """Voxels `array` (z, y, x; HU for a CT) in the file's own type, placed in LPS mm.

    `spacing`, `origin` are x, y, z in mm; the columns of `direction` are the directions of the
    x, y and z index axes, which may be oblique or flipped (SimpleITK's convention).
    Raises :class:`InputError` if it is not 3D or its geometry is singular.
    """

    array: NDArray
    spacing: NDArray[np.float64] = field(default_factory=lambda: np.ones(3))
    origin: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    direction: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))

    def __post_init__(self) -> None:
        self.spacing = np.asarray(self.spacing, float)
        self.origin = np.asarray(self.origin, float)
        self.direction = np.asarray(self.direction, float).reshape(3, 3)
        if self.array.ndim != 3:
            raise InputError(f"The image has {self.array.ndim} dimensions; a CT volume has 3.")
        if not (np.isfinite(self.spacing).all() and (self.spacing > 0).all()):
            raise InputError(f"The CT's voxel spacing {self.spacing.tolist()} is not positive; check its header.")
        if not np.allclose(self.direction @ self.direction.T, np.eye(3), atol=1e-3):
            raise InputError("The CT's axes are not orthogonal (gantry tilt or a broken header); resample it first.")

    @property
    def size(self) -> NDArray[np.int64]:
        """Voxels along x, y, z."""
        return np.array(self.array.shape[::-1])

    @cached_property
    def index_to_lps(self) -> NDArray[np.float64]:
        """4 x 4 matrix from x, y, z index to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction * self.spacing
        matrix[:3, 3] = self.origin
        return matrix

    @cached_property
    def lps_to_index(self) -> NDArray[np.float64]:
        """4 x 4 matrix from LPS mm to x, y, z index."""
        return np.asarray(np.linalg.inv(self.index_to_lps), np.float64)

    def to_index(self, points_lps_mm: ArrayLike) -> NDArray[np.float64]:
        """LPS positions (..., 3) in mm as continuous x, y, z index; voxel centres are whole numbers."""
        return np.asarray(points_lps_mm, float) @ self.lps_to_index[:3, :3].T + self.lps_to_index[:3, 3]

    def to_lps(self, index: ArrayLike) -> NDArray[np.float64]:
        """The inverse of :meth:`to_index`."""
        return np.asarray(index, float) @ self.index_to_lps[:3, :3].T + self.origin

    def holds(self, points_lps_mm: ArrayLike) -> bool:
        """Whether all of the LPS positions (..., 3) in mm lie in its voxels."""
        index = self.to_index(points_lps_mm)
        return bool((index >= -0.5).all() and (index <= self.size - 0.5).all())

    def with_array(self, array: NDArray) -> Volume:
        """Another array of the same size on the same grid."""
        return Volume(array, self.spacing, self.origin, self.direction)

    def cast(self, hu: NDArray) -> NDArray:
        """Float HU in this CT's voxel type: rounded and held within the type's range for whole numbers."""
        kind = self.array.dtype
        if kind.kind not in "iu":
            return hu.astype(kind)
        limits = np.iinfo(kind)
        return np.clip(np.rint(hu), limits.min, limits.max).astype(kind)

    @classmethod
    def read(cls, path: str | Path) -> Volume:
        """Read .nrrd, .nii(.gz), .mha/.mhd or a folder of DICOM.

        Raises :class:`InputError` with one sentence if there is no readable CT at `path`.
        """
        from SketchNoduleSynthLib.ct.dicom_series import read_dicom_folder

        path = Path(path)
        if path.is_dir():
            return read_dicom_folder(path)
        return read_file(path)

    def write(self, path: str | Path, header: Mapping[str, str] | None = None) -> None:
        """Write a compressed NRRD; what is at `path` is replaced only when all is written.

        `header`: keys and values of its header, such as :data:`ct.synthetic_mark.NRRD_HEADER`.
        """
        import SimpleITK as sitk

        path = Path(path)
        if not path.name.endswith(".nrrd"):
            raise InputError(f"Volumes are written as .nrrd, not {path.name}.")
        image = sitk.GetImageFromArray(self.array)
        image.SetSpacing(self.spacing.tolist())
        image.SetOrigin(self.origin.tolist())
        image.SetDirection(self.direction.ravel().tolist())
        for key, value in (header or {}).items():
            image.SetMetaData(key, value)
        partial = path.with_name("." + path.name[: -len(".nrrd")] + ".partial.nrrd")
        try:
            sitk.WriteImage(image, str(partial), useCompression=True, compressionLevel=1)
            partial.replace(path)
        except (RuntimeError, OSError) as error:
            raise InputError(f"{path} could not be written; check the folder and the free disk space.") from error
        finally:
            partial.unlink(missing_ok=True)


def check_ct(array: NDArray) -> None:
    """Raise :class:`InputError` if `array` (z, y, x) cannot be a CT in HU."""
    if min(array.shape) < 2:
        size = " x ".join(map(str, array.shape[::-1]))
        raise InputError(f"The image has {size} voxels; a CT volume has at least 2 along each axis.")
    if array.dtype.kind not in "iuf":
        raise InputError(f"The image's voxel type {array.dtype} is not a number; a CT is in HU.")
    lowest, highest = array.min(), array.max()
    if array.dtype.kind == "f" and not (np.isfinite(lowest) and np.isfinite(highest)):
        raise InputError("The CT has voxels that are not numbers (NaN or infinite); repair it first.")
    if lowest >= 0 and highest <= 255:
        raise InputError("The image's values lie in 0 to 255: this is a picture, not a CT in HU.")


def read_file(path: Path) -> Volume:
    """Read one NRRD, NIfTI or MetaImage file; see :meth:`Volume.read`."""
    import SimpleITK as sitk

    if not path.exists():
        raise InputError(f"There is no CT at {path}; give a file or a folder of DICOM.")
    if not path.name.lower().endswith(FILE_ENDINGS):
        raise InputError(f"{path.name} is not a CT file that can be read; use one of {', '.join(FILE_ENDINGS)}.")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name} is empty.")
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        if reader.GetNumberOfComponents() > 1:
            raise InputError(f"{path.name} is a colour or vector image; a CT has one value in HU a voxel.")
        if reader.GetDimension() != 3:
            raise InputError(f"{path.name} has {reader.GetDimension()} dimensions; a CT volume has 3.")
        with np.errstate(all="ignore"):
            image = reader.Execute()
        if path.name.lower().endswith(NIFTI_ENDINGS):
            _check_nifti_is_whole(path, reader)
    except (RuntimeError, EOFError, OSError, zlib.error) as error:
        raise InputError(f"{path.name} cannot be read: it is damaged, cut short or not what its name says.") from error
    array = sitk.GetArrayFromImage(image)
    check_ct(array)
    return Volume(array, image.GetSpacing(), image.GetOrigin(), image.GetDirection())


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
