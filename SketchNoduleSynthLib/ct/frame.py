"""Where a patch lies in a CT: the one statement of where sample centres are.

Training, inference, display and insertion all take their sample positions from here.
Coordinates are LPS millimetres (SimpleITK, DICOM); arrays are w, v, u (as z, y, x).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.grid import ByValue, Grid, fixed
from SketchNoduleSynthLib.ct.sampling import Interpolation, Outside, sample_lattice
from SketchNoduleSynthLib.ct.volume import Volume

MAX_TILT_DEG = 30.0


def tilted_axes(tilt_lr_deg: float = 0.0, tilt_hf_deg: float = 0.0) -> NDArray[np.float64]:
    """Rows u, v, w of a tilted frame, in LPS.

    Untilted: u = patient left (1, 0, 0), v = posterior (0, 1, 0), w = head (0, 0, 1), so that
    u, v are right and down on the screen of an axial slice. With a = `tilt_lr_deg` and
    b = `tilt_hf_deg`, first about v (the left side rises for a > 0), then about the new u
    (the posterior side rises for b > 0)::

        | u |   | 1    0      0   |   | cos a   0  sin a |
        | v | = | 0  cos b  sin b | * |   0     1    0   |
        | w |   | 0 -sin b  cos b |   | -sin a  0  cos a |
    """
    a, b = np.deg2rad([tilt_lr_deg, tilt_hf_deg])
    about_v = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_u = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    return about_u @ about_v


@dataclass(frozen=True, eq=False)
class Frame(ByValue):
    """An oriented box of samples.

    The box is divided into `samples` equal cells an axis and every sample lies at its cell's
    centre: sample i of N over E mm is at (i + 0.5 - N / 2) * E / N from the box's centre.
    (A Slicer slice view puts pixel i at (i - N / 2) * E / N: half a cell lower.)

    Parameters
    ----------
    center : (3,)
        LPS mm.
    axes : (3, 3)
        Its rows are the directions of u, v, w in LPS: orthonormal.
    extent : (3,)
        Side of the box along u, v, w, mm.
    samples : (3,) of int
        How many along u, v, w.

    Raises
    ------
    ValueError
        If one of them is none of the above.
    """

    center: NDArray[np.float64]
    axes: NDArray[np.float64] = field(default_factory=lambda: tilted_axes())
    extent: tuple[float, float, float] = (1.0, 1.0, 1.0)
    samples: tuple[int, int, int] = (1, 1, 1)

    def __post_init__(self) -> None:
        center, axes = np.asarray(self.center, float), np.asarray(self.axes, float)
        if center.shape != (3,) or not np.isfinite(center).all():
            raise ValueError("A frame's centre must be three finite numbers in mm.")
        if axes.shape != (3, 3) or not np.allclose(axes @ axes.T, np.eye(3), atol=1e-6):
            raise ValueError("A frame's axes must be three orthonormal vectors.")
        if not all(0 < e < np.inf for e in self.extent) or min(self.samples) < 1:
            raise ValueError("A frame's extents and sample counts must be positive and finite.")
        object.__setattr__(self, "center", fixed(center))
        object.__setattr__(self, "axes", fixed(axes))
        object.__setattr__(self, "extent", tuple(map(float, self.extent)))

    @classmethod
    def of_voi(
        cls,
        center_lps_mm: ArrayLike,
        side_mm: float,
        samples: int | tuple[int, int, int],
        tilt_lr_deg: float = 0.0,
        tilt_hf_deg: float = 0.0,
    ) -> Frame:
        """A cubic VOI.

        Parameters
        ----------
        center_lps_mm : (3,)
        side_mm : float
        samples : int or (3,) of int
            How many along u, v, w.
        tilt_lr_deg, tilt_hf_deg : float
            About the left-right and the head-foot axis, see :func:`tilted_axes`.
        """
        counts = (samples,) * 3 if isinstance(samples, int) else samples
        return cls(np.asarray(center_lps_mm, float), tilted_axes(tilt_lr_deg, tilt_hf_deg), (side_mm,) * 3, counts)

    @property
    def spacing(self) -> NDArray[np.float64]:
        """Distance between samples along u, v, w, mm."""
        return np.asarray(self.extent) / np.asarray(self.samples)

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of a patch: samples along w, v, u."""
        return self.samples[2], self.samples[1], self.samples[0]

    def with_samples(self, u: int, v: int, w: int) -> Frame:
        return Frame(self.center, self.axes, self.extent, (u, v, w))

    def slab(self, thickness_mm: float, planes: int, offset_mm: float = 0.0) -> Frame:
        """`planes` parallel u, v planes over `thickness_mm`, centred `offset_mm` along w."""
        return Frame(
            self.center + offset_mm * self.axes[2],
            self.axes,
            (self.extent[0], self.extent[1], thickness_mm),
            (self.samples[0], self.samples[1], planes),
        )

    def plane(self) -> Frame:
        """The sketch plane: the one u, v plane through the centre, as thin as a sample."""
        return self.slab(float(self.spacing[0]), 1)

    @cached_property
    def offsets(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Positions of the samples along u, v and w from the centre, mm."""
        u, v, w = ((np.arange(n) + 0.5 - n / 2) * e / n for n, e in zip(self.samples, self.extent, strict=True))
        return u, v, w

    def points(self) -> NDArray[np.float64]:
        """LPS positions of all samples, shape (w, v, u, 3)."""
        u, v, w = self.offsets
        return (
            self.center
            + w[:, None, None, None] * self.axes[2]
            + v[None, :, None, None] * self.axes[1]
            + u[None, None, :, None] * self.axes[0]
        )

    def to_local(self, points_lps_mm: ArrayLike) -> NDArray[np.float64]:
        """LPS positions (..., 3) as mm along u, v, w from the centre."""
        return (np.asarray(points_lps_mm, float) - self.center) @ self.axes.T

    def to_lps(self, local_mm: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(local_mm, float) @ self.axes + self.center

    @cached_property
    def grid(self) -> Grid:
        """The samples as a grid: x, y, z are u, v, w."""
        origin = self.to_lps([offsets[0] for offsets in self.offsets])
        return Grid(np.array(self.samples), self.spacing, origin, self.axes.T)

    def corners(self) -> NDArray[np.float64]:
        """LPS positions of the box's eight corners, (8, 3)."""
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        return self.to_lps(signs * np.asarray(self.extent) / 2)

    def sample(self, volume: Volume, interpolation: Interpolation = "linear", outside: Outside = "nearest") -> NDArray:
        """The CT on the frame's samples; only voxels around the frame are read, whatever the CT's size.

        Parameters
        ----------
        volume : Volume
        interpolation : "linear" or "cubic"
        outside : "nearest" or "mirror"
            How the CT goes on past its border.

        Returns
        -------
        ndarray, shape (w, v, u)
            HU, float32.
        """
        linear = volume.grid.lps_to_index[:3, :3] @ self.axes.T * self.spacing
        start = volume.grid.to_index(self.grid.origin)
        return sample_lattice(volume.array, linear, start, self.samples, interpolation, outside)

    def box_in(self, grid: Grid, margin_voxels: int = 0) -> Box:
        """The smallest box of voxels, cut at the grid's border, whose centres cover the frame."""
        index = grid.to_index(self.corners())
        low = np.maximum(np.ceil(index.min(0) - 1e-6).astype(int) - margin_voxels, 0)
        high = np.minimum(np.floor(index.max(0) + 1e-6).astype(int) + 1 + margin_voxels, grid.size)
        return Box.of(low[::-1], high[::-1])

    def resample_to(self, grid: Grid, box: Box, patch: NDArray, fill: float = 0.0) -> NDArray[np.float32]:
        """A patch of this frame at the voxel centres of `box` in `grid`; `fill` outside the frame.

        Voxels larger than 1.25 mm are averaged over parts that are not, as a scanner would.
        """
        parts = np.maximum(np.ceil(grid.spacing - 0.25).astype(int), 1)
        counts = np.array(box.shape[::-1])
        scale = (1.0 / self.spacing)[:, None]
        linear = scale * (self.axes @ grid.index_to_lps[:3, :3])
        first = grid.to_lps(np.array(box.start[::-1]) - 0.5 + 0.5 / parts)
        start = self.to_local(first) / self.spacing + np.asarray(self.samples) / 2 - 0.5
        count = tuple(counts * parts)
        fine = sample_lattice(patch, linear / parts, start, count, "linear", "nearest", (fill, self.samples))
        z, y, x = counts[::-1]
        return fine.reshape(z, parts[2], y, parts[1], x, parts[0]).mean((1, 3, 5), dtype=np.float32)
