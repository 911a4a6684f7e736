"""What leads the tissue network: the hole around a nodule's shape, and the coarse density of what is dense in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.synthesis.generated import smooth_step

REACH_MM = 4.0
"""So far beyond the nodule's border the tissue is generated: room for spicules, tags, and vessels that run in."""
FULL_MM = 1.5
"""So far it is the network's alone; from there on it goes over into the CT."""
DENSE_HU = -550.0
"""What is denser around a nodule (vessels, walls, fissures) stands in the density map, so that it does not vanish."""
DENSEST_SOFT_HU = 150.0
"""What is denser in a nodule is calcium."""
LEAST_BLUR_WEIGHT = 1e-3
AERATED_HU = -500.0
"""Lung has less."""
STUMP_BLUR_MM = 1.5
NOWHERE_MM = -100.0
"""The distance to a nodule's border where none is asked for."""


def weight(distance_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far generated tissue replaces the CT, 0 to 1, by the signed distance to the border (positive inside)."""
    return smooth_step((distance_mm + REACH_MM) / (REACH_MM - FULL_MM))


def around(hu: NDArray, distance_mm: NDArray) -> NDArray[np.bool_]:
    """What is dense in the hole of a CT, whether in the nodule or not."""
    return (hu > DENSE_HU) & (distance_mm > -REACH_MM)


def blurred(values: NDArray, support: NDArray[np.bool_], sigma_mm: float) -> NDArray[np.float32]:
    """The mean of `values` on `support` within a Gaussian of `sigma_mm` (voxels of 1 mm); what it is off it, too."""
    share = ndimage.gaussian_filter(support.astype(np.float32), sigma_mm, mode="constant")
    mean = ndimage.gaussian_filter(np.where(support, values, 0.0).astype(np.float32), sigma_mm, mode="constant")
    return mean / np.maximum(share, LEAST_BLUR_WEIGHT)


def stacked(support: NDArray[np.bool_], density: NDArray) -> NDArray[np.float32]:
    """The map as the network takes it, (2, z, y, x): support, and density on it, in the network's range."""
    return np.stack([support, np.where(support, density, 0.0)]).astype(np.float32)


def empty_map(
    hu: NDArray,
    distance_mm: NDArray[np.float32],
    walls: NDArray[np.bool_] | None = None,
    alike: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """The map (2, z, y, x) for lung in place of a nodule: the vessels and walls that come up to it, and go on in it.

    `walls`: what stays behind the nodule, too; `alike`: the CT with other lung in the nodule's place, whose vessels are
    asked for as far as they come in from the border: what begins and ends in the hole could be a nodule.
    """
    hu = hu if alike is None else alike
    dense = around(hu, distance_mm)
    support = dense & (distance_mm < -FULL_MM)
    if alike is not None:
        support = ndimage.binary_propagation(support, mask=dense)
    if walls is not None:
        support |= walls & (distance_mm > -REACH_MM)
    return stacked(support, to_network(blurred(hu, support, STUMP_BLUR_MM), clip=False))


def noise_level(hu: NDArray[np.float32], hole: NDArray[np.bool_]) -> float:
    """How noisy the lung around the `hole` is, in 100 HU: the mean change from a voxel to those next to it."""
    lung = ~hole & (hu < AERATED_HU)
    if not lung.any():
        return 0.0
    fine = np.abs(hu - ndimage.uniform_filter(hu, 3))
    return float(np.clip(fine[lung].mean() / 100.0, 0.0, 2.0))
