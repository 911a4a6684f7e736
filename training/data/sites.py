"""Where a nodule's patch is free for another nodule: parenchyma, away from the real one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.data.nodules import Nodule

LUNG_HU = -700.0
BALL_MM = 3.0
BORDER_MM = 12.0
CLEARANCE_MM = 8.0
"""Between the real nodule's centre and the border of another."""


def free_sites(nodule: Nodule, distance_mm: float) -> NDArray[np.float64]:
    """Voxel centres (n, 3), LPS mm, where the mean of a 3 mm ball is below -700 HU.

    They are at least 12 mm inside the patch's border and `distance_mm` from the nodule's centre.
    """
    ct = nodule.ct
    inner = tuple(slice(int(np.ceil(BORDER_MM / s)), -int(np.ceil(BORDER_MM / s)) or None) for s in ct.spacing[::-1])
    reach = np.ceil(BALL_MM / ct.spacing[::-1]).astype(int)
    around = tuple(slice(s.start - r, (s.stop or 0) + r or None) for s, r in zip(inner, reach, strict=True))
    axes = [np.arange(-r, r + 1) * s for r, s in zip(reach, ct.spacing[::-1], strict=True)]
    ball = sum(a**2 for a in np.meshgrid(*axes, indexing="ij")) <= BALL_MM**2
    mean = ndimage.correlate(ct.array[around].astype(np.float32), ball / ball.sum(), mode="nearest")
    mean = mean[tuple(slice(r, -r) for r in reach)]
    where = np.argwhere(mean < LUNG_HU) + [s.start for s in inner]
    points = ct.to_lps(where[:, ::-1])
    return points[np.linalg.norm(points - nodule.center_mm, axis=1) >= distance_mm]


def site_out_of_sight(
    nodule: Nodule, diameter_mm: float, width_mm: float, rng: np.random.Generator
) -> NDArray[np.float64] | None:
    """A free site, LPS mm, for another nodule of `diameter_mm`; None if there is none.

    None of the real nodule is seen in the three orthogonal planes of `width_mm` through it.
    """
    mask = nodule.mask
    voxels, voxel_mm = mask.to_lps(np.argwhere(mask.array)[:, ::-1]), mask.spacing.max()
    for point in rng.permutation(free_sites(nodule, diameter_mm / 2 + CLEARANCE_MM)):
        away = np.abs(voxels - point)
        if not ((away < width_mm / 2 + voxel_mm).all(1) & (away < voxel_mm).any(1)).any():
            return point
    return None
