"""What surrounds a place in the lung and may hide a nodule there: vessels, pleura, the density of the lung.

The measures follow Smith et al., "Local complexity metrics to quantify the effect of anatomical noise on detectability
of lung nodules in chest CT imaging", J. Med. Imaging 5 (2018) 045502: distractor indices, the Gaussian weighted shares
of the neighbourhood that are line-like structures, in 3D and in the axial slices, and dot-like ones in the slices
(those in 3D had no significant effect there). Thresholds and widths are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.generation.coarse import GRID_MM
from SketchNoduleSynthLib.generation.lung import Lung

REACH_MM = 20
SLICES_MM = 2
"""The axial slices that count for the measures in 2D lie so far above and below."""
NEIGHBOURHOOD_MM = 8.0
"""Standard deviation of the weight by distance."""
DENSE_HU = -500.0
PLEURA_MM = 2.0
"""What is dense so close to the lung's end is wall or partial volume, not a vessel."""
VESSEL_SIGMA_MM = 1.5
ROUND = 0.5
"""A structure whose least curvature is at least half its greatest is a dot, not a line."""
TUBE = 0.3
"""A structure whose second curvature is less than this share of its greatest is a sheet (a fissure), not a line."""


@dataclass(frozen=True)
class Surroundings:
    """What is around a place, without any nodule.

    `lung_hu`: median of the air-filled lung in a cube of 41 mm; `pleura_mm`: from the place to the pleura;
    `vessel_mm`: to the nearest structure denser than -500 HU (at most 20); the rest: distractor indices, 0 to 1.
    """

    lung_hu: float
    pleura_mm: float
    vessel_mm: float
    lines_3d: float
    lines_2d: float
    dots_2d: float


class Neighbourhood:
    """The cube of 41 samples of 1 mm, along the patient's axes, around a point (LPS mm): arrays are z, y, x.

    `hu`; `lung`: what is lung; `dense`: structures in it, denser than -500 HU and off the pleura; `away_mm`: how far
    every sample is from the point.
    """

    def __init__(self, volume: Volume, lung: Lung, point_lps_mm: ArrayLike) -> None:
        samples = 2 * REACH_MM + 1
        frame = Frame.of_voi(point_lps_mm, float(samples), samples)
        self.hu = frame.sample(volume)
        pleura_mm = frame.sample(lung.hu.with_array(lung.pleura_mm))
        self.lung = pleura_mm > GRID_MM / 4  # Half way from an outermost voxel of lung to the next.
        self.dense = (pleura_mm > PLEURA_MM) & (self.hu > DENSE_HU)
        u, v, w = frame.offsets
        self.away_mm = np.sqrt(u**2 + v[:, None] ** 2 + w[:, None, None] ** 2)

    @property
    def vessel_mm(self) -> float:
        return float(min(self.away_mm[self.dense].min(initial=REACH_MM), REACH_MM))


def surroundings(volume: Volume, lung: Lung, point_lps_mm: ArrayLike) -> Surroundings:
    """Measure what surrounds a point (LPS mm) of a CT that has no nodule there yet."""
    around = Neighbourhood(volume, lung, point_lps_mm)
    airy = around.hu[around.lung & (around.hu <= DENSE_HU)]
    weight = np.exp(-0.5 * (around.away_mm / NEIGHBOURHOOD_MM) ** 2) * around.lung
    slab = slice(REACH_MM - SLICES_MM, REACH_MM + SLICES_MM + 1)
    lines, _ = lines_and_dots(around.hu, around.dense)
    flat = [lines_and_dots(plane, dense) for plane, dense in zip(around.hu[slab], around.dense[slab], strict=True)]
    flat_lines, flat_dots = (np.stack(kind) for kind in zip(*flat, strict=True))

    def index(where: NDArray[np.bool_], among: NDArray) -> float:
        return float(among[where].sum() / max(among.sum(), 1e-6))

    return Surroundings(
        lung_hu=float(np.median(airy if len(airy) else around.hu)),
        pleura_mm=float(lung.at(lung.pleura_mm, point_lps_mm)),
        vessel_mm=around.vessel_mm,
        lines_3d=index(lines, weight),
        lines_2d=index(flat_lines, weight[slab]),
        dots_2d=index(flat_dots, weight[slab]),
    )


def lines_and_dots(hu: NDArray, dense: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The `dense` samples of `hu` (2D or 3D, 1 mm) that belong to bright lines, and those that belong to bright dots.

    By the signs and ratios of the Hessian's eigenvalues at 1.5 mm (Sato et al. 1998, Frangi et al. 1998).
    """
    lines, dots = np.zeros(hu.shape, bool), np.zeros(hu.shape, bool)
    if not dense.any():
        return lines, dots
    n = hu.ndim
    hessian = np.empty((int(dense.sum()), n, n))
    for i in range(n):
        for j in range(i, n):
            order = [int(axis == i) + int(axis == j) for axis in range(n)]
            hessian[:, i, j] = hessian[:, j, i] = ndimage.gaussian_filter(hu, VESSEL_SIGMA_MM, order)[dense]
    curvature = -np.linalg.eigvalsh(hessian)  # The greatest first: how fast it darkens away from a bright ridge.
    greatest, second, least = curvature[:, 0], curvature[:, 1], curvature[:, -1]
    dots[dense] = least >= ROUND * np.maximum(greatest, 1e-6)
    lines[dense] = (greatest > 0) & ((second >= TUBE * greatest) | (n == 2))
    dots = ndimage.binary_dilation(dots) & dense  # By its curvature the rim of a dot is a line, that of a line a sheet.
    return ndimage.binary_dilation(lines) & dense & ~dots, dots
