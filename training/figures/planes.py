"""Three orthogonal planes through a nodule, as the figures see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.picture import planes

WIDTH_MM, SAMPLES = 24.0, 128


def planes_of(volume: Volume, point: NDArray[np.float64], width_mm: float = WIDTH_MM) -> NDArray[np.float32]:
    """The axial, coronal and sagittal plane (3, 128, 128) of `width_mm` through `point` (LPS mm), head up."""
    return np.stack([plane.sample(volume)[0] for plane in planes(Frame.of_voi(point, width_mm, SAMPLES))])
