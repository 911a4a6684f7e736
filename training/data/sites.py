"""Where a nodule's patch is free for another nodule: parenchyma, away from the real one."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.synthesis.appearance import FREE_LUNG_HU
from training.data.nodules import Nodule

BALL_MM = 3.0
BORDER_MM = 12.0
CLEARANCE_MM = 8.0
"""Between the real nodule's centre and the border of another."""


def mean_of_ball(radius_mm: float, spacing: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weights (z, y, x) with which a convolution takes the mean in a ball around each voxel."""
    axes = [np.arange(-r, r + 1) * s for r, s in zip(np.floor(radius_mm / spacing), spacing, strict=True)]
    ball = sum(a**2 for a in np.meshgrid(*axes, indexing="ij")) <= radius_mm**2
    return ball / ball.sum()


def free_sites(nodule: Nodule, distance_mm: float) -> NDArray[np.float64]:
    """Voxel centres (n, 3), LPS mm, where the mean of a 3 mm ball is below -700 HU.

    They are at least 12 mm inside the patch's border and `distance_mm` from the nodule's centre.
    """
    ct, spacing = nodule.ct, nodule.ct.grid.spacing[::-1]
    border, reach = (np.ceil(mm / spacing).astype(int) for mm in (BORDER_MM, BALL_MM))
    inner = Box.of(border.tolist(), (ct.array.shape - border).tolist())
    around = Box.of((border - reach).tolist(), (ct.array.shape - border + reach).tolist())
    mean = ndimage.correlate(ct.array[around].astype(np.float32), mean_of_ball(BALL_MM, spacing), mode="nearest")
    where = np.argwhere(mean[inner.within(around)] < FREE_LUNG_HU) + inner.start
    points = ct.grid.to_lps(where[:, ::-1])
    return points[np.linalg.norm(points - nodule.center_mm, axis=1) >= distance_mm]


def site_out_of_sight(
    nodule: Nodule, diameter_mm: float, width_mm: float, rng: np.random.Generator, shift_mm: ArrayLike = 0.0
) -> NDArray[np.float64] | None:
    """A free site (LPS mm), `shift_mm` from a voxel's centre, for another nodule of `diameter_mm`; None if none is.

    None of the real nodule is seen in the three orthogonal planes of `width_mm` through it.
    """
    mask = nodule.mask
    voxels, voxel_mm = mask.grid.to_lps(np.argwhere(mask.array)[:, ::-1]), mask.grid.spacing.max()
    for point in rng.permutation(free_sites(nodule, diameter_mm / 2 + CLEARANCE_MM)) + shift_mm:
        away = np.abs(voxels - point)
        if not ((away < width_mm / 2 + voxel_mm).all(1) & (away < voxel_mm).any(1)).any():
            return point
    return None
