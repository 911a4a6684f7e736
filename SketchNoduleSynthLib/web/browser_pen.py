"""Pens whose line the browser shows under the pointer at once; only its points come to the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

import slicer

from SketchNoduleSynthLib.mrml.pen import LINE_PIXELS, Path, to_ras
from SketchNoduleSynthLib.signals import Signal


class BrowserPen:
    """The pen of the view of `slice_node`; `changed`: the page must show another one. See :class:`Pen`.

    `drawn_on`: what is done within it comes of a line that the page shows already.
    """

    def __init__(
        self,
        slice_node: slicer.vtkMRMLSliceNode,
        drawn_on: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.slice_node, self._drawn_on = slice_node, drawn_on
        self.changed: Signal[[]] = Signal()
        self.pressed: Signal[[]] = Signal()
        self.drawn: Signal[Path] = Signal()
        self.dropped: Signal[[]] = Signal()
        self.moved: Signal[Path] = Signal()
        self.line: tuple[str, float] | None = None
        """Colour (CSS) and width in pixels of the pen at hand; None while the mouse is the view's."""
        self.is_down = False

    def take(self, color: Sequence[float], width_pixels: float = LINE_PIXELS) -> None:
        self.line = "#" + "".join(f"{round(255 * part):02x}" for part in color), width_pixels
        self.changed.emit()

    def lay_down(self, for_points: bool = False) -> None:
        self._drop()
        self.line = None
        self.changed.emit()

    def remove(self) -> None:
        self.lay_down()

    def receive(self, points: Sequence[Sequence[float]], is_finished: bool) -> None:
        """The page's `points`: shares of the view's width from the left and of its height from the top.

        None of a finished line: it was dropped.
        """
        if self.line is None or not points:
            self._drop()
            return
        if not self.is_down:
            self.pressed.emit()
        self.is_down = not is_finished
        width, height = self.slice_node.GetDimensions()[:2]
        path = to_ras(self.slice_node, [(float(x) * width, (1.0 - float(y)) * height) for x, y in points])
        with self._drawn_on():
            (self.drawn if is_finished else self.moved).emit(path)

    def _drop(self) -> None:
        if self.is_down:
            self.is_down = False
            self.dropped.emit()
