"""What the networks are led by, as numpy arrays: conditions, styles and noise. No torch is needed for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ATTENUATIONS = ("solid", "part-solid", "ground-glass")
SMALL_MM, LARGE_MM = 10.0, 20.0
CONDITIONS = 3 + len(ATTENUATIONS)
STYLE = 512
"""Standard normal numbers that decide StylePix2pix's style."""
PLANE_NOISE = 32
"""Samples an axis of the noise in a plane's hole, uniform in [-0.5, 0.5]."""
MAPS = ("fine", "coarse", "even")
"""How much a density map says: blurred by some 1.5 mm, by some 3 mm, or one HU for the nodule."""
TISSUE_CONDITIONS = ("diameter", "texture", *MAPS, "spiculation", "lobulation", "margin", "rated", "core", "noise")
TISSUE_STYLE = 32
LEVELS = (1, 2, 4, 8, 4, 2, 1)
"""By how much the tissue network's blocks, in their order, are coarser than its input."""


def conditions(diameter_mm: float, attenuation: str) -> NDArray[np.float32]:
    """The six of the thesis's MCGAN, one-hot: small (<= 10 mm), medium, large (> 20 mm); solid, part-solid,
    ground-glass; a calcified nodule is a solid one."""
    vector = np.zeros(CONDITIONS, np.float32)
    vector[int(diameter_mm > SMALL_MM) + int(diameter_mm > LARGE_MM)] = 1.0
    vector[3 + ATTENUATIONS.index("solid" if attenuation == "calcified" else attenuation)] = 1.0
    return vector


def tissue_conditions(
    diameter_mm: float, texture: float, kind: str, ratings: tuple[float, float, float] | None, core: float, noise: float
) -> NDArray[np.float32]:
    """The vector (11,) that leads the tissue network.

    `texture`, `ratings` (spiculation, lobulation, margin): as LIDC's readers rate, 1 to 5; `kind`: one of MAPS;
    `core`: the nodule's density in the network's range; `noise`: `density_map.noise_level` of the surroundings.
    """
    look = [0.0] * 4 if ratings is None else [*((rating - 3.0) / 2.0 for rating in ratings), 1.0]
    size = min(max((diameter_mm - 8.0) / 8.0, -1.0), 3.0)
    kinds = [float(kind == one) for one in MAPS]
    return np.array([size, (texture - 3.0) / 2.0, *kinds, *look, core, noise], np.float32)


def empty_conditions(noise: float) -> NDArray[np.float32]:
    """The vector (11,) that asks the tissue network for lung alone; `noise` as in :func:`tissue_conditions`."""
    vector = np.zeros(len(TISSUE_CONDITIONS), np.float32)
    vector[-1] = noise
    return vector


def noise_shapes(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Of the fields of standard normal noise that the tissue network takes for an input of `shape` (z, y, x).

    The first fills the hole, the second is a channel, the others are its blocks'.
    """
    return [shape, shape, *(tuple(side // level for side in shape) for level in LEVELS)]
