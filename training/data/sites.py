"""Where a nodule's patch is free for another nodule: parenchyma, away from the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.appearance import FREE_LUNG_HU
from training.data.nodules import Nodule
from training.data.patches import AIR_HU

BALL_MM = 3.0
BORDER_MM = 12.0
CLEARANCE_MM = 8.0
"""Between the real nodule's centre and the border of another."""
SHELLS_MM, DENSE_HU = (6.0, 9.0, 12.0), -550.0
"""About a place, where what lies there is looked at."""
CANDIDATES = 24
"""So many free sites are looked at for one whose surroundings are like those of a nodule."""


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


def sites_out_of_sight(
    nodule: Nodule, diameter_mm: float, width_mm: float, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Free sites (LPS mm), voxels' centres, for another nodule of `diameter_mm`, in random order.

    None of the real nodule is seen in the three orthogonal planes of `width_mm` through them.
    """
    mask = nodule.mask
    voxels, voxel_mm = mask.grid.to_lps(np.argwhere(mask.array)[:, ::-1]), mask.grid.spacing.max()
    for point in rng.permutation(free_sites(nodule, diameter_mm / 2 + CLEARANCE_MM)):
        away = np.abs(voxels - point)
        if not ((away < width_mm / 2 + voxel_mm).all(1) & (away < voxel_mm).any(1)).any():
            yield point


def surroundings(ct: Volume, point_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of dense tissue in each of the shells around a point."""
    reach = np.ceil(SHELLS_MM[-1] / ct.grid.spacing) + 1
    at = ct.grid.to_index(point_lps_mm)
    low, high = np.maximum(np.rint(at - reach), 0), np.minimum(np.rint(at + reach) + 1, ct.grid.size)
    box = Box.of(low[::-1].astype(int).tolist(), high[::-1].astype(int).tolist())
    index = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), -1)
    away = np.linalg.norm(ct.grid.to_lps(index) - point_lps_mm, axis=-1).transpose(2, 1, 0)
    shells = [(away > inner) & (away <= outer) for inner, outer in pairwise(SHELLS_MM)]
    return np.array([(ct.array[box] > DENSE_HU)[shell].mean() for shell in shells])


def around(nodule: Nodule) -> NDArray[np.float64]:
    """What surrounds a nodule, without itself."""
    without = np.where(nodule.mask.array > 0, AIR_HU, nodule.ct.array)
    return surroundings(nodule.ct.with_array(without), nodule.center_mm)


def alike(wanted: NDArray[np.float64], there: Sequence[NDArray[np.float64]]) -> list[tuple[int, int, int]]:
    """Of each row of `wanted` (n, k) its number, that of a group of its own, and that of the row most alike in it.

    Each group `there` is (some, k). The sum of all differences is the least.
    """
    differences = [cdist(wanted, group) for group in there]
    of_wanted, of_group = linear_sum_assignment(np.stack([each.min(1) for each in differences], 1))
    return [(i, j, int(differences[j][i].argmin())) for i, j in zip(of_wanted.tolist(), of_group.tolist(), strict=True)]
