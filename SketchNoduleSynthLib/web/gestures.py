"""What is done in a slice view by fingers, keys and the mouse beside what Slicer's own view does with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer
import slicer.util
from trame_slicer.views import SliceView

from SketchNoduleSynthLib.mrml.pen import PRIORITY, forget_ctrl

OFF = ("Rotate", "RotateSliceIntersection", "Blend", "SelectVolume", "ShowSlice", "TranslateSliceIntersection")
"""What Slicer's views can do besides, and what here would only lead astray: a slice turned by two fingers, say."""


def leave_to_slicer(view: SliceView) -> None:
    """Wheel, right and middle button are Slicer's own: scroll, zoom, shift; the rest is switched OFF."""
    style = view._interactor_observer
    for action in OFF:
        style.SetActionEnabled(getattr(style, action), False)
    window = style.GetScalarBarDisplayableManager()  # Slicer switches window and level off with any of them.
    window.SetAdjustBackgroundWindowLevelEnabled(True)
    window.SetAdjustForegroundWindowLevelEnabled(True)
    view.interactor().AddObserver("MouseMoveEvent", forget_ctrl, PRIORITY)


def drag_is_window(node: slicer.vtkMRMLInteractionNode, *_event: object) -> None:
    """Let a drag without a tool change window and level: whatever else the mouse does is the page's."""
    if node.GetCurrentInteractionMode() == node.ViewTransform:
        node.SetCurrentInteractionMode(node.AdjustWindowLevel)


def scroll(view: SliceView, by_mm: float) -> None:
    """Some way on, towards the head, the front or the right as Slicer's wheel goes, as far as the CT does."""
    low, high = view.get_slice_range()
    view.set_slice_value(float(np.clip(view.get_slice_value() + by_mm, low, high)))


def pinch(view: SliceView, factor: float, before: Sequence[float], after: Sequence[float]) -> None:
    """Zoom by `factor` and shift, so that what lay at `before` lies at `after`: shares of width and height, y down."""
    node = view.get_view_node()
    width, height, depth = node.GetFieldOfView()
    shares = np.array([before, after], float) - 0.5
    from_middle = shares * (width, -height)
    moved = from_middle[0] - from_middle[1] / factor
    x, y, z = node.GetXYZOrigin()
    with slicer.util.NodeModify(node):
        node.SetFieldOfView(width / factor, height / factor, depth)
        node.SetXYZOrigin(x + moved[0], y + moved[1], z)
        node.UpdateMatrices()


def point_ras(view: SliceView, x: float, y: float) -> tuple[float, float, float]:
    """RAS mm of a point of the view, given as shares of width and height, y down."""
    node = view.get_view_node()
    width, height = node.GetDimensions()[:2]
    return node.GetXYToRAS().MultiplyPoint((x * width, (1.0 - y) * height, 0.0, 1.0))[:3]
