"""The case that is being edited, in the host's views: pen, live preview, before and after. No Qt, no web.

Desktop Slicer's panel and the browser are two windows onto one of these. The host gives its slice views, calls
:meth:`Worker.pump` on its own thread while there is something to do, and shows what :attr:`Editor.changed` announces.
"""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.drawing.sketch import LABELS, Stroke
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.work import Preview, Work
from SketchNoduleSynthLib.editing.worker import Task, Worker
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.mrml.curves import COLORS
from SketchNoduleSynthLib.mrml.nodes import composite_of
from SketchNoduleSynthLib.mrml.pen import Path, is_seen
from SketchNoduleSynthLib.mrml.previews import Previews
from SketchNoduleSynthLib.mrml.reslice import SketchView
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.mrml.view import View, render

PLACE, ERASER = "place", "eraser"
TOOLS = (PLACE, *LABELS, ERASER)
ERASER_SHARE = 0.06
"""The eraser's radius over the VOI's diameter."""
LEAST_STROKE_POINTS = 3
AROUND_MM, AROUND_SAMPLES = 5.0, 10
MOST_LUNG_HU = -400.0
"""The mean of what lies within AROUND_MM of a VOI's centre; where it is more there is no lung."""


class Editor(Controller):
    """Edits the session of `nodes` in `views`, the first of which is the sketch view with the oblique reslice."""

    def __init__(self, nodes: SessionNodes, views: Sequence[View], worker: Worker) -> None:
        if not views:
            raise InputError("There is no slice view to draw in; open Slicer's main window.")
        super().__init__()
        self.nodes, self.worker = nodes, worker
        self.tool: str | None = None
        self.is_before = False
        self.views = list(views)
        self.sketch = SketchView(nodes, self.views[0].slice_node)
        self._pens = [view.pen() for view in self.views]
        for pen in self._pens:
            pen.drawn.connect(self._on_drawn)
            pen.moved.connect(self._on_moved)
        self._disconnect = [
            nodes.session.changed.connect(lambda boxes: self._on_change()),
            nodes.refused.connect(self.tell),
        ]
        self.previews = Previews(self)
        nodes.lay_out(self.sketch.slice_node)
        self.show_volume()
        self._on_change()

    @property
    def session(self) -> Session:
        """The case's."""
        return self.nodes.session

    # Tools

    def take(self, tool: str | None) -> None:
        """Take one of TOOLS into the hand: the VOI is placed in any view, lines are drawn in the sketch view."""
        self.tool = tool
        for pen in self._pens:
            pen.lay_down()
        color = COLORS.get(tool or "", (1.0, 1.0, 1.0))
        if tool == PLACE:
            for pen in self._pens:
                pen.take(color)
        elif tool is not None:
            self._pens[0].take(color, 8.0 if tool == ERASER else 2.0)
        self._show_drawing()
        self.changed.emit()

    def place(self, center_ras_mm: Sequence[float]) -> None:
        """Put the VOI there and the reslice through it, lung or not; then the nodule's pen is at hand."""
        self.session.place(center_ras_mm)
        self.previews.warm_up()
        self.take("nodule")
        self._jump(center_ras_mm)
        around = Frame.of_voi(lps_of_ras(center_ras_mm), 2 * AROUND_MM, AROUND_SAMPLES)
        hu = float(around.sample(self.session.source).mean())
        if hu > MOST_LUNG_HU:
            self.tell(f"There is no lung here ({hu:.0f} HU on average); place it again (P), or draw all the same.")

    def _stroke(self, path_ras: Path) -> Stroke | None:
        """The path on the sketch plane, without the points that a hand does not mean."""
        voi = self.session.draft.voi
        if voi is None or self.tool not in LABELS:
            return None
        points = voi.frame(1).to_local(lps_of_ras(path_ras))[:, :2]
        keep = [0]
        for index in range(1, len(points)):
            if np.linalg.norm(points[index] - points[keep[-1]]) >= voi.diameter_mm / 100:
                keep.append(index)
        if len(keep) < LEAST_STROKE_POINTS:
            return None
        return Stroke(points[keep].round(3), self.tool, self.tool == "nodule")

    def _on_moved(self, path_ras: Path) -> None:
        stroke = self._stroke(path_ras)
        if stroke is not None:
            self.previews.request(stroke)

    def _on_drawn(self, path_ras: Path) -> None:
        voi = self.session.draft.voi
        if self.tool == PLACE:
            self.do(lambda: self.place(path_ras[-1].tolist()))
        elif self.tool == ERASER and voi is not None:
            path = voi.frame(1).to_local(lps_of_ras(path_ras))[:, :2]
            self.do(lambda: self.session.erase(path, ERASER_SHARE * voi.diameter_mm))
        elif (stroke := self._stroke(path_ras)) is not None:
            self.do(lambda: self.session.draw(stroke))

    # Previews

    @property
    def is_live(self) -> bool:
        """Whether the generated plane is shown while drawing."""
        return self.previews.is_live

    def set_live(self, is_live: bool) -> None:
        """Show the generated plane while drawing, or not."""
        self.previews.is_live = is_live
        self._on_change()

    @property
    def variants(self) -> list[Preview]:
        """The draft with other seeds, if they were asked for and it is still the same."""
        return self.previews.variants

    def request_variants(self) -> None:
        """Ask for :attr:`variants`."""
        self.check_idle()
        self.previews.request_variants()
        self.changed.emit()

    def choose_variant(self, preview: Preview) -> None:
        """Take a variant's seed; the others stay to be chosen from."""
        self.previews.keep_variants(lambda: self.session.choose(seed=preview.recipe.seed))

    def show_edges(self, is_shown: bool) -> None:
        """Show the edges of the CT that the network sees around the nodule, or not."""
        self.sketch.show_edges(is_shown)

    def _on_change(self) -> None:
        self.sketch.update()
        self.show_volume()
        self._show_drawing()
        self.previews.is_wanted = not self.is_before
        self.previews.update()
        self.changed.emit()

    # Nodules

    def insert(self) -> None:
        """The draft into the CT; the views follow when it is made."""
        self.carry_out(self.session.insert())

    def carry_out(self, work: Work) -> None:
        """Carry out a work of the session on the worker's thread. Raises :class:`InputError` while there is another."""
        self.check_idle()

        def done(nodules: tuple) -> None:
            self.session.commit(work, nodules)
            self.message = f"{work.name}: done."
            if self.session.is_inserted:
                self.take(None)
            self.changed.emit()

        self.worker.submit(Task(work.name, work.carry_out, done, self.tell))
        self.changed.emit()

    def check_idle(self) -> None:
        """Raise :class:`InputError` while something is being made."""
        if self.worker.task is not None:
            raise InputError(f"{self.worker.task.name} is still going on; wait for it, or cancel it.")

    def edit(self, key: int) -> None:
        """Take a nodule's recipe as the draft; the views go there."""
        self.session.edit(key)
        self.take("nodule")
        self.jump(key)

    def duplicate(self, key: int) -> None:
        """Take a nodule's drawing again for a new one beside it."""
        self.session.duplicate(key)
        self.take("nodule")

    def toggle(self, key: int) -> None:
        """Hide a nodule, or show it again."""
        self.carry_out(self.session.show(key, not self.session.nodule(key).is_shown))

    def remove(self, key: int) -> None:
        """Take a nodule away."""
        self.carry_out(self.session.remove(key))

    def load_recipe(self, path: pathlib.Path) -> None:
        """Make the nodules of the recipe at `path`, after those that are there."""
        self.carry_out(self.session.add(Recipe.read(path)))

    def jump(self, key: int) -> None:
        """Show a nodule in all other views."""
        self._jump(self.session.nodule(key).recipe.voi.center_ras_mm)

    def _jump(self, center_ras_mm: Sequence[float]) -> None:
        for view in self.views[1:]:
            view.slice_node.JumpSliceByOffsetting(*center_ras_mm)
            if not is_seen(view.slice_node, center_ras_mm):
                view.slice_node.JumpSliceByCentering(*center_ras_mm)

    def _show_drawing(self) -> None:
        """Lines and box stand in the way of a nodule that is done: they show while there is something to do."""
        is_drawing = self.tool is not None or not self.session.is_inserted
        self.nodes.show_drawing(is_drawing and not self.is_before)
        self.nodes.segments.show(not self.is_before)

    def show_before(self, is_before: bool) -> None:
        """Show the CT as it was, or with the nodules."""
        self.is_before = is_before
        self._on_change()

    def show_volume(self) -> None:
        """The result, or the source, in all views."""
        volume = self.nodes.source if self.is_before else self.nodes.shown_volume
        for view in self.views:
            composite = composite_of(view.slice_node)
            if composite is not None and composite.GetBackgroundVolumeID() != volume.GetID():
                composite.SetBackgroundVolumeID(volume.GetID())

    def show_lung_window(self) -> None:
        """Level -600, width 1600 HU."""
        for node in (self.nodes.source, self.nodes.result):
            if node is not None:
                volumes.show_lung_window(node)
        render(self.views)

    def cancel(self) -> None:
        """Stop what is being made."""
        self.worker.cancel()
        self.tell("Cancelled; the CT was not changed.")

    @property
    def status(self) -> str:
        """See :class:`Controller`."""
        return self.message or self.session.draft.lacks

    def close(self) -> None:
        """Let go of the views; the nodes stay."""
        self.worker.cancel()
        for disconnect in self._disconnect:
            disconnect()
        for pen in self._pens:
            pen.remove()
        self.sketch.close()
        self.nodes.show_drawing(False)
