"""Three orthogonal planes through a nodule, as the figures see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume

WIDTH_MM, SAMPLES = 24.0, 128
PLANES = (np.eye(3), np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]]))
"""Axes u, v, w of the axial, coronal and sagittal plane; the head is up in the last two."""


def planes_of(volume: Volume, point: NDArray[np.float64], width_mm: float = WIDTH_MM) -> NDArray[np.float32]:
    """The three planes (3, 128, 128) of `width_mm` through `point` (LPS mm)."""
    thin = (width_mm, width_mm, width_mm / SAMPLES)
    frames = [Frame(point, axes.astype(float), thin, (SAMPLES, SAMPLES, 1)) for axes in PLANES]
    return np.stack([frame.sample(volume)[0] for frame in frames])
