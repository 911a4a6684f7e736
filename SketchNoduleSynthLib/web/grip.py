"""What a finger takes hold of in a slice view: a point or handle of Slicer's markups, which wait for a mouse."""

from __future__ import annotations

import math
from collections.abc import Iterator

import slicer
import slicer.util
from trame_slicer.views import SliceView

MARKUPS = slicer.vtkMRMLMarkupsDisplayNode
NOTHING_TO_PULL = (MARKUPS.ComponentNone, MARKUPS.ComponentLine, MARKUPS.ComponentPlane)
RINGS, TURNS = 3, 8
"""How many places about a finger's middle are tried: circles, and places on each."""


class Grip:
    """A finger in one of the views, which pulls as the left button does."""

    def __init__(self) -> None:
        self._view: SliceView | None = None
        self._beside = 0.0, 0.0
        """Where what is held lies from the finger, in pixels."""

    def take(self, view: SliceView, x: float, y: float, reach: float) -> bool:
        """Take hold of what is nearest to a point, given as shares of width and height, y down; whether there is any.

        `reach`: how far from it, as a share of the width.
        """
        self.let_go(view, x, y)
        width, _ = view.get_view_node().GetDimensions()[:2]
        for beside in _about(reach * width):
            self._beside = beside
            self._tell(view, "MouseMoveEvent", x, y)
            if _is_over_handle(view):
                self._view = view
                self._tell(view, "LeftButtonPressEvent", x, y)
                return True
        _leave(view)
        return False

    def pull(self, view: SliceView, x: float, y: float) -> None:
        if view is self._view:
            self._tell(view, "MouseMoveEvent", x, y)

    def let_go(self, view: SliceView, x: float, y: float) -> None:
        if view is not self._view:
            return
        self.pull(view, x, y)
        self._tell(view, "LeftButtonReleaseEvent", x, y)
        _leave(view)
        self._view = None

    def _tell(self, view: SliceView, event: str, x: float, y: float) -> None:
        width, height = view.get_view_node().GetDimensions()[:2]
        at = (x * width + self._beside[0], (1.0 - y) * height + self._beside[1])
        view.interactor().SetEventInformation(round(at[0]), round(at[1]), 0, 0)
        view.interactor().InvokeEvent(event)


def _leave(view: SliceView) -> None:
    view.interactor().InvokeEvent("LeaveEvent")


def _about(radius: float) -> Iterator[tuple[float, float]]:
    """The middle, and places about it up to `radius`, the nearest first."""
    yield 0.0, 0.0
    for ring in range(1, RINGS + 1):
        for turn in range(TURNS):
            angle = 2 * math.pi * (turn + ring / 2) / TURNS
            yield radius * ring / RINGS * math.cos(angle), radius * ring / RINGS * math.sin(angle)


def _is_over_handle(view: SliceView) -> bool:
    """Whether a markup says that the pointer is at one of its points or handles."""
    displays = slicer.util.getNodesByClass("vtkMRMLMarkupsDisplayNode", view.get_view_node().GetScene())
    return any(display.GetActiveComponentType() not in NOTHING_TO_PULL for display in displays)
