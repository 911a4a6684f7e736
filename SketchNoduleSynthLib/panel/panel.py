"""The panel in Slicer: what is edited, or read, shown by sections from top to bottom. Only this room knows Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.ct.grid import Sheared
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.shared_editor import SharedEditor
from SketchNoduleSynthLib.mrml.steps import STEPS
from SketchNoduleSynthLib.mrml.volumes import SYNTHETIC_ATTRIBUTE, observe_ct
from SketchNoduleSynthLib.panel.context import Context, once
from SketchNoduleSynthLib.panel.controls import Controls
from SketchNoduleSynthLib.panel.ct_section import CtSection, sessions_folder
from SketchNoduleSynthLib.panel.dependencies import Dependencies
from SketchNoduleSynthLib.panel.mode import Mode
from SketchNoduleSynthLib.panel.nodule_section import NoduleSection
from SketchNoduleSynthLib.panel.nodules_section import NodulesSection
from SketchNoduleSynthLib.panel.reading_section import ReadingSection
from SketchNoduleSynthLib.panel.sketch_section import SketchSection
from SketchNoduleSynthLib.panel.step_headings import StepHeadings
from SketchNoduleSynthLib.panel.turing_section import TuringSection
from SketchNoduleSynthLib.panel.views import slice_views
from SketchNoduleSynthLib.signals import Signal

PUMP_MS = 15
QUIET_MS = 200
"""A CT that is moved, or plays as a sequence, is opened again when it has rested for so long."""


class Panel:
    """All controls of `ui`, for what panels share."""

    def __init__(self, ui: Any, parent: Any, shared: SharedEditor) -> None:
        self.ui, self.shared, self.worker = ui, shared, shared.worker
        self.message, self._task_words, self._is_listening = "", "", False
        context = Context(ui, parent, shared)
        self.editing = context.editing
        self.reading, self.turing = ReadingSection(context), TuringSection(context)
        self.ct = CtSection(context)
        self.modes: tuple[Mode, ...] = (self.reading, self.turing)
        for section in (Dependencies, StepHeadings, SketchSection, NoduleSection, NodulesSection):
            section(context)
        context.changed.connect(self.refresh)
        context.told.connect(self.tell)
        self._timer = qt.QTimer(parent)
        self._timer.setInterval(PUMP_MS)
        self._timer.timeout.connect(self._pump)
        self._disconnect = [shared.released.connect(self.close), shared.reopened.connect(self.open_chosen)]
        self._disconnect.append(shared.worker.submitted.connect(self._timer.start))
        self._unfollow: Callable[[], object] = lambda: None
        if slicer.app.layoutManager() is not None:
            slicer.app.layoutManager().layoutChanged.connect(self._on_layout)
        self._unwatch: Callable[[], None] = lambda: None
        self._quiet = once(parent, QUIET_MS, self.open_chosen)
        self.scene_rested: Signal[[]] = Signal()
        """Nodes came or went, and what was ours is there again."""
        self._rest = once(parent, 0, self._on_scene_rests)
        ui.cancel.clicked.connect(self._cancel_opening)
        ui.inputSelector.currentNodeChanged.connect(lambda *_overload: self.open_chosen())
        self.refresh()

    @property
    def editor(self) -> Editor | None:
        return self.editing.controller

    @property
    def mode(self) -> Mode | None:
        """The one that the panel is in; None: what is made is edited."""
        return next((mode for mode in self.modes if mode.controller is not None), None)

    @property
    def _controller(self) -> Controller | None:
        return self.mode.controller if self.mode else self.editor

    @property
    def _controls(self) -> list[Controls]:
        return [self.editing, *(mode.controls for mode in self.modes)]

    def open_chosen(self) -> None:
        """Edit the volume that is chosen; not in a mode."""
        if self.shared.mode is None:
            self.open(self.ui.inputSelector.currentNode())
        elif self.mode is None:
            self.tell(_("Another panel reads a case or tells pictures apart; leave it there first."))

    def open(self, volume_node: Any) -> None:
        """Edit the session of `volume_node`; None: of none. A volume that is no CT is told in the panel."""
        if self.editor is not None and self.editor.nodes.source is volume_node:
            return
        self.close()
        if volume_node is not None:
            self._unwatch = observe_ct(volume_node, self._on_ct_event)
        if volume_node is not None and volume_node.GetAttribute(SYNTHETIC_ATTRIBUTE) is not None:
            self.message = _("This CT already holds synthetic nodules; choose the one that it was made from.")
        elif volume_node is not None:
            try:
                editor = self.shared.edit(self, volume_node, slice_views, sessions_folder())
                self.editing.controller = editor
                unfollow = [editor.changed.connect(self.refresh), editor.nodes.moved.connect(self.look_at_scene_soon)]
                self._unfollow = lambda: [end() for end in unfollow]
                self.shared.come_to_front(self, self._is_listening)
            except InputError as error:
                self.message, self.ct.is_sheared = str(error), isinstance(error, Sheared)
        self.refresh()

    def close(self) -> None:
        """Let go of what is edited, whose nodes stay in the scene, or read."""
        self.editing.controller = None
        self._unfollow()
        self.shared.close(self)
        for mode in self.modes:
            mode.close()
        self._unwatch()
        self._quiet.stop()
        self.message, self.ct.is_sheared = "", False
        self.refresh()

    def look_at_scene_soon(self) -> None:
        """Nodes come, go or move, perhaps several, and are not whole yet."""
        self._rest.start()

    def _on_scene_rests(self) -> None:
        if self.editor is not None and self.editor.nodes.is_in_scene():
            self.editor.restore()
        self.scene_rested.emit()

    def _on_layout(self, *_layout: int) -> None:
        """Views may be new, as for comparing; what another module shows in them is not ours to change."""
        if self._controller is not None and (self._is_listening or self.mode is not None):
            self._controller.use_views(slice_views())
            self.refresh()  # The pen's view may be gone, or be there again.

    def _on_ct_event(self) -> None:
        """What is drawn on a CT that moves would lie elsewhere: it is let go of at once, and opened when it rests."""
        if self.editor is not None and self.editor.nodes.is_up_to_date():
            return
        if self.editor is not None:
            unwatch, self._unwatch = self._unwatch, lambda: None
            self.close()
            self._unwatch = unwatch
            self.tell(_("The CT is being moved or changed."))
        self._quiet.start()

    def remove(self) -> None:
        was_alone = self.mode is not None
        self.close()
        if slicer.app.layoutManager() is not None:
            slicer.app.layoutManager().layoutChanged.disconnect(self._on_layout)
        self._timer.stop()
        for disconnect in self._disconnect:
            disconnect()
        for controls in self._controls:
            controls.remove()
        if was_alone:
            self.shared.reopened.emit()

    def listen(self, is_listening: bool) -> None:
        """Shortcuts, pens, previews and the mark are there only while the module is the one in front."""
        self._is_listening = is_listening
        if self.editor is not None:
            self.shared.come_to_front(self, is_listening)
        self.reading.come_to_front(is_listening)
        self.turing.come_to_front(is_listening)
        self._on_layout()
        self._listen_to_keys()

    def tell(self, message: str) -> None:
        if self._controller is not None:
            self._controller.tell(message)
        else:
            self.message = message
            self.refresh()

    def refresh(self) -> None:
        for controls in self._controls:
            controls.refresh()
        self._show_mode()
        self._listen_to_keys()
        task, controller = self.worker.task, self._controller
        self.ui.progressFrame.setVisible(task is not None)
        self.ui.cancel.setEnabled(task is not None)
        self._task_words = task.words if task else ""
        self.ui.taskLabel.setText(self._task_words)  # Qt shows no words on a bar that has no end.
        message = controller.status if controller else self.message
        self.ui.statusLabel.setText(message or _("Choose a chest CT, or fetch the sample."))

    def _cancel_opening(self) -> None:
        """The editor cancels by its own action."""
        if self.editor is None:
            self.worker.cancel()
            self.refresh()

    def _pump(self) -> None:
        self.worker.pump()
        task = self.worker.task
        if not self.worker.is_busy:
            self._timer.stop()
        if not self.worker.is_busy or self._task_words != (task.words if task else ""):
            self.refresh()

    def _show_mode(self) -> None:
        for mode in self.modes:
            mode.section.setVisible(mode is self.mode)
        for step in (*STEPS, "nodules"):
            getattr(self.ui, f"{step}Section").setVisible(self.mode is None)
        if self.mode:
            self.ui.dependencyFrame.setVisible(False)

    def _listen_to_keys(self) -> None:
        self.editing.listen(self._is_listening and self.mode is None)
        for mode in self.modes:
            mode.controls.listen(self._is_listening and mode is self.mode)
