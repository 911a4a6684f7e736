"""How large an area or a nodule is, edge to edge, as readers measure it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

ANGLE_DEG = 3
SIZE_LIMITS_MM = (6.0, 8.0, 15.0)
"""Of the long diameter, where the Fleischner guidelines (2017) and Lung-RADS change their advice."""
SIZES = ("below 6 mm", "6 to 8 mm", "8 to 15 mm", "15 mm or more")


def size_of(diameter_mm: float) -> str:
    """One of SIZES, by the long diameter."""
    return SIZES[int(np.searchsorted(SIZE_LIMITS_MM, diameter_mm, side="right"))]


def largest(shape: NDArray[np.bool_], corners: bool = False) -> NDArray[np.bool_]:
    """The largest piece of `shape`, nothing of nothing; `corners`: what touches by a corner is one piece."""
    labels, count = ndimage.label(shape, np.ones((3,) * shape.ndim) if corners else None)
    return labels == 1 + np.argmax(np.bincount(labels.ravel())[1:]) if count else shape


def long_diameter(area: NDArray[np.bool_], pixel_mm: float) -> float:
    """The longest distance across `area` (v, u) in mm; 0 if it is empty."""
    return diameters(area, (pixel_mm, pixel_mm))[0]


def diameters(area: NDArray[np.bool_], pixel_mm: tuple[float, float]) -> tuple[float, float]:
    """As :func:`long_diameter`, with the width across it, for pixels (rows, columns) of that height and width."""
    from skimage import measure

    contours = measure.find_contours(np.pad(area, 1).astype(float), 0.5)
    if not contours:
        return 0.0, 0.0
    points = np.concatenate(contours) * pixel_mm
    angles = np.deg2rad(np.arange(0, 180, ANGLE_DEG))
    along = points @ np.stack([np.cos(angles), np.sin(angles)])
    widths = along.max(0) - along.min(0)
    longest = int(widths.argmax())
    return float(widths[longest]), float(widths[(longest + len(angles) // 2) % len(angles)])


def axes_in_a_slice(nodule: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> tuple[float, float]:
    """Long and short axis in mm of a nodule's voxels (z, y, x) in the slice where the long one is longest.

    So LIDC and RECIST have it, and so every table here. `spacing_mm` along x, y, z.
    """
    pixel_mm = (float(spacing_mm[1]), float(spacing_mm[0]))
    return max((diameters(plane, pixel_mm) for plane in nodule if plane.any()), default=(0.0, 0.0))
