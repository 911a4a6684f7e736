"""A vessel near a nodule runs into it, as it does in some real ones: where nothing is drawn, the seed decides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.synthesis.density_map import DENSE_HU

SHARE = 0.35
"""Of the nodules with a vessel near enough. With it, as much is attached as to real ones in the insertion test."""
NEAREST_MM, FURTHEST_MM = 1.0, 6.0
LEAST_VOXELS = 10
"""Of 1 mm: fewer are noise."""
WALL_MM = 2.0
RADIUS_MM, INTO_MM = 1.2, 1.5


def feeding_vessel(
    hu: NDArray[np.float32], distance_mm: NDArray[np.float32], deep_mm: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.float32], float] | None:
    """Signed distance to a tube from the nearest vessel into the nodule, and its density; None without one.

    Voxels of 1 mm, (z, y, x): HU of the CT, distances to the nodule's border and to a wall's, positive inside.
    """
    if np.random.default_rng((seed, 4)).random() >= SHARE or not (distance_mm > 0).any():
        return None
    vessels = (hu > DENSE_HU) & (deep_mm < -WALL_MM) & (distance_mm < -NEAREST_MM)
    labels, _ = ndimage.label(vessels, np.ones((3, 3, 3)))
    large = np.bincount(labels.ravel()) >= LEAST_VOXELS
    large[0] = False
    within = np.where(large[labels], distance_mm, -np.inf)
    nearest = np.unravel_index(int(within.argmax()), within.shape)
    if within[nearest] < -FURTHEST_MM:
        return None
    start = np.array(nearest, float)
    way = np.array(ndimage.center_of_mass(distance_mm > 0)) - start
    way *= max(0.0, 1 - float(distance_mm.max() - INTO_MM) / np.linalg.norm(way))
    at = np.moveaxis(np.indices(hu.shape), 0, -1) - start
    share = np.clip(at @ way / max(way @ way, 1e-6), 0, 1)
    away = np.linalg.norm(at - share[..., None] * way, axis=-1)
    density = np.percentile(hu[labels == labels[nearest]], 75)
    return (RADIUS_MM - away).astype(np.float32), float(to_network(density, clip=False))
