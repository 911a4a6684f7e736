"""A volume: voxels on a grid in the patient; and what makes one a CT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.grid import Grid, Sheared
from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.ct.origin import UNKNOWN, Origin
from SketchNoduleSynthLib.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk


@dataclass(frozen=True, eq=False)
class Volume:
    """Voxels on a grid in the patient; equal to another one if voxels, voxel type and grid are.

    Parameters
    ----------
    array : ndarray, shape (z, y, x)
        HU for a CT, in the file's own number type.
    grid : Grid
        Where the voxels lie: size, spacing (mm), origin and direction in LPS mm, as in SimpleITK.
    origin : Origin
        What it was read from.
    straightened_deg : float
        The gantry tilt that it was straightened from, degrees.

    Raises
    ------
    InputError
        If the array has not three dimensions, or does not fit the grid.
    """

    array: NDArray
    grid: Grid
    origin: Origin = UNKNOWN
    straightened_deg: float = 0.0

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            raise InputError(f"The image has {self.array.ndim} dimensions; a CT volume has 3.")
        if tuple(self.array.shape) != self.grid.shape:
            raise InputError(f"Voxels of shape {self.array.shape} do not fit a grid of {self.grid.shape} (z, y, x).")

    @classmethod
    def of(
        cls, array: NDArray, spacing: ArrayLike = 1.0, origin: ArrayLike = 0.0, direction: ArrayLike | None = None
    ) -> Volume:
        """Voxels on a :class:`Grid` of their size.

        Parameters
        ----------
        array : ndarray, shape (z, y, x)
        spacing : float or (3,)
            Between voxels along x, y, z, mm; a number is for all axes.
        origin : float or (3,)
            Centre of the first voxel, LPS mm.
        direction : (3, 3), optional
            Its columns are the directions of x, y, z in LPS; the identity if it is left out.
        """
        spacing, origin = (np.broadcast_to(np.asarray(values, float), 3) for values in (spacing, origin))
        axes = np.eye(3) if direction is None else np.asarray(direction, float)
        return cls(array, Grid(np.array(array.shape[::-1]), spacing, origin, axes))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Volume) or self.grid != other.grid or self.array.dtype != other.array.dtype:
            return False
        return self is other or all(map(np.array_equal, self._slices(), other._slices()))

    def __hash__(self) -> int:
        return hash(self.grid)

    def sha256(self) -> str:
        """What tells a CT from all others: its HU and where they lie, whatever its file format and voxel type."""
        digest = sha256(str(self.grid.shape).encode())
        for plane in self._slices():
            digest.update(np.ascontiguousarray(plane, "<f4").data)
        digest.update((np.round(self.grid.index_to_lps, 3) + 0.0).astype("<f8").tobytes())
        return digest.hexdigest()

    def _slices(self) -> Iterator[NDArray]:
        return (self.array[k : k + 1, :, :] for k in range(self.grid.shape[0]))

    @property
    def straightened(self) -> str:
        """How it was, in words; empty if it was not."""
        return (
            f"straightened from a gantry tilt of {self.straightened_deg:.1f} degrees" if self.straightened_deg else ""
        )

    def with_array(self, array: NDArray) -> Volume:
        return replace(self, array=array)

    def cropped(self, box: Box) -> Volume:
        return replace(self, array=self.array[box], grid=self.grid.cropped(box))

    def flipped(self) -> Volume:
        """The same voxels in the same place, slices in the other order; shares the array. See :meth:`Grid.flipped`."""
        return replace(self, array=self.array[::-1], grid=self.grid.flipped())

    def right_handed(self) -> Volume:
        """With slices along row x column direction, as :meth:`read` sorts DICOM."""
        return self if self.grid.is_right_handed else self.flipped()

    def cast(self, hu: NDArray) -> NDArray:
        """Float HU in this CT's voxel type: rounded and held within the type's range for whole numbers."""
        kind = self.array.dtype
        if kind.kind not in "iu":
            return hu.astype(kind)
        limits = np.iinfo(kind)
        return np.clip(np.rint(hu), limits.min, limits.max).astype(kind)

    @classmethod
    def read(cls, path: str | Path, series: str | None = None, straighten: bool = False) -> Volume:
        """Read a CT.

        Parameters
        ----------
        path : path
            A file .nrrd, .nii, .nii.gz, .mha or .mhd, or DICOM: a folder, or one file for its whole series.
        series : str, optional
            Number or UID of one of several series.
        straighten : bool
            Whether what is sheared, as by a tilted gantry, is resampled; see :func:`straightened`.

        Raises
        ------
        InputError
            If that is no CT.
        Sheared
            If it must be straightened.
        """
        from SketchNoduleSynthLib.ct.read import read_voxels
        from SketchNoduleSynthLib.ct.straighten import straightened

        try:
            volume = cls(*read_voxels(Path(path), series))
        except Sheared as sheared:
            if not straighten or sheared.voxels is None:
                raise
            volume = cls(*straightened(sheared.voxels(), sheared.index_to_lps), sheared.origin, sheared.degrees)
        check_ct(volume.array)
        return volume

    def to_image(self) -> sitk.Image:
        import SimpleITK as sitk

        image = sitk.GetImageFromArray(self.array)
        image.SetSpacing(self.grid.spacing.tolist())
        image.SetOrigin(self.grid.origin.tolist())
        image.SetDirection(self.grid.direction.ravel().tolist())
        return image

    def write(self, path: str | Path, header: Mapping[str, str] | None = None) -> None:
        """Write a compressed NRRD; what is at `path` is replaced when all is written.

        Parameters
        ----------
        path : path
            Ends in .nrrd.
        header : mapping of str, optional
            Keys of its header.

        Raises
        ------
        InputError
            If it cannot be written there.
        """
        import SimpleITK as sitk

        path = Path(path)
        if path.suffix != ".nrrd":
            raise InputError(f"Volumes are written as .nrrd, not {path.name}.")
        image = self.to_image()
        for key, value in (header or {}).items():
            image.SetMetaData(key, value)
        partial = path.with_name(f".{uuid4().hex[:8]}.partial.nrrd")
        try:
            with itk_path(partial.parent) as folder:
                sitk.WriteImage(image, f"{folder}/{partial.name}", useCompression=True, compressionLevel=1)
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
