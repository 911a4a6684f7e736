"""The app's views: Slicer's own, drawn on this machine and sent as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import slicer
from trame_server import Server
from trame_slicer.app.ui import create_vertical_slice_view_gutter_ui
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import AbstractView, SliceView, ThreeDView, ViewLayoutDefinition
from vtkmodules.vtkCommonCore import vtkObject

from SketchNoduleSynthLib.mrml.view import View
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.web.browser_pen import BrowserPen
from SketchNoduleSynthLib.web.marks import marks_of
from SketchNoduleSynthLib.web.widgets import SketchPad

SKETCH = "Sketch"
"""The view of the oblique reslice; the others are Slicer's Red, Green and Yellow."""
PICTURE = "Picture"
"""The view of the Visual Turing Test, upright as an axial one."""
TITLES = {
    SKETCH: "Sketch plane",
    PICTURE: "Real or synthetic?",
    "Red": "Axial",
    "Green": "Coronal",
    "Yellow": "Sagittal",
    "ThreeD": "3D",
}
READING_LAYOUT = (
    ViewLayoutDefinition.axial_view(),
    ViewLayoutDefinition.coronal_view(),
    ViewLayoutDefinition.sagittal_view(),
)
EDITING_LAYOUT = (
    ViewLayoutDefinition.slice_view("Axial", label=SKETCH, color="#33CCCC"),
    *READING_LAYOUT,
    ViewLayoutDefinition.threed_view(box_visible=True),
)
PICTURE_LAYOUT = (ViewLayoutDefinition.slice_view("Axial", label=PICTURE, color="#777777"),)
FRAMES_PER_SECOND = 60.0
QUALITY = 90
"""Of JPEG; that of a picture at rest, so that none is drawn and sent twice."""


class Views:
    """The views of `layout` in `app`; `changed`: the page must show other pens or marks."""

    def __init__(self, app: SlicerApp, server: Server, layout: Sequence[ViewLayoutDefinition]) -> None:
        self.changed: Signal[[]] = Signal()
        self.pens: dict[str, BrowserPen] = {}
        self.marks: dict[str, dict[str, Any]] = {}
        """Of the slice views, by their names; see :func:`marks_of`."""
        register_rca_factories(
            app.view_manager,
            server,
            slice_view_ui_f=_slice_view_ui,
            three_d_view_ui_f=lambda *_view: None,
            target_fps=FRAMES_PER_SECOND,
            blur_fps=FRAMES_PER_SECOND,
            interactive_quality=QUALITY,
        )
        with _unwarned():
            self._views: list[AbstractView] = [app.view_manager.create_view(definition) for definition in layout]
        for view in self._views:
            # Eight samples a pixel, the default, cost ten times the time of a frame where there is no GPU.
            view.render_window().SetMultiSamples(0)
            view.render_window().AddObserver("WindowResizeEvent", partial(_fit, view))
        for view in self._slices():
            # No models are shown, but each view's own plane is one: all views would be drawn when one is scrolled.
            view.get_displayable_manager_by_class(slicer.vtkMRMLModelSliceDisplayableManager).SetMRMLScene(None)
        app.view_manager.set_current_view_ids(names_of(layout))
        for view in self._slices():
            if view.name != PICTURE:
                view.get_view_node().AddObserver("ModifiedEvent", partial(self._on_modified, view.name))

    def show(self, volume: slicer.vtkMRMLScalarVolumeNode) -> None:
        for view in self._slices():
            view.set_background_volume_id(volume.GetID())
        for view in self._views:
            view.reset_view()

    def slice_views(self) -> list[View]:
        """The slice views as a controller takes them, in the layout's order."""
        return [
            View(view.get_view_node(), view.schedule_render, view.reset_view, partial(self._pen, view.name))
            for view in self._slices()
        ]

    def _slices(self) -> list[SliceView]:
        return [view for view in self._views if isinstance(view, SliceView)]

    def _on_modified(self, name: str, node: slicer.vtkMRMLSliceNode, _event: str) -> None:
        marks = marks_of(node)
        if marks != self.marks.get(name):
            self.marks[name] = marks
            self.changed.emit()

    def _pen(self, name: str) -> BrowserPen:
        node = next(view.get_view_node() for view in self._slices() if view.name == name)
        self.pens[name] = BrowserPen(node)
        self.pens[name].changed.connect(self.changed.emit)
        return self.pens[name]


@contextmanager
def _unwarned() -> Iterator[None]:
    """VTK warns of how trame-slicer makes each slice view; neither the user nor we can do anything about it."""
    was = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(was)


def names_of(layout: Sequence[ViewLayoutDefinition]) -> list[str]:
    return [definition.singleton_tag for definition in layout]


def _fit(view: AbstractView, *_event: object) -> None:
    """Show all of the CT in a view whose size changed, on the slice that it shows; the editor fits the sketch view."""
    if isinstance(view, ThreeDView):
        view.fit_view_to_content()
    elif view.name != SKETCH:
        offset = view.get_slice_value()
        view.fit_view_to_content()
        view.set_slice_value(offset)


def _slice_view_ui(server: Server, view_id: str, view: SliceView) -> None:
    SketchPad(view=view.name, line=(f"pens.{view.name}",))
    if view.name not in (SKETCH, PICTURE):
        create_vertical_slice_view_gutter_ui(server, view_id, view)
