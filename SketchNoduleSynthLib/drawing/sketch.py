"""Strokes on the sketch plane and their raster.

scikit-image is imported where it is used: Slicer comes without it, and lines can be drawn before it is installed.
Points are u, v in mm in the plane of the VOI's frame, from its centre; rasters are v, u (row, column).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SketchNoduleSynthLib.drawing.measure import largest
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.json_keys import Keys, number

Label = Literal["nodule", "nodule_across", "solid", "calcification", "cavity", "vessel", "wall", "other"]
LABELS: tuple[Label, ...] = get_args(Label)
ACROSS: Label = "nodule_across"
"""The nodule's outline on the plane at right angles to the sketch plane, see :meth:`Voi.plane`: its height."""
PARTS: tuple[Label, ...] = ("solid", "calcification", "cavity")
"""Outlines in the nodule."""
LINES: tuple[Label, ...] = ("vessel", "wall", "other")
"""Lines around it, or into it."""
COLORS: dict[str, tuple[float, float, float]] = {
    "nodule": (1.0, 0.85, 0.1),
    "nodule_across": (0.9, 1.0, 0.4),
    "solid": (1.0, 0.6, 0.1),
    "calcification": (1.0, 1.0, 1.0),
    "cavity": (0.8, 0.5, 1.0),
    "vessel": (1.0, 0.35, 0.3),
    "wall": (0.3, 0.75, 1.0),
    "other": (0.6, 0.95, 0.6),
}
"""Wherever they are seen, RGB."""
RASTER_SAMPLES = 128
MAX_CROSSING_POINTS = 500


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line of the pen, equal to itself alone.

    Parameters
    ----------
    points_mm : (n, 2)
        u to the right and v down in the sketch plane, mm from the VOI's centre.
    label : str
        Which pen: one of LABELS.
    closed : bool
        Whether the last point is joined to the first.

    Raises
    ------
    InputError
        For no point, one that is not a number, or an unknown label.
    """

    points_mm: NDArray[np.float64]
    label: Label = "nodule"
    closed: bool = False

    def __post_init__(self) -> None:
        points = np.asarray(self.points_mm, float)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise InputError("A stroke needs at least one point, each with u and v in mm.")
        if not np.isfinite(points).all():
            raise InputError("A stroke has a point that is not a number.")
        if self.label not in LABELS:
            raise InputError(f"The stroke label {self.label!r} is unknown; use one of {', '.join(LABELS)}.")
        object.__setattr__(self, "points_mm", points)

    @classmethod
    def from_dict(cls, data: Any, where: str) -> Stroke:
        keys = Keys(data, where)
        label = keys.choice("label", LABELS, "nodule")
        closed = keys.take("closed", False)
        if not isinstance(closed, bool):
            raise InputError(f"{where}.closed must be true or false, not {closed!r}.")
        points = keys.list("points_mm")
        keys.finish()
        if not points:
            raise InputError(f"{where}.points_mm is empty; give at least one point.")
        pairs = []
        for i, point in enumerate(points):
            if not isinstance(point, list) or len(point) != 2:
                raise InputError(f"{where}.points_mm[{i}] must be two numbers, u and v in mm.")
            pairs.append([number(value, f"{where}.points_mm[{i}]") for value in point])
        return cls(np.array(pairs), label, closed)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, Any]:
        return {"label": self.label, "closed": self.closed, "points_mm": self.points_mm.tolist()}

    @property
    def path_mm(self) -> NDArray[np.float64]:
        return np.vstack([self.points_mm, self.points_mm[:1]]) if self.closed else self.points_mm


def to_pixels(points_mm: ArrayLike, side_mm: float, samples: int = RASTER_SAMPLES) -> NDArray[np.float64]:
    """u, v in mm to continuous column, row of a raster of `samples` cells over `side_mm` (Frame's convention)."""
    return np.asarray(points_mm, float) * samples / side_mm + (samples - 1) / 2


def raster(
    strokes: Iterable[Stroke], side_mm: float, samples: int = RASTER_SAMPLES, pen_mm: float = 0.0
) -> NDArray[np.bool_]:
    """The lines of `strokes` on `samples` x `samples` pixels over `side_mm`; `pen_mm` 0 is one pixel wide."""
    line = np.zeros((samples, samples), bool)
    for stroke in strokes:
        path = to_pixels(stroke.path_mm, side_mm, samples)
        steps = np.ceil(2 * np.abs(np.diff(path, axis=0)).max(1, initial=0.5)).astype(int)
        at = np.concatenate([[0.0], *(k + np.arange(1, n + 1) / n for k, n in enumerate(steps))])
        columns, rows = (np.rint(np.interp(at, np.arange(len(path)), path[:, axis])).astype(int) for axis in (0, 1))
        inside = (rows >= 0) & (rows < samples) & (columns >= 0) & (columns < samples)
        line[rows[inside], columns[inside]] = True
    radius = pen_mm * samples / side_mm / 2
    if radius > 0.75 and line.any():
        line = ndimage.distance_transform_edt(~line) <= radius
    return line


def filled(strokes: Iterable[Stroke], side_mm: float, samples: int = RASTER_SAMPLES) -> NDArray[np.bool_]:
    """The area that the nodule strokes enclose: each is closed, and one that crosses itself is its outer boundary."""
    from skimage import draw

    area = np.zeros((samples, samples), bool)
    for stroke in strokes:
        if stroke.label != "nodule":
            continue
        path = to_pixels(stroke.points_mm, side_mm, samples)
        area |= draw.polygon2mask(area.shape, path[:, ::-1])
        area |= raster([Stroke(stroke.points_mm, "nodule", closed=True)], side_mm, samples)
    return ndimage.binary_fill_holes(area) if area.any() else area


def outlines(area: NDArray[np.bool_], side_mm: float) -> list[Stroke]:
    """The outer boundaries of the components of `area` (v, u) as closed strokes, the largest first."""
    from skimage import measure

    samples = area.shape[0]
    contours = measure.find_contours(np.pad(ndimage.binary_fill_holes(area), 1).astype(float), 0.5)
    strokes = []
    for contour in sorted(contours, key=len, reverse=True):
        points = (contour[:-1, ::-1] - 1 - (samples - 1) / 2) * side_mm / samples
        if len(points) >= 3:
            strokes.append(Stroke(points, closed=True))
    return strokes


def crosses_itself(stroke: Stroke) -> bool:
    every = max(len(stroke.points_mm) // MAX_CROSSING_POINTS, 1)
    points = stroke.points_mm[::every]
    path = np.vstack([points, points[:1]])
    a, b = path[:-1, None], path[1:, None]
    c, d = path[None, :-1], path[None, 1:]

    def side(p: NDArray, q: NDArray, r: NDArray) -> NDArray:
        return (q[..., 0] - p[..., 0]) * (r[..., 1] - p[..., 1]) - (q[..., 1] - p[..., 1]) * (r[..., 0] - p[..., 0])

    return bool(((side(a, b, c) * side(a, b, d) < 0) & (side(c, d, a) * side(c, d, b) < 0)).any())


def outline(strokes: Sequence[Stroke], side_mm: float) -> tuple[NDArray[np.bool_], list[str]]:
    """The drawn nodule's area (v, u) in a VOI of `side_mm`, and what was done to the drawing, a sentence each.

    Raises :class:`InputError` if no nodule is drawn, none of it is inside the VOI, or it is longer than the VOI.
    """
    drawn = [stroke for stroke in strokes if stroke.label == "nodule"]
    if not drawn:
        raise InputError("The drawing has no nodule stroke; draw the nodule's outline.")
    long_mm = max(np.ptp(stroke.points_mm, axis=0).max() for stroke in drawn)
    if long_mm > side_mm:
        raise InputError(
            f"The drawn nodule is {long_mm:.0f} mm long and the VOI {side_mm:.0f} mm wide; set a larger long diameter."
        )
    area = filled(drawn, side_mm)
    if not area.any():
        raise InputError("The drawing lies outside the VOI; draw inside it, or move the VOI.")
    if not ndimage.binary_opening(area, iterations=2).any():
        raise InputError("The drawn nodule encloses no area; draw its outline, not a dot.")
    notes = []
    if any(np.abs(stroke.points_mm).max() > side_mm / 2 for stroke in strokes if stroke.label != "nodule"):
        notes.append("Parts of the lines outside the VOI were cut off.")
    if any(crosses_itself(stroke) for stroke in drawn):
        notes.append("An outline that crosses itself became its outer boundary.")
    whole = largest(area, corners=True)  # A line's pixels touch by their corners, too.
    if (whole != area).any():
        notes.append("Outlines apart from the largest were left out; a VOI holds one nodule.")
    return whole, notes
