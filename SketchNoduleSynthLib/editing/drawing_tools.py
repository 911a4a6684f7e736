"""What is done to a drawing: a copy beside it, the eraser, fewer points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.drawing.sketch import ACROSS, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi

BESIDE = 1.5
"""Diameters."""
SAMPLES, SMOOTH = 200, 0.02
"""Points that a smoothed line gets, and the standard deviation of what smooths it, over its length."""


def beside(voi: Voi) -> Voi:
    """The VOI moved along its u axis, so that a nodule there does not touch one here."""
    shift = ras_of_lps(voi.frame(1).axes[0]) * BESIDE * voi.diameter_mm
    x, y, z = (np.array(voi.center_ras_mm) + shift).round(6).tolist()
    return replace(voi, center_ras_mm=(x, y, z))


def erased(strokes: Sequence[Stroke], at_mm: NDArray[np.float64], radius_mm: float) -> tuple[Stroke, ...]:
    """`strokes` without what lies within `radius_mm` of the path `at_mm` (n, 2) u, v; a line may fall apart.

    On the sketch plane: an outline across it stays.
    """
    left: list[Stroke] = []
    for stroke in strokes:
        path = densely(stroke.path_mm, radius_mm / 2)
        keep = np.linalg.norm(path[:, None] - at_mm[None], axis=-1).min(1) > radius_mm
        if keep.all() or stroke.label == ACROSS:
            left.append(stroke)
            continue
        cuts = np.flatnonzero(~keep)
        if stroke.closed:
            # Begun at a cut, so that what is left on both sides of the line's first point stays in one piece.
            path, keep = np.roll(path, -cuts[0], axis=0), np.roll(keep, -cuts[0])
        for part in np.split(np.arange(len(path)), np.flatnonzero(np.diff(keep.astype(int))) + 1):
            if keep[part[0]] and len(part) > 1:
                left.append(Stroke(path[part], stroke.label))
    return tuple(left)


def simplified(stroke: Stroke, tolerance_mm: float) -> Stroke:
    """Without points that lie within `tolerance_mm` of the line through the others (Douglas and Peucker)."""
    from skimage import measure

    points = measure.approximate_polygon(stroke.path_mm, tolerance_mm)
    points = points[:-1] if stroke.closed else points
    return replace(stroke, points_mm=points) if len(points) > 2 else stroke


def smoothed(stroke: Stroke) -> Stroke:
    """Without wiggles shorter than some SMOOTH of the line; an outline keeps its area, a line its ends."""
    path = stroke.path_mm
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    if len(path) < 4 or along[-1] == 0:
        return stroke
    at = np.linspace(0.0, along[-1], SAMPLES + 1)
    even = np.stack([np.interp(at, along, values) for values in path.T], 1)
    if not stroke.closed:
        # Mirrored about its ends, so that these stay.
        before, after = 2 * even[0] - even[:0:-1], 2 * even[-1] - even[-2::-1]
        whole = ndimage.gaussian_filter1d(np.vstack([before, even, after]), SMOOTH * SAMPLES, axis=0)
        return replace(stroke, points_mm=whole[SAMPLES : 2 * SAMPLES + 1].round(3))
    even = even[:-1]
    smooth = ndimage.gaussian_filter1d(even, SMOOTH * SAMPLES, axis=0, mode="wrap")
    middle, area = smooth.mean(0), abs(area_mm2(smooth))
    if area > 0:
        smooth = middle + (smooth - middle) * np.sqrt(abs(area_mm2(even)) / area)
    return replace(stroke, points_mm=smooth.round(3))


def area_mm2(points_mm: NDArray[np.float64]) -> float:
    """Of the polygon of `points_mm` (n, 2), signed by its turn."""
    (x, y), (x1, y1) = points_mm.T, np.roll(points_mm, -1, axis=0).T
    return float((x * y1 - x1 * y).sum() / 2)


def densely(path_mm: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    if len(path_mm) < 2:
        return path_mm
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(path_mm, axis=0), axis=1)))
    at = np.union1d(along, np.arange(0.0, along[-1], max(step_mm, 1e-3)))
    return np.stack([np.interp(at, along, values) for values in path_mm.T], axis=1)
