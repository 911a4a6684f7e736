"""Where voxels lie in the patient: a grid, and the turn between LPS (DICOM, SimpleITK) and RAS (Slicer)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.origin import UNKNOWN
from SketchNoduleSynthLib.errors import InputError

# Half a millimetre over a whole chest: what is left of directions that were written with three decimals.
TILT_TOLERANCE_DEG = 0.1
ROUNDING = 1e-7
"""Of products of axes: what float32 leaves, and nobody sees."""
_TURN = (-1.0, -1.0, 1.0)


def lps_of_ras(points_or_axes: ArrayLike) -> NDArray[np.float64]:
    """RAS positions or directions (..., 3) in LPS."""
    return np.asarray(points_or_axes, float) * _TURN


ras_of_lps = lps_of_ras  # The turn is its own inverse.


def turned(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """A 4 x 4 matrix into RAS as one into LPS, or back."""
    return np.array([*_TURN, 1.0])[:, None] * matrix


class Sheared(InputError):
    """Axes are not orthogonal, by `degrees`; where known, `voxels` reads what lies on them under `index_to_lps`.

    `origin`: what they are of.
    """

    def __init__(self, message: str, degrees: float) -> None:
        super().__init__(
            f"{message} (gantry tilt, or a broken header); straighten it, with the button or --straighten."
        )
        self.degrees = degrees
        self.voxels: Callable[[], NDArray] | None = None
        self.index_to_lps = np.eye(4)
        self.origin = UNKNOWN


def shear_deg(direction: NDArray[np.float64]) -> float:
    """How far the columns of `direction` are from being orthogonal: the largest angle."""
    columns = direction / np.maximum(np.linalg.norm(direction, axis=0), 1e-12)
    between = np.abs(columns.T @ columns)[np.triu_indices(3, 1)]
    return float(np.degrees(np.arcsin(np.minimum(between, 1)).max()))


class ByValue:
    """Equality and hash of a frozen dataclass some of whose fields are arrays."""

    def _values(self) -> tuple[Any, ...]:
        values = (getattr(self, field.name) for field in fields(self))  # type: ignore[arg-type]
        return tuple((v.shape, *v.ravel().tolist()) if isinstance(v, np.ndarray) else v for v in values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return self is other or self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())


def fixed(values: ArrayLike, dtype: type = float) -> NDArray[Any]:
    array: NDArray[Any] = np.array(values, dtype)
    array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Grid(ByValue):
    """Voxel centres in the patient, in LPS mm (SimpleITK's convention; highdicom's VolumeGeometry is the model).

    `size` and `spacing` (mm) along x, y, z; an array on the grid has the shape z, y, x. `origin`: the first voxel's
    centre. `direction`, 3 x 3: its columns are the directions of the index axes, oblique or left-handed as they may be;
    orthogonal but for rounding, within TILT_TOLERANCE_DEG, they become the nearest that are orthogonal.
    Raises :class:`InputError` if it has not three dimensions or is singular, :class:`Sheared` for other axes.
    """

    size: NDArray[np.int64]
    spacing: NDArray[np.float64]
    origin: NDArray[np.float64]
    direction: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", fixed(self.size, np.int64))
        for name, shape in (("spacing", 3), ("origin", 3), ("direction", (3, 3))):
            object.__setattr__(self, name, fixed(np.reshape(getattr(self, name), shape)))
        if self.size.shape != (3,):
            raise InputError(f"The image has {self.size.size} dimensions; a CT volume has 3.")
        if not (np.isfinite(self.spacing).all() and (self.spacing > 0).all()):
            raise InputError(f"The CT's voxel spacing {self.spacing.tolist()} is not positive; check its header.")
        if not (np.isfinite(self.origin).all() and np.isfinite(self.direction).all()):
            raise InputError("The CT's position in its header is not a number; export it again.")
        if (angle := shear_deg(self.direction)) > TILT_TOLERANCE_DEG:
            raise Sheared(f"The CT's axes are not orthogonal but sheared by {angle:.1f} degrees", angle)
        if not np.allclose(np.linalg.norm(self.direction, axis=0), 1, atol=1e-3):
            raise InputError("The CT's axes in its header have no direction; export it again.")
        if not np.allclose(self.direction.T @ self.direction, np.eye(3), atol=ROUNDING):
            left, _, right = np.linalg.svd(self.direction)
            object.__setattr__(self, "direction", fixed(left @ right))

    @classmethod
    def of_matrix(cls, size: ArrayLike, index_to_lps: NDArray[np.float64]) -> Grid:
        """The grid with a 4 x 4 matrix from x, y, z index to LPS mm."""
        spacing = np.linalg.norm(index_to_lps[:3, :3], axis=0)
        direction = index_to_lps[:3, :3] / np.where(spacing > 0, spacing, 1)
        return cls(np.asarray(size), spacing, index_to_lps[:3, 3], direction)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an array on the grid: z, y, x."""
        x, y, z = self.size.tolist()
        return z, y, x

    @cached_property
    def index_to_lps(self) -> NDArray[np.float64]:
        """4 x 4 matrix from x, y, z index to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction * self.spacing
        matrix[:3, 3] = self.origin
        return fixed(matrix)

    @cached_property
    def lps_to_index(self) -> NDArray[np.float64]:
        """4 x 4 matrix from LPS mm to x, y, z index."""
        return fixed(np.linalg.inv(self.index_to_lps))

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

    def matches(self, other: Grid, tolerance_mm: float = 1e-3) -> bool:
        return self.shape == other.shape and np.allclose(self.index_to_lps, other.index_to_lps, atol=tolerance_mm)

    @property
    def is_right_handed(self) -> bool:
        """Whether slices follow row x column direction, as DICOM's geometry puts them."""
        return bool(np.linalg.det(self.direction) > 0)

    def flipped(self) -> Grid:
        """The same voxels in the same place, slices in the other order: of the other handedness."""
        return Grid(self.size, self.spacing, self.to_lps([0, 0, self.size[2] - 1]), self.direction * [1, 1, -1])

    def cropped(self, box: Box) -> Grid:
        return Grid(np.array(box.shape[::-1]), self.spacing, self.to_lps(box.start[::-1]), self.direction)
