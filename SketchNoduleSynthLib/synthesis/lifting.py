"""From an outline in the sketch plane to a nodule in three dimensions: parallel planes along w."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

PLANE_STEP_MM = 1.0
MIN_PLANES, MAX_PLANES = 5, 24


@dataclass(frozen=True)
class Stack:
    """Planes of equal distance along w: `areas` (w, v, u) over `thickness_mm`, each plane at its cell's centre."""

    areas: NDArray[np.bool_]
    thickness_mm: float


def ellipsoidal(offset: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """The outline's scale at `offset` from the sketch plane, in units of the half height."""
    return np.sqrt(np.maximum(1.0 - np.square(offset), 0.0))


def half_height_mm(area: NDArray[np.bool_], pixel_mm: float) -> float:
    """How far the nodule reaches along w: the radius of the disc of the outline's area."""
    return float(np.sqrt(area.sum() / np.pi) * pixel_mm)


def lift(area: NDArray[np.bool_], pixel_mm: float) -> Stack:
    """The drawn `area` (v, u) on parallel planes, scaled about its centroid by the ellipsoidal profile."""
    half = half_height_mm(area, pixel_mm)
    count = int(np.clip(np.ceil(2 * half / PLANE_STEP_MM), MIN_PLANES, MAX_PLANES))
    offsets = ((np.arange(count) + 0.5) / count * 2 - 1) * half
    inside = ndimage.distance_transform_edt(area)
    signed = (inside - ndimage.distance_transform_edt(~area)).astype(np.float32)
    centroid = np.array(ndimage.center_of_mass(area))
    planes = []
    for scale in ellipsoidal(offsets / half):
        shift = centroid - centroid / scale
        planes.append(ndimage.affine_transform(signed, [1 / scale] * 2, shift, order=1, mode="nearest") > 0)
    return Stack(np.stack(planes), 2 * half)
