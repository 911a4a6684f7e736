"""One slice of a CT in DICOM, a file or a frame: what its header says, and its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from SketchNoduleSynthLib.ct.dicom_file import read_dicom, without_unreadable
from SketchNoduleSynthLib.ct.dicom_frames import single_slice
from SketchNoduleSynthLib.ct.dicom_pixels import check_grey_hu, in_hu, stored_words
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.errors import InputError


@dataclass(frozen=True)
class Slice:
    """What the header of one CT slice says.

    `grid`: of its pixels, x along the rows and z along row x column direction, with a spacing of 1 mm that says
    nothing; `rescale`: slope and intercept from stored values to HU; `reference`: its SOP class and instance, empty
    where they are missing; `frame`: which of an enhanced CT it is, from 0.
    """

    path: Path
    grid: Grid
    rescale: tuple[float, float]
    reference: tuple[str, str]
    frame: int | None = None

    @classmethod
    def of(cls, path: Path, header: Dataset, frame: int | None = None) -> Slice:
        """Raises :class:`InputError` if the slice has no grey values in HU or lacks its place in the patient."""
        try:
            reference = str(header.get("SOPClassUID") or ""), str(header.get("SOPInstanceUID") or "")
            if frame is not None:
                header = single_slice(header, frame)
            check_grey_hu(header, str(path))
            if int(header.get("NumberOfFrames") or 1) > 1:
                raise InputError(f"{path} has several frames without saying where they lie; export the series again.")
            between_rows, between_columns = map(float, header.PixelSpacing)
            row, column = np.array(header.ImageOrientationPatient, float).reshape(2, 3)
            position = np.array(header.ImagePositionPatient, float).reshape(3)
            size = int(header.Columns), int(header.Rows), 1
            rescale = float(header.get("RescaleSlope", 1)), float(header.get("RescaleIntercept", 0))
        except InputError:
            raise
        except Exception as error:  # pydicom meets a broken header with errors of every kind
            raise InputError(f"{path} lacks a size, spacing, position or rescale; export the series again.") from error
        plausible = np.isfinite([*row, *column, *position, between_rows, between_columns]).all()
        if not plausible or not np.allclose([row @ row, column @ column, row @ column], [1, 1, 0], atol=1e-3):
            raise InputError(f"{path} has no valid position and orientation; export the series again.")
        if not np.isfinite(rescale).all() or rescale[0] == 0:
            raise InputError(f"{path} has no valid rescale to HU; export the series again.")
        row, column = (axis / np.linalg.norm(axis) for axis in (row, column))
        normal = np.cross(row, column)
        direction = np.stack([row, column, normal / np.linalg.norm(normal)], axis=1)
        grid = Grid(np.array(size), np.array([between_columns, between_rows, 1.0]), position, direction)
        return cls(path, grid, rescale, reference, frame)

    def __str__(self) -> str:
        return self.path.name if self.frame is None else f"frame {self.frame + 1} of {self.path.name}"

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

    def is_copy_of(self, other: Slice) -> bool:
        """Whether it is the same instance with the same content."""
        same = self.reference == other.reference and self.frame == other.frame and self.grid == other.grid
        return same and np.array_equal(read_plane(self), read_plane(other))

    def dataset(self, header_only: bool = False) -> Dataset:
        """All that is in its file, or of its frame as of a file of its own; raises as pydicom does."""
        if self.frame is None:
            return read_dicom(self.path, header_only)
        return single_slice(_whole(self.path, self.path.stat().st_mtime_ns, header_only), self.frame)


def read_plane(one: Slice) -> NDArray:
    """One slice in HU (rows, columns); float64 where its rescale is not whole."""
    try:
        dataset = one.dataset()
        return in_hu(stored_words(dataset), dataset, one.rescale)
    except Exception as error:  # pydicom meets broken pixels with errors of every kind
        raise InputError(f"The pixels of {one.path} are damaged or cut short; copy or export it again.") from error


@lru_cache(maxsize=1)
def _whole(path: Path, changed: int, header_only: bool) -> Dataset:
    """An enhanced CT, which all its frames are read from."""
    return without_unreadable(read_dicom(path, header_only))
