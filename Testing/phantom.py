"""A chest of few shapes (body, lungs, vessels, noise): a stand-in for a CT where there is no CT."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.ct.volume import Volume

LUNG_RAS_MM = (45.0, 5.0, 3.0)
"""In the parenchyma of the phantom's right lung."""
RADIUS_MM, BALL_HU = 6.0, 20.0
"""Of the nodule that :func:`chest_with_nodule` has there."""


def chest(size: tuple[int, int, int] = (96, 80, 48), spacing: tuple[float, float, float] = (2.0, 2.2, 1.6)) -> Volume:
    """A phantom centred on the LPS origin, `size` in voxels and `spacing` in mm along x, y, z, int16 HU."""
    rng = np.random.default_rng(0)
    x, y, z = (((np.arange(n) - (n - 1) / 2) * s) for n, s in zip(size, spacing, strict=True))
    zz, yy, xx = np.meshgrid(z, y, x, indexing="ij")
    hu = np.full(zz.shape, -1000.0, np.float32)
    hu[(xx / 90) ** 2 + (yy / 75) ** 2 < 1] = 40.0
    for side in (-1, 1):
        hu[((xx - side * 43) / 34) ** 2 + (yy / 52) ** 2 < 1] = -850.0
        for _ in range(6):
            at = (side * rng.uniform(20, 66), rng.uniform(-38, 38))
            hu[(xx - at[0] - 0.3 * zz) ** 2 + (yy - at[1]) ** 2 < rng.uniform(1.5, 3.0) ** 2] = 30.0
    hu = ndimage.gaussian_filter(hu, 0.6) + ndimage.gaussian_filter(rng.normal(0, 60, hu.shape), 0.6)
    origin = [-(n - 1) / 2 * s for n, s in zip(size, spacing, strict=True)]
    return Volume.of(np.rint(hu).astype(np.int16), spacing, origin)


def chest_with_nodule() -> Volume:
    """The phantom, finer, with a nodule of its own at LUNG_RAS_MM: a ball."""
    volume = chest((150, 130, 60), (1.3, 1.3, 1.3))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in volume.array.shape), indexing="ij"), -1)
    away = np.linalg.norm(volume.grid.to_lps(index[..., ::-1]) - lps_of_ras(LUNG_RAS_MM), axis=-1)
    share = ndimage.gaussian_filter((away < RADIUS_MM).astype(np.float32), 0.6)
    noise = ndimage.gaussian_filter(np.random.default_rng(1).normal(0, 40, away.shape), 0.5)
    hu = volume.array + share * (BALL_HU + noise - volume.array)
    return volume.with_array(np.rint(hu).astype(np.int16))
