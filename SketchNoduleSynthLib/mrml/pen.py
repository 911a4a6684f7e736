"""Free-hand drawing in a slice view: the left button's path in RAS, and the line under it while it is drawn.

By VTK's observers, so that it is the same in desktop Slicer, where the view's interactor gets mouse and tablet in
device pixels with y up, and wherever else a slice view has an interactor. Markups have no drag-to-draw, and a curve
that grows point by point trails the pointer: the line is a 2D actor until it is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from SketchNoduleSynthLib.signals import Signal

PRIORITY = 100.0
"""Before Slicer's own handling of the mouse: window and level, crosshair, markups."""
LINE_PIXELS = 2.0
EVENTS = {
    "LeftButtonPressEvent": "press",
    "LeftButtonDoubleClickEvent": "press",  # All that comes of a quick second press.
    "MouseMoveEvent": "move",
    "LeftButtonReleaseEvent": "release",
    "MouseWheelForwardEvent": "wheel",
    "MouseWheelBackwardEvent": "wheel",
}
Path = NDArray[np.float64]
"""(n, 3) in RAS mm."""


class Pen(Protocol):
    """Draws in one slice view, however the host shows the line.

    `is_down`: a line is being drawn. `pressed` comes before the first point, `moved` gives the path so far, `drawn` the
    finished one; `dropped`: there will be none.
    """

    pressed: Signal[[]]
    drawn: Signal[Path]
    dropped: Signal[[]]
    moved: Signal[Path]

    @property
    def is_down(self) -> bool: ...

    def take(self, color: Sequence[float], width_pixels: float = LINE_PIXELS) -> None:
        """Draw from now on, in `color` (RGB, 0 to 1)."""

    def lay_down(self, for_points: bool = False) -> None:
        """Leave the mouse to the view again; a line that is not finished is dropped.

        `for_points`: to drag the points of lines, and to add some with Ctrl and a click.
        """

    def remove(self) -> None:
        """Forget the view."""


class InteractorPen:
    """A pen of a view that has a VTK interactor; `render` shows the view."""

    def __init__(
        self,
        interactor: vtk.vtkRenderWindowInteractor,
        slice_node: slicer.vtkMRMLSliceNode,
        render: Callable[[], None],
    ) -> None:
        self.interactor, self.slice_node, self.render = interactor, slice_node, render
        self.pressed: Signal[[]] = Signal()
        self.drawn: Signal[Path] = Signal()
        self.dropped: Signal[[]] = Signal()
        self.moved: Signal[Path] = Signal()
        self.is_active = False
        self._points: list[tuple[int, int]] | None = None
        self._is_for_points = False
        self._hover = interactor.AddObserver("MouseMoveEvent", self._on_hover, PRIORITY)
        self._line = _Line()
        self._tags = {interactor.AddObserver(event, self._on_event, PRIORITY): event for event in EVENTS}

    @property
    def is_down(self) -> bool:
        return self._points is not None

    def take(self, color: Sequence[float], width_pixels: float = LINE_PIXELS) -> None:
        self.is_active, self._is_for_points = True, False
        self._line.style(color, width_pixels)

    def lay_down(self, for_points: bool = False) -> None:
        self.is_active, self._is_for_points = False, for_points
        if self.is_down:
            self._finish()
            self.dropped.emit()

    def remove(self) -> None:
        self.lay_down()
        for tag in self._tags:
            self.interactor.RemoveObserver(tag)
        self.interactor.RemoveObserver(self._hover)
        self._tags = {}

    def _on_event(self, interactor: vtk.vtkRenderWindowInteractor, event: str) -> None:
        action = EVENTS[event]
        if not self.is_active or (action != "press" and not self.is_down):
            return
        at = interactor.GetEventPosition()
        if action == "press":
            self.pressed.emit()
            self._points = [at]
            self._renderer().AddViewProp(self._line.actor)
        elif self._points is not None and at != self._points[-1]:
            self._points.append(at)
        points = self._points or []
        if action == "wheel":
            pass  # The slice stays while a line is drawn on it.
        elif action == "release":
            self._finish()
            self.drawn.emit(to_ras(self.slice_node, points))
        else:
            self._line.show(points)
            self.render()
            self.moved.emit(to_ras(self.slice_node, points))
        for tag, known in self._tags.items():
            if known == event:
                interactor.GetCommand(tag).SetAbortFlag(1)

    def _on_hover(self, interactor: vtk.vtkRenderWindowInteractor, _event: str) -> None:
        if self._is_for_points:  # Else others may want to know of it.
            forget_ctrl(interactor)

    def _finish(self) -> None:
        self._points = None
        self._renderer().RemoveViewProp(self._line.actor)
        self.render()

    def _renderer(self) -> vtk.vtkRenderer:
        return self.interactor.GetRenderWindow().GetRenderers().GetFirstRenderer()


def forget_ctrl(interactor: vtk.vtkRenderWindowInteractor, _event: str = "") -> None:
    """Called while the mouse moves, so that Ctrl and a click add a point to a line.

    With Ctrl held, Slicer's markups do not see that the pointer comes over a line.
    """
    interactor.SetControlKey(0)


def to_ras(slice_node: slicer.vtkMRMLSliceNode, points: Sequence[tuple[float, float]]) -> Path:
    """Pixels of a slice view (x, y up) in RAS mm."""
    xy = np.array([(x, y, 0.0, 1.0) for x, y in points])
    return (xy @ slicer.util.arrayFromVTKMatrix(slice_node.GetXYToRAS()).T)[:, :3]


def is_seen(slice_node: slicer.vtkMRMLSliceNode, point_ras_mm: Sequence[float], margin: float) -> bool:
    """Whether a point of the slice lies within its view, at least that share of it from the border."""
    to_xy = np.linalg.inv(slicer.util.arrayFromVTKMatrix(slice_node.GetXYToRAS()))
    share = (to_xy @ (*point_ras_mm, 1.0))[:2] / np.maximum(slice_node.GetDimensions()[:2], 1)
    return bool((np.abs(share - 0.5) < 0.5 - margin).all())


class _Line:
    def __init__(self) -> None:
        self.data = vtk.vtkPolyData()
        mapper = vtk.vtkPolyDataMapper2D()
        mapper.SetInputData(self.data)
        self.actor = vtk.vtkActor2D()
        self.actor.SetMapper(mapper)

    def style(self, color: Sequence[float], width_pixels: float) -> None:
        self.actor.GetProperty().SetColor(*color)
        self.actor.GetProperty().SetLineWidth(width_pixels)

    def show(self, points: Sequence[tuple[int, int]]) -> None:
        array = vtk.vtkPoints()
        array.SetData(numpy_to_vtk(np.array([(x, y, 0.0) for x, y in points], np.float32), deep=True))
        cells = vtk.vtkCellArray()
        cells.InsertNextCell(len(points), list(range(len(points))))
        self.data.SetPoints(array)
        self.data.SetLines(cells)
        self.data.Modified()
