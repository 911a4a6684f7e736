"""A chest of few shapes (body, lungs, vessels, noise): a stand-in for a CT where there is no CT."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume

LUNG_RAS_MM = (45.0, 5.0, 3.0)
"""In the parenchyma of the phantom's right lung."""


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
