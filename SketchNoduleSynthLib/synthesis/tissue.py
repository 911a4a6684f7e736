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
DENSE_RIM_MM = 1.5
GAP_MM = 4.0
PARENCHYMA_HU = (-1020.0, -600.0)
TYPICAL_LUNG_HU = -850.0
MIN_LUNG_SAMPLES = 30
GROUND_GLASS_HU, SOLID_HU = -550.0, -250.0


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


def gap_between(nodule: NDArray[np.bool_], dense: NDArray[np.bool_], spacing_mm: Sequence[float]) -> NDArray[np.bool_]:
    """Where a nodule meets, or nearly meets, a wall: voxels that may not stay darker than the nodule.

    A cleft of up to 4 mm between the two, and the wall's own soft border; in patients there is no lung left there.
    """
    if not dense.any() or not nodule.any():
        return np.zeros_like(nodule)
    from_nodule, from_dense = (ndimage.distance_transform_edt(~shape, spacing_mm) for shape in (nodule, dense))
    grown = np.minimum(from_nodule, from_dense) <= GAP_MM / 2
    closed = ndimage.distance_transform_edt(grown, spacing_mm) > GAP_MM / 2
    return closed & ~dense & (from_nodule <= GAP_MM / 2) & (from_dense <= GAP_MM / 2)


def grow_against(
    before: NDArray, after: NDArray, dense: NDArray[np.bool_], spacing_mm: Sequence[float]
) -> NDArray[np.float32]:
    """`after`, but `before` in `dense` tissue, and nothing darker than `before` in its rim."""
    if not dense.any():
        return after
    rim = ndimage.distance_transform_edt(~dense, spacing_mm) <= DENSE_RIM_MM
    return np.where(dense, before, np.where(rim, np.maximum(before, after), after)).astype(np.float32)


DARKENING_HU = 30.0
"""A nodule does not empty the lung around it, as some styles would."""


def filled_air(
    before: NDArray[np.float32], generated: NDArray[np.float32], noise: NDArray[np.float32] | float = 0.0
) -> NDArray[np.float32]:
    """`generated`, with `noise`, where it is solid; where it is ground-glass, `before` with its air partly filled.

    Ground-glass does not obscure the vessels in it (Fleischner Society's glossary): it fills air, so that parenchyma
    reaches `generated`, and what has no air stays. Between -550 and -250 HU the one goes over into the other.
    """
    lung = before[is_parenchyma(before)]
    parenchyma = float(np.median(lung)) if len(lung) >= MIN_LUNG_SAMPLES else TYPICAL_LUNG_HU
    air = np.clip(before / parenchyma, 0.0, 1.25)
    solid = np.clip((generated - GROUND_GLASS_HU) / (SOLID_HU - GROUND_GLASS_HU), 0.0, 1.0)
    filling = np.maximum(generated - parenchyma, -DARKENING_HU) * air
    return solid * (generated + noise) + (1.0 - solid) * (before + filling)
