"""Where a nodule may replace what is there: the hole around a drawing, and the tissue that stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MARGIN_MM = 1.0
MARGIN_PER_DIAMETER = 0.08
DENSE_HU = -300.0
FULLY_DENSE_HU = -120.0
DENSE_RADIUS_MM = 2.0
PARENCHYMA_HU = (-1020.0, -600.0)
TYPICAL_LUNG_HU = -850.0


def is_parenchyma(hu: NDArray) -> NDArray[np.bool_]:
    """Where `hu` is lung without vessels, padding and nodules."""
    return (hu > PARENCHYMA_HU[0]) & (hu < PARENCHYMA_HU[1])


def margin_mm(diameter_mm: float) -> float:
    """How far the hole reaches beyond the outline: room for a nodule's soft border and for the blend."""
    return MARGIN_MM + MARGIN_PER_DIAMETER * diameter_mm


def hole_around(area: NDArray[np.bool_], pixel_mm: float, diameter_mm: float, times: float = 1.0) -> NDArray[np.bool_]:
    """`area` (v, u) grown by `times` the margin."""
    return ndimage.distance_transform_edt(~area) * pixel_mm <= margin_mm(diameter_mm) * times if area.any() else area


def dense_tissue(hu: NDArray, spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Walls, mediastinum and vessels wider than 4 mm in `hu` (any dimensions; `spacing_mm` in its order of axes).

    A nodule grows against them, not in their place; smaller vessels run into it or through it.
    """
    dense = ndimage.distance_transform_edt(hu > DENSE_HU, spacing_mm) > DENSE_RADIUS_MM
    if not dense.any():
        return dense
    opened = ndimage.distance_transform_edt(~dense, spacing_mm) <= DENSE_RADIUS_MM
    return opened & (hu > FULLY_DENSE_HU)  # Its soft border is not kept: under a nodule it would be a dark line.
