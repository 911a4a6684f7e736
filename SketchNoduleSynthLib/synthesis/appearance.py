"""Plain features of a nodule, of its HU and place alone, so that real and inserted nodules are measured alike.

The border is where the HU along rays from the centre first fall below half of the rise from the
parenchyma to the core. It is smoothed over neighbouring rays, so that a vessel that runs in is not part of the nodule.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.synthesis.noise import robust_sigma

FREE_LUNG_HU = -700.0
CORE_MM, STEP_MM = 1.5, 0.1
RAYS, NEIGHBOURS = 400, 41
DIRECTIONS = 12
LONGEST_LINE, LONGEST_RAY = 1.0, 0.75
"""In diameters from the centre: into a wall, lines end there."""
OUTSIDE_MM = (1.5, 3.0)
LEAST_VOXELS = 8
NOISE_MASK = np.outer([1, -2, 1], [1, -2, 1])


def core_density(hu: NDArray, spacing: NDArray, centre: NDArray) -> float:
    """Median HU within 1.5 mm of `centre`, of thick slices that of the nearest; parameters as of :class:`Sight`."""
    box = box_about(hu, spacing, centre, CORE_MM)
    away = np.linalg.norm(offsets_mm(box, spacing, centre), axis=0)
    return float(np.median(hu[box][away <= max(CORE_MM, away.min())]))


def box_about(hu: NDArray, spacing: NDArray, centre: NDArray, reach_mm: float) -> Box:
    """The voxels of `hu` within `reach_mm` of `centre` along each axis."""
    reach = np.ceil(reach_mm / spacing)
    low = np.maximum(np.floor(centre - reach), 0)
    return Box.of(low.astype(int).tolist(), np.minimum(np.ceil(centre + reach) + 1, hu.shape).astype(int).tolist())


def offsets_mm(box: Box, spacing: NDArray, centre: NDArray) -> NDArray[np.float64]:
    """Where each voxel of `box` lies from `centre`, mm: (3, z, y, x)."""
    return ((np.indices(box.shape).T + box.start - centre) * spacing).T


def from_middle_mm(inside: NDArray[np.bool_], spacing: ArrayLike) -> NDArray[np.float64]:
    """How far each sample is from the middle (centre of mass) of `inside` (z, y, x), mm; `spacing` z, y, x."""
    middle = np.array(ndimage.center_of_mass(inside))
    return np.linalg.norm(offsets_mm(Box.of((0, 0, 0), inside.shape), np.asarray(spacing), middle), axis=0)


class Sight:
    """A nodule of about `diameter_mm` at `centre` (z, y, x, in voxels) of `hu` (z, y, x); `spacing` z, y, x in mm.

    `nodule`: where it is, if that is known; beside a wall, which has no border that rays could find, it says more.
    """

    def __init__(
        self,
        hu: NDArray,
        spacing: ArrayLike,
        centre: ArrayLike,
        diameter_mm: float,
        nodule: NDArray[np.bool_] | None = None,
    ) -> None:
        self.spacing, self.centre = np.asarray(spacing, float), np.asarray(centre, float)
        self.diameter_mm, self.whole = diameter_mm, hu.astype(np.float32)
        box = box_about(hu, self.spacing, self.centre, LONGEST_RAY * diameter_mm + 2 * OUTSIDE_MM[1])
        self.hu = self.whole[box]
        self.nodule = np.ones(self.hu.shape, bool) if nodule is None else nodule[box]
        self.from_centre = offsets_mm(box, self.spacing, self.centre)
        self.distance = np.linalg.norm(self.from_centre, axis=0)
        lung = self.hu[self.hu < FREE_LUNG_HU]
        self.parenchyma = float(np.median(lung)) if lung.size else float(self.hu.min())
        self.core = core_density(hu, self.spacing, self.centre)
        self.half = (self.core + self.parenchyma) / 2

    def reach(self, directions: NDArray[np.float64], longest_mm: float) -> NDArray[np.float64]:
        """How far (mm) the nodule reaches along unit vectors (n, 3; z, y, x), `longest_mm` at most."""
        steps = np.arange(0, longest_mm + STEP_MM, STEP_MM)
        at = self.centre[:, None, None] + directions.T[..., None] * steps / self.spacing[:, None, None]
        below = ndimage.map_coordinates(self.whole, at, order=1, mode="nearest") < self.half
        return np.where(below.any(1), steps[below.argmax(1)], steps[-1])

    def extents(self, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        longest = LONGEST_LINE * self.diameter_mm
        return self.reach(directions, longest) + self.reach(-directions, longest)

    @cached_property
    def depth(self) -> NDArray[np.float64]:
        """How deep (mm) each voxel of the box lies inside the smoothed border, along its ray; negative outside."""
        rays = directions_of_a_ball(RAYS)
        tree = KDTree(rays)
        radii = self.reach(rays, LONGEST_RAY * self.diameter_mm)
        radii = np.maximum(np.median(radii[tree.query(rays, NEIGHBOURS)[1]], axis=1), STEP_MM)
        unit = self.from_centre / np.maximum(self.distance, 1e-6)
        return radii[tree.query(unit.reshape(3, -1).T)[1]].reshape(self.distance.shape) - self.distance

    @cached_property
    def inner(self) -> NDArray[np.bool_]:
        """All deeper than 1 mm, where the border no longer shows, or the core of a tiny nodule."""
        deep = self.nodule & (self.depth > 1)
        return deep if deep.sum() >= LEAST_VOXELS else self.distance <= CORE_MM


def directions_of_a_ball(count: int) -> NDArray[np.float64]:
    """Unit vectors (count, 3), evenly spread: Fibonacci's lattice."""
    z = 1 - (2 * np.arange(count) + 1) / count
    turn = np.arange(count) * np.pi * (3 - np.sqrt(5))
    return np.stack([z, np.sqrt(1 - z**2) * np.sin(turn), np.sqrt(1 - z**2) * np.cos(turn)], 1)


def height_per_width(sight: Sight) -> float:
    """Extent along z over the mean of those along y and x."""
    height, *widths = sight.extents(np.eye(3))
    return float(height / np.mean(widths)) if np.mean(widths) > 0 else float("nan")


def long_per_short(sight: Sight) -> float:
    """The longest over the shortest axial extent."""
    turn = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    lengths = sight.extents(np.stack([np.zeros(DIRECTIONS), np.sin(turn), np.cos(turn)], 1))
    return float(lengths.max() / lengths.min()) if lengths.min() > 0 else float("nan")


def core_hu(sight: Sight) -> float:
    return sight.core


def peak_hu(sight: Sight) -> float:
    """The 95th percentile of HU inside the border."""
    return float(np.percentile(sight.hu[sight.inner | (sight.depth > 0)], 95))


def spread_hu(sight: Sight) -> float:
    """Standard deviation of HU inside the border."""
    return float(sight.hu[sight.inner | (sight.depth > 0)].std())


def border_hu_per_mm(sight: Sight) -> float:
    """Steepness: the median gradient within 0.75 mm of the border."""
    gradient = np.linalg.norm(np.gradient(sight.hu, *sight.spacing), axis=0)
    border = np.abs(sight.depth) < 0.75
    return float(np.median(gradient[border])) if border.any() else float("nan")


def shell_hu(sight: Sight) -> float:
    """Brightness of the rim: mean HU from a quarter to half of the way in from the border, less that further in."""
    share = np.where(sight.nodule, sight.depth / (sight.depth + sight.distance), 0.0)
    rim, further = (share > 0.25) & (share <= 0.5), share > 0.5
    if not (rim.any() and further.any()):
        return float("nan")
    return float(sight.hu[rim].mean() - sight.hu[further].mean())


def streaks(sight: Sight) -> float:
    """How much more HU change across axial planes than within them, inside: the ratio of mean changes per mm."""
    across, *within = (np.abs(g)[sight.inner].mean() for g in np.gradient(sight.hu, *sight.spacing))
    return float(across / max(np.mean(within), 1e-6))


def attached(sight: Sight) -> float:
    """Vessels and walls that reach it: the share of dense voxels from 1.5 to 3 mm outside the border."""
    near, far = OUTSIDE_MM
    around = (sight.depth < -near) & (sight.depth > -far)
    return float((sight.hu[around] > sight.half).mean()) if around.any() else float("nan")


def noise_ratio(sight: Sight) -> float:
    """Fine noise inside over that of the parenchyma around, by Immerkaer's (1996) mask, which ignores borders."""
    fine = ndimage.convolve(sight.hu, NOISE_MASK[None])
    lung = (sight.depth < -OUTSIDE_MM[1]) & (sight.hu < FREE_LUNG_HU)
    if lung.sum() < LEAST_VOXELS:
        return float("nan")
    return float(robust_sigma(fine[sight.inner]) / max(robust_sigma(fine[lung]), 1e-6))


FEATURES = (
    height_per_width,
    long_per_short,
    core_hu,
    peak_hu,
    spread_hu,
    border_hu_per_mm,
    shell_hu,
    streaks,
    attached,
    noise_ratio,
)


def of_mask(hu: NDArray, mask: NDArray[np.bool_], spacing: ArrayLike) -> dict[str, float]:
    """Of a nodule whose `mask` (z, y, x) is known: `height` (extent along z over the mean of those along y and x),
    `length` (longest over shortest principal axis), `mean_hu` of all but its outermost voxels."""
    step = np.asarray(spacing, float)
    at = np.argwhere(mask) * step
    height, *widths = np.ptp(at, axis=0) + step
    axes = np.linalg.eigvalsh(np.cov(at.T) + np.diag(step**2 / 12)) if len(at) > 1 else np.ones(3)
    core = ndimage.binary_erosion(mask)
    mean = float(hu[core if core.sum() >= LEAST_VOXELS else mask].mean())
    return {"height": float(height / np.mean(widths)), "length": float(np.sqrt(axes[2] / axes[0])), "mean_hu": mean}


def features_of(sight: Sight, names: Container[str] | None = None) -> dict[str, float]:
    """All features, or those of `names`, by name; NaN where one cannot be measured."""
    return {one.__name__: one(sight) for one in FEATURES if names is None or one.__name__ in names}
