"""The hole around a drawn nodule that a 2D network fills."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MARGIN_MM = 1.0
MARGIN_PER_DIAMETER = 0.08


def margin_mm(diameter_mm: float) -> float:
    """How far the hole reaches beyond the outline: room for a nodule's soft border and for the blend."""
    return MARGIN_MM + MARGIN_PER_DIAMETER * diameter_mm


def hole_around(area: NDArray[np.bool_], pixel_mm: float, diameter_mm: float, times: float = 1.0) -> NDArray[np.bool_]:
    """`area` (v, u) grown by `times` the margin."""
    return ndimage.distance_transform_edt(~area) * pixel_mm <= margin_mm(diameter_mm) * times if area.any() else area
