"""The app's views: Slicer's own, drawn on this machine and sent as pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import slicer
from trame_server import Server
from trame_slicer.core import SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import SliceView, ViewLayoutDefinition
from vtkmodules.vtkCommonCore import vtkObject

from SketchNoduleSynthLib.ct.grid import Grid, turned
from SketchNoduleSynthLib.mrml.slices import Slices
from SketchNoduleSynthLib.mrml.view import View
from SketchNoduleSynthLib.mrml.volumes import ijk_to_world
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.web import gestures
from SketchNoduleSynthLib.web.browser_pen import BrowserPen
from SketchNoduleSynthLib.web.crosshair import Crosshair
from SketchNoduleSynthLib.web.layouts import PICTURE, SKETCH, TITLES, enlarge, names_of
from SketchNoduleSynthLib.web.marks import marks_of
from SketchNoduleSynthLib.web.rendering import Rendering
from SketchNoduleSynthLib.web.screen import Screen
from SketchNoduleSynthLib.web.widgets import SketchPad

FRAMES_PER_SECOND = 60.0
QUALITY = 90
"""Of JPEG; that of a picture at rest, so that none is drawn and sent twice."""
LINE_S = 0.1
"""How long a line waits for its preview, to be drawn with it in one picture; the page shows it meanwhile."""


class Views:
    """The views of `layout` in `app`; `changed`: the page must show other pens or marks."""

    def __init__(self, app: SlicerApp, server: Server, layout: Sequence[ViewLayoutDefinition]) -> None:
        self._state = server.state
        self.changed: Signal[[]] = Signal()
        self.pens: dict[str, BrowserPen] = {}
        self.marks: dict[str, dict[str, Any]] = {}
        """Of the slice views, by their names; see :func:`marks_of`."""
        self.window: tuple[int, int] | None = None
        """Level and width, HU."""
        self._slices_of: dict[str, Slices] = {}
        self._whole_mm: dict[str, float] = {}
        """A pixel's size where all of a CT is seen."""
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
            self._views: list[SliceView] = [app.view_manager.create_view(definition) for definition in layout]
        for view in self._views:
            # Eight samples a pixel, the default, cost ten times the time of a frame where there is no GPU.
            view.render_window().SetMultiSamples(0)
            view.render_window().AddObserver("WindowResizeEvent", partial(self._on_resized, view))
        self._renderings = {view.name: Rendering(view._scheduled_render) for view in self._views}
        for view in self._views:
            view.set_scheduled_render(self._renderings[view.name])
            # No models are shown, but each view's own plane is one: all views would be drawn when one is scrolled.
            view.get_displayable_manager_by_class(slicer.vtkMRMLModelSliceDisplayableManager).SetMRMLScene(None)
            # It was also all that had a view drawn for another volume, or other voxels, where nothing lies on them.
            app.app_logic.GetSliceLogic(view.get_view_node()).AddObserver("ModifiedEvent", view.schedule_render)
            gestures.leave_to_slicer(view)
            view.set_mapped_in_layout(True)
            if view.name == SKETCH:  # As a line in the other views.
                app.app_logic.GetSliceLogic(view.get_view_node()).GetSliceDisplayNode().SetIntersectingSlicesVisibility(
                    1
                )
        app.app_logic.GetSliceLogics().Modified()  # Else no view learns of the others' planes.
        self.crosshair, self.screen = Crosshair(app.scene), Screen(app.scene)
        self.crosshair.moved.connect(self.point_at)
        self._mouse = app.app_logic.GetInteractionNode()
        self._mouse.AddObserver(self._mouse.InteractionModeChangedEvent, gestures.drag_is_window)
        app.view_manager.set_current_view_ids(names_of(layout))
        for view in self._views:
            if view.name != PICTURE:
                view.get_view_node().AddObserver("ModifiedEvent", partial(self._on_modified, view.name))

    def show(self, volume: slicer.vtkMRMLScalarVolumeNode) -> None:
        self.crosshair.show(False)
        for view in self._views:
            view.set_background_volume_id(volume.GetID())
            self._fit(view)
        self.follow(volume)

    def follow(self, volume: slicer.vtkMRMLScalarVolumeNode) -> None:
        """Say of the CT that the views show which slice, and with which window."""
        grid = Grid.of_matrix(volume.GetImageData().GetDimensions(), turned(ijk_to_world(volume)))
        for view in self._views:
            if view.name in self._slices_of:
                self._slices_of[view.name].close()
            self._slices_of[view.name] = Slices(grid, view.get_view_node())
            self._on_modified(view.name, view.get_view_node())
        volume.CreateDefaultDisplayNodes()
        volume.GetDisplayNode().AddObserver("ModifiedEvent", self._on_window)
        self._on_window(volume.GetDisplayNode())
        gestures.drag_is_window(self._mouse)  # Where a scene was cleared, it is as new.

    def slice_views(self) -> list[View]:
        """The slice views as a controller takes them, in the layout's order."""
        return [
            View(
                view.get_view_node(),
                view.schedule_render,
                partial(self._fit, view),
                partial(self._pen, view.name),
                partial(self._is_seen, view.name),
                self._show_all,
            )
            for view in self._views
        ]

    def _is_seen(self, name: str) -> bool:
        return self._state.enlarged in ("", name)

    def enlarge(self, name: str) -> None:
        """That view alone; all again where one is."""
        with self._state:
            self._state.enlarged = "" if self._state.enlarged else name

    def _show_all(self) -> None:
        with self._state:
            self._state.enlarged = ""

    def scroll(self, name: str, steps: float) -> None:
        slices = self._slices_of[name]
        if name == SKETCH:  # It is oblique: there are no slices of the CT's to stop at.
            gestures.scroll(self.named(name), steps * slices.step_mm)
        else:
            slices.step(int(steps))

    def show_slice(self, name: str, number: int) -> None:
        self._slices_of[name].show(number)

    def point_at(self, at_ras_mm: Sequence[float]) -> None:
        """Slices through a point in all views but the one that is drawn in."""
        for view in self._views:
            if view.name not in (SKETCH, PICTURE):
                view.get_view_node().JumpSliceByOffsetting(*at_ras_mm)

    def named(self, name: str) -> SliceView:
        return next(view for view in self._views if view.name == name)

    def _on_modified(self, name: str, node: slicer.vtkMRMLSliceNode, _event: str = "") -> None:
        marks = marks_of(node, self._slices_of.get(name))
        if marks != self.marks.get(name):
            self.marks[name] = marks
            self.changed.emit()

    def _on_window(self, display: slicer.vtkMRMLScalarVolumeDisplayNode, *_event: object) -> None:
        """Slicer's views here do not see by themselves that a volume's window has changed."""
        self.window = round(display.GetLevel()), round(display.GetWindow())
        for view in self._views:
            view.schedule_render()
        self.changed.emit()

    def _fit(self, view: SliceView) -> None:
        view.reset_view()
        self._whole_mm[view.name] = _pixel_mm(view)

    def _on_resized(self, view: SliceView, *_event: object) -> None:
        """A view of another size shows all of the CT if it did, and is on the same slice.

        Where it showed a part, Slicer itself shows as much of it; the sketch view is fitted by the editor.
        """
        if view.name != SKETCH:
            offset, pixel_mm = view.get_slice_value(), _pixel_mm(view)
            if np.isclose(pixel_mm, self._whole_mm.get(view.name, pixel_mm), rtol=1e-3):
                view.fit_view_to_content()
                self._whole_mm[view.name] = _pixel_mm(view)
                view.set_slice_value(offset)

    def _pen(self, name: str) -> BrowserPen:
        self.pens[name] = BrowserPen(self.named(name).get_view_node(), partial(self._drawn_on, name))
        self.pens[name].changed.connect(self.changed.emit)
        return self.pens[name]

    @contextmanager
    def _drawn_on(self, name: str) -> Iterator[None]:
        """A line where no other view has a pen is seen in the view `name` alone, and there with its preview.

        Slicer has every view drawn for every new line, which would keep the preview waiting.
        """
        if [other for other, pen in self.pens.items() if pen.line] == [name]:
            for other, rendering in self._renderings.items():
                rendering.delay_s = LINE_S if other == name else math.inf
        try:
            yield
        finally:
            for rendering in self._renderings.values():
                rendering.delay_s = 0.0


@contextmanager
def _unwarned() -> Iterator[None]:
    """VTK warns of how trame-slicer makes each slice view; neither the user nor we can do anything about it."""
    was = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(0)
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(was)


def _pixel_mm(view: SliceView) -> float:
    node = view.get_view_node()
    return node.GetFieldOfView()[0] / max(node.GetDimensions()[0], 1)


def _slice_view_ui(server: Server, view_id: str, view: SliceView) -> None:
    SketchPad(
        view=view.name,
        line=(f"pens.{view.name}",),
        told=("told",),
        title=TITLES[view.name],
        straight=("on.measure",),
        enlarge=enlarge(view.name),
    )
