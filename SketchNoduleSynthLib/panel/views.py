"""Slicer's slice views as a controller takes them."""

from __future__ import annotations

from functools import partial
from typing import Any

import slicer
import slicer.util

from SketchNoduleSynthLib.mrml.pen import InteractorPen
from SketchNoduleSynthLib.mrml.view import View

FIRST = "Red"
"""The axial view: the one to draw and to read in."""


def slice_views() -> list[View]:
    """All slice views of the layout, the red one first; empty where Slicer has no window."""
    manager = slicer.app.layoutManager()
    if manager is None:
        return []
    names = sorted(manager.sliceViewNames(), key=lambda name: name != FIRST)
    return [_view_of(manager.sliceWidget(name)) for name in names]


def _view_of(widget: Any) -> View:
    view, node = widget.sliceView(), widget.mrmlSliceNode()
    pen = partial(InteractorPen, view.interactor(), node, view.scheduleRender)
    return View(
        node, view.scheduleRender, widget.fitSliceToBackground, pen, node.IsMappedInLayout, partial(_show, node)
    )


def _show(node: slicer.vtkMRMLSliceNode) -> None:
    """Bring the view of `node` back, where another one is maximized or the layout has none of it."""
    for layout in slicer.util.getNodesByClass("vtkMRMLLayoutNode"):
        layout.RemoveAllMaximizedViewNodes()
    if not node.IsMappedInLayout():
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)


class OneView:
    """The first view alone, as long as it is wanted."""

    def __init__(self) -> None:
        self._before = slicer.app.layoutManager().layout
        self._show(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)

    def end(self) -> None:
        self._show(self._before)

    @staticmethod
    def _show(layout: int) -> None:
        slicer.app.layoutManager().setLayout(layout)
        # The views have their sizes, to which a picture is fitted, only when Qt has laid them out.
        slicer.app.processEvents()
