"""The session that is edited, in the host's views: pen, live preview, before and after. No Qt, no web.

Desktop Slicer's panel and the browser are two windows onto one of these. The host gives its slice views, calls
:meth:`Worker.pump` on its own thread while there is something to do, and shows what :attr:`Editor.changed` announces.
What takes time is only requested here: its result comes by way of the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.drawing.sketch import ACROSS
from SketchNoduleSynthLib.editing.kept_sessions import KeptSession
from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.work import Work
from SketchNoduleSynthLib.editing.worker import Task, Worker
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.lung import look_for_lung
from SketchNoduleSynthLib.generation.suggestion import Wishes
from SketchNoduleSynthLib.mrml.editor_views import EditorViews
from SketchNoduleSynthLib.mrml.measurements import Measurements
from SketchNoduleSynthLib.mrml.mouse_mode import MouseMode
from SketchNoduleSynthLib.mrml.previews import Previews
from SketchNoduleSynthLib.mrml.reslice import SketchView
from SketchNoduleSynthLib.mrml.selecting import Selecting
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.mrml.tools import CLICKS, POINTS, Tools, draws_in_sketch
from SketchNoduleSynthLib.mrml.view import View

ANY_DIFFICULTY = "any difficulty"


class Editor(Selecting):
    """Edits the session of `nodes` in `views`, first the sketch view; it is kept on disk below `folder`, if given."""

    def __init__(self, nodes: SessionNodes, views: Sequence[View], worker: Worker, folder: Path | None = None) -> None:
        if not views:
            raise InputError("There is no slice view to draw in; open Slicer's main window.")
        super().__init__()
        self.nodes, self.worker = nodes, worker
        self.message = nodes.notice
        self.kept = KeptSession(self.session, folder)
        self.kept.failed.connect(self.tell)
        self.is_before = False
        self.random_count, self.difficulty = 3, ANY_DIFFICULTY
        """Of the nodules that are added at random."""
        self.wishes = Wishes()
        """What a suggested drawing shall show."""
        self._selected = self.last
        self._draft = self.session.draft
        self.views = EditorViews(views, nodes)
        self.sketch = SketchView(nodes, views[0].slice_node)
        self.measurements = Measurements(nodes.scene)
        self.previews = Previews(self.session, worker, self.sketch)
        self.previews.shown.connect(views[0].render)
        self.previews.changed.connect(self.changed.emit)
        self.previews.failed.connect(self.tell)
        self.mouse_mode = MouseMode(nodes.scene, lambda: self.take(None))
        self.tools = Tools(views, lambda: self.session.draft.voi)
        self.tools.pressed.connect(self.turn_to_plane)
        self.tools.clicked.connect(lambda tool, point: self.do(lambda: self.click(tool, point)))
        self.tools.drawn.connect(lambda stroke: self.do(lambda: self.note(self.session.draw(stroke))))
        self.tools.refused.connect(self.tell)
        self.tools.drawing.connect(self.previews.request)
        self.tools.ended.connect(self.previews.settle)
        self.tools.measured.connect(lambda ends: self.do(lambda: self.note(self.measurements.add(ends))))
        self.tools.erased.connect(lambda path, radius_mm: self.do(lambda: self.session.erase(path, radius_mm)))
        self._disconnect = [
            nodes.session.changed.connect(lambda boxes: self._on_change()),
            nodes.refused.connect(self.tell),
        ]
        nodes.lay_out(self.sketch.slice_node)
        self._on_change()
        self.previews.warm_up()
        look_for_lung(self.session.source)  # For the nodules' places in the table, while the user looks around.
        self.look_at_draft()

    @property
    def session(self) -> Session:
        return self.nodes.session

    @property
    def insert_words(self) -> str:
        """What inserting the draft comes to."""
        edited = self.session.state.edited
        return "Insert" if edited is None else f"Update nodule {edited}"

    @property
    def next_step(self) -> str:
        if self.tools.current in CLICKS:
            return CLICKS[self.tools.current]
        drawn = f"{self.insert_words} (I) puts it into a copy of the CT; Variants shows others."
        drawn = "" if self.session.is_inserted else drawn
        return (self._draft.voi is None and self.kept.offer) or self.session.draft.lacks or drawn

    def end_gesture(self) -> None:
        self.session.end_gesture()

    def use_views(self, views: Sequence[View]) -> None:
        for view in self.views.add(views):
            self.tools.add(view)
        self.nodes.lay_out(self.sketch.slice_node)

    def close(self) -> None:
        """Let go of the views; the nodes stay."""
        self.tools.close()
        self.worker.cancel()
        for disconnect in self._disconnect:
            disconnect()
        self.views.close()
        self.mouse_mode.close()
        self.kept.close()
        self.sketch.close()
        self.nodes.show_drawing(False)

    def take_up(self) -> None:
        """Go on with what is kept of the last time."""
        self.kept.take_up()
        self._selected = self.last
        self.look_at_draft()

    # Drawing

    def take(self, tool: str | None) -> None:
        """Draw with one of TOOLS from now on; None: leave the mouse to the views."""
        self.tools.take(tool)
        self.mouse_mode.hold(tool is not None)
        if draws_in_sketch(tool):
            self.turn_to_plane()
        self.nodes.curves.edit(tool == POINTS, self.session.draft)
        self._show_drawing()
        self.changed.emit()

    def turn_to_plane(self) -> None:
        """Show what is drawn on in the sketch view, wherever the user scrolled or turned it, and whatever it showed."""
        self.sketch.turn_to_plane(self.tools.current == ACROSS)
        self.views.show_in_sketch()
        if self._is_elsewhere:
            self.look_at_draft()

    def place(self, center_ras_mm: Sequence[float]) -> None:
        """Put the VOI there and the reslice through it, lung or not; then the nodule is drawn."""
        note = self.session.place(center_ras_mm)
        self.previews.warm_up()
        self.take("nodule")
        self.views.look_at(center_ras_mm)
        self.note(note)

    def change_voi(self, **changes: Any) -> None:
        """Change the VOI's `diameter_mm`, `tilt_lr_deg` or `tilt_hf_deg`, if there is one."""
        voi = self.session.draft.voi
        if voi is not None:
            self.session.set_voi(replace(voi, **changes))

    # Nodules

    def request(self, work: Work) -> None:
        """Carry out `work` on the worker's thread. Raises :class:`InputError` while something else is made."""
        self.worker.check_idle()

        def done(nodules: tuple[Nodule, ...]) -> None:
            self.session.commit(work, nodules)
            if self.session.is_inserted and not self.tools.are_drawing:
                self.take(None)
            before = [nodule.key for nodule in work.before]
            asked = [nodule.key for nodule in work.wanted if nodule not in work.before]  # Others only follow them.
            new = [nodule.key for nodule in self.session.nodules if nodule.key in asked or nodule.key not in before]
            if new and len(nodules) >= len(work.before):
                self._selected = new[-1]
                if not draws_in_sketch(self.tools.current):  # Who draws meanwhile is not led away.
                    self.select(new[-1])
            self.tell(f"{work.name}: done.")

        self.worker.submit(Task(work.name, work.carry_out, done, self.tell))
        self.changed.emit()

    def cancel(self) -> None:
        self.worker.cancel()
        self.tell("Cancelled; the CT was not changed.")

    def restore(self) -> None:
        """Make again what someone deleted of the session's nodes, or moved: the session is as it was."""
        self.nodes.put_in_place()
        if self.nodes.restore():
            self.nodes.lay_out(self.sketch.slice_node)
            self.message = "What was deleted belongs to this CT's nodules and is here again; remove them in the panel."
            self._on_change()
        elif self.nodes.result is None:
            self.views.show(self.nodes.shown_volume)

    # Views

    def come_to_front(self, is_in_front: bool) -> None:
        """Whether the user works here; elsewhere the pen is laid down, and preview and edges are off the CT."""
        if not is_in_front:
            self.take(None)
        self.sketch.come_to_front(is_in_front)
        self._on_change()

    def show_before(self, is_before: bool) -> None:
        self.is_before = is_before
        self._on_change()

    def _on_change(self) -> None:
        if self.session.draft.voi is None:
            self.scan = None
        self.sketch.update()
        was, self._draft = self._draft, self.session.draft
        voi = self._draft.voi
        if self._is_elsewhere and self._draft is not was:
            self.look_at_draft()
        elif voi is not None and was.voi is not None and voi.center_ras_mm != was.voi.center_ras_mm:
            self.views.follow(voi.center_ras_mm)
        self.views.show(self.nodes.source if self.is_before else self.nodes.shown_volume)
        self._show_drawing()
        self.previews.is_wanted = self.sketch.is_in_front and not self.is_before
        self.previews.update()
        self.changed.emit()

    def _show_drawing(self) -> None:
        """Lines and box stand in the way of a nodule that is done: they show while there is something to do."""
        is_drawing = self.tools.current is not None or not self.session.is_inserted
        self.nodes.show_drawing(is_drawing and not self.is_before)
        self.nodes.segments.show(not self.is_before)
