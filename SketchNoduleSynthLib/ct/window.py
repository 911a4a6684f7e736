"""The lung window and the network's range."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

LUNG_LEVEL_HU = -600.0
LUNG_WIDTH_HU = 1600.0


def to_network(hu: ArrayLike, clip: bool = True) -> NDArray[np.float32]:
    """HU to the network's range: the lung window (level -600, width 1600) onto [-1, 1], with `clip` no further."""
    scaled = (np.asarray(hu, np.float32) - LUNG_LEVEL_HU) * (2.0 / LUNG_WIDTH_HU)
    return (np.clip(scaled, -1.0, 1.0) if clip else scaled).astype(np.float32)


def from_network(values: NDArray) -> NDArray[np.float32]:
    """The network's range to HU; the inverse of :func:`to_network` inside the window."""
    return (np.asarray(values, np.float32) * (LUNG_WIDTH_HU / 2.0) + LUNG_LEVEL_HU).astype(np.float32)


def to_8bit(hu: NDArray) -> NDArray[np.uint8]:
    """HU to display grey, 0 to 255, through the lung window."""
    scaled = (np.asarray(hu, np.float32) - (LUNG_LEVEL_HU - LUNG_WIDTH_HU / 2.0)) * (255.0 / LUNG_WIDTH_HU)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
