"""What a user draws with in the slice views: the VOI is placed in any, lines are drawn in the sketch view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.drawing.sketch import COLORS, LABELS, LINES, Label, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.mrml.pen import Path, Pen
from SketchNoduleSynthLib.mrml.view import View
from SketchNoduleSynthLib.signals import Signal

PLACE, ERASER, POINTS, MEASURE, FIND, COPY = "place", "eraser", "points", "measure", "find", "copy"
TOOLS = (PLACE, *LABELS, ERASER, POINTS, MEASURE, FIND, COPY)
HERE = "Q"
"""The key that clicks where the slices of the views cross, for those who have no mouse."""
CLICKS = {
    PLACE: f"Place the volume of interest: click into the lung. {HERE}: where the slices cross.",
    FIND: f"Click on a nodule of the CT, in any slice view. {HERE}: where the slices cross.",
    COPY: f"Click into the lung, where it shall be drawn again. {HERE}: where the slices cross.",
}
IN_ALL_VIEWS = (*CLICKS, MEASURE)
ERASER_SHARE = 0.06
"""The eraser's radius over the VOI's diameter."""
LEAST_STROKE_POINTS = 3
WHITE, LINE_PIXELS, ERASER_PIXELS = (1.0, 1.0, 1.0), 2.0, 8.0


class Tools:
    """The pens of `views`, the first of which is the sketch view; `voi` gives the VOI that is drawn on, if any.

    `pressed`: a line begins in the sketch view; `ended`: whatever came of it. `clicked`: one of CLICKS, and a point in
    RAS mm. `drawn`: a finished stroke, `drawing`: one so far. `erased`: a path (n, 2) in u, v mm and the radius about
    it. `measured`: a path's two ends, (2, 3) in RAS mm. `refused`: why a line is none, a sentence.
    """

    def __init__(self, views: Sequence[View], voi: Callable[[], Voi | None]) -> None:
        self.current: str | None = None
        self.pressed: Signal[[]] = Signal()
        self.ended: Signal[[]] = Signal()
        self.clicked: Signal[str, list[float]] = Signal()
        self.drawn: Signal[Stroke] = Signal()
        self.drawing: Signal[Stroke] = Signal()
        self.erased: Signal[NDArray[np.float64], float] = Signal()
        self.measured: Signal[Path] = Signal()
        self.refused: Signal[str] = Signal()
        self._voi = voi
        self._pens: list[Pen] = []
        for view in views:
            self.add(view)

    def add(self, view: View) -> None:
        pen = view.pen()
        pen.pressed.connect(self._on_pressed)
        pen.drawn.connect(self._on_drawn)
        pen.moved.connect(self._on_moved)
        pen.dropped.connect(self.ended.emit)
        self._pens.append(pen)
        self.take(self.current)

    def take(self, tool: str | None) -> None:
        """Draw with one of TOOLS from now on; None, and for points: leave the mouse to the views."""
        self.current = tool
        for pen in self._pens:
            pen.lay_down(tool == POINTS)
        in_sketch = self._pens[:1] if tool not in (None, POINTS) else ()
        for pen in self._pens if tool in IN_ALL_VIEWS else in_sketch:
            pen.take(COLORS.get(tool or "", WHITE), ERASER_PIXELS if tool == ERASER else LINE_PIXELS)

    def drop_line(self) -> None:
        """A line that is not finished is dropped; the tool stays in the hand."""
        self.take(self.current)

    @property
    def are_drawing(self) -> bool:
        """Whether a line is begun and not finished."""
        return any(pen.is_down for pen in self._pens)

    def close(self) -> None:
        for pen in self._pens:
            pen.remove()

    def _on_pressed(self) -> None:
        if self.current not in IN_ALL_VIEWS:
            self.pressed.emit()

    def _on_moved(self, path_ras: Path) -> None:
        stroke = self._stroke(path_ras)
        if stroke is not None:
            self.drawing.emit(stroke)

    def _on_drawn(self, path_ras: Path) -> None:
        voi = self._voi()
        if self.current in CLICKS:
            self.clicked.emit(self.current, path_ras[-1].tolist())
        elif self.current == MEASURE:
            self.measured.emit(path_ras[[0, -1]])
        elif self.current == ERASER and voi is not None:
            self.erased.emit(_on_plane(path_ras, voi), ERASER_SHARE * voi.diameter_mm)
        elif (stroke := self._stroke(path_ras)) is not None:
            self.drawn.emit(stroke)
        elif voi is not None:
            self.refused.emit("That was too short for a line: hold the button down and draw.")
        self.ended.emit()

    def _stroke(self, path_ras: Path) -> Stroke | None:
        """The path on the sketch plane, without the points that a hand does not mean."""
        voi, label = self._voi(), self.current
        if voi is None or label not in LABELS:
            return None
        points = _on_plane(path_ras, voi, label)
        keep = [0]
        for index in range(1, len(points)):
            if np.linalg.norm(points[index] - points[keep[-1]]) >= voi.diameter_mm / 100:
                keep.append(index)
        if len(keep) < LEAST_STROKE_POINTS:
            return None
        return Stroke(points[keep].round(3), label, label not in LINES)


def draws_in_sketch(tool: str | None) -> bool:
    """Whether it is a tool for the sketch view alone."""
    return tool is not None and tool not in IN_ALL_VIEWS


def _on_plane(path_ras: Path, voi: Voi, label: Label = "nodule") -> NDArray[np.float64]:
    return voi.plane(label).to_local(lps_of_ras(path_ras))[:, :2]
