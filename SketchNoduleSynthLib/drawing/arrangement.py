"""How outlines lie to each other, and which lines can be used: told while the pen is at hand, not when it is too late.

Without scikit-image: lines are drawn before it is installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.sketch import ACROSS, LINES, Stroke
from SketchNoduleSynthLib.errors import InputError

LEAST_WIDTH, NEAR = 0.03, 0.05
"""Of the VOI's side: a narrower outline encloses nothing, and outlines that are nearer than that are one."""
DIRECTIONS = np.stack([np.cos(turns := np.linspace(0, np.pi, 24, endpoint=False)), np.sin(turns)])


def arranged(strokes: Sequence[Stroke]) -> tuple[Stroke, ...]:
    """`strokes` with every outline of the nodule's pen that lies in another one as its solid part."""
    closed = [stroke for stroke in strokes if stroke.label == "nodule" and stroke.closed]
    inner = [one for one in closed if any(one is not other and encloses(other, one).all() for other in closed)]
    return tuple(replace(stroke, label="solid") if stroke in inner else stroke for stroke in strokes)


def check_usable(stroke: Stroke, others: Iterable[Stroke], side_mm: float) -> None:
    """Raise :class:`InputError` if nothing can become of `stroke` in a VOI of `side_mm` beside the lines `others`."""
    if (np.abs(stroke.points_mm).max(1) > side_mm / 2).all():
        raise InputError("This line lies outside the box; draw inside it, or move the box.")
    if stroke.label in LINES:
        return
    if np.ptp(stroke.points_mm @ DIRECTIONS, axis=0).min() < LEAST_WIDTH * side_mm:
        raise InputError("This outline encloses no area; draw around the nodule, or the part of it.")
    nodule = [other for other in others if other.label == "nodule"]
    if stroke.label == ACROSS or not nodule or any(touches(stroke, other, NEAR * side_mm) for other in nodule):
        return
    if stroke.label == "nodule":
        raise InputError("This outline lies apart from the nodule's; a box holds one nodule: insert that first.")
    part = "solid part" if stroke.label == "solid" else stroke.label
    raise InputError(f"This {part} lies outside the nodule; draw it within the nodule's outline.")


def touches(one: Stroke, other: Stroke, near_mm: float) -> bool:
    """Whether outlines have area in common, or are nearer than `near_mm`."""
    if encloses(one, other).any() or encloses(other, one).any():
        return True
    away = np.linalg.norm(one.points_mm[:, None] - other.points_mm[None], axis=-1)
    return bool(away.min() < near_mm)


def encloses(outer: Stroke, inner: Stroke) -> NDArray[np.bool_]:
    """Which points of `inner` the outline `outer`, closed, goes around."""
    x, y = inner.points_mm.T[..., None]
    (x0, y0), (x1, y1) = outer.points_mm.T, np.roll(outer.points_mm, -1, axis=0).T
    left = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0) > 0
    turns = ((y0 <= y) & (y1 > y) & left).sum(1) - ((y0 > y) & (y1 <= y) & ~left).sum(1)
    return turns != 0
