"""The panel in Slicer: one editor, shown by sections from top to bottom. Only this room knows Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.keys import KEYS
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.panel.ct_section import CtSection
from SketchNoduleSynthLib.panel.dependencies import Dependencies
from SketchNoduleSynthLib.panel.mode import Mode
from SketchNoduleSynthLib.panel.nodule_section import NoduleSection
from SketchNoduleSynthLib.panel.nodules_section import NodulesSection
from SketchNoduleSynthLib.panel.reading_section import ReadingSection
from SketchNoduleSynthLib.panel.shortcuts import Shortcuts
from SketchNoduleSynthLib.panel.sketch_section import SketchSection
from SketchNoduleSynthLib.panel.turing_section import TuringSection
from SketchNoduleSynthLib.panel.views import slice_views
from SketchNoduleSynthLib.panel.voi_section import VoiSection

PUMP_MS = 15


class Section(Protocol):
    """One section: its controls call the editor, `refresh` shows the editor's state and says what can be done."""

    def refresh(self, editor: Editor | None) -> None:
        """`editor` is None while there is no CT."""


class Panel:
    """All controls of `ui`; `open_nodes` gives the case of a volume node, `worker` does what takes time."""

    def __init__(self, ui: Any, parent: Any, open_nodes: Callable[[Any], SessionNodes], worker: Any) -> None:
        self.ui, self.open_nodes, self.worker = ui, open_nodes, worker
        self.editor: Editor | None = None
        self.message = ""
        self.is_refreshing = False
        """True while the panel itself sets its controls."""
        self.ct, self.reading, self.turing = CtSection(self), ReadingSection(self, parent), TuringSection(self, parent)
        self.modes: tuple[Mode, ...] = (self.reading, self.turing)
        self.sections: tuple[Section, ...] = (
            Dependencies(self),
            self.ct,
            VoiSection(self),
            SketchSection(self),
            NoduleSection(self),
            NodulesSection(self),
            self.reading,
            self.turing,
        )
        self._timer = qt.QTimer(parent)
        self._timer.setInterval(PUMP_MS)
        self._timer.timeout.connect(self._pump)
        self._disconnect = worker.submitted.connect(self._timer.start)
        ui.cancelButton.clicked.connect(self.cancel)
        self._is_listening = False
        self._shortcuts = Shortcuts(parent, KEYS, self.do)
        self.refresh()

    @property
    def mode(self) -> Mode | None:
        """The one that the panel is in; None: what is made is edited."""
        return next((mode for mode in self.modes if mode.controller is not None), None)

    # A CT

    def open(self, volume_node: Any) -> None:
        """Edit the case of `volume_node`; None: of none. A volume that is no CT is told in the panel."""
        if self.editor is not None and self.editor.nodes.source is volume_node:
            return
        self.close()
        if volume_node is not None:
            try:
                self.editor = Editor(self.open_nodes(volume_node), slice_views(), self.worker)
            except InputError as error:
                self.message = str(error)
            else:
                self.message = ""
                self.editor.changed.connect(self.refresh)
        self.refresh()

    def close(self) -> None:
        """Let go of the case that is edited, whose nodes stay in the scene, or read."""
        if self.editor is not None:
            editor, self.editor = self.editor, None
            editor.close()
        for mode in self.modes:
            mode.close()
        self.message = ""
        self.refresh()

    def remove(self) -> None:
        """The panel goes: nothing of it listens any more."""
        self.close()
        self._timer.stop()
        self._disconnect()
        for shortcuts in (self._shortcuts, *(mode.shortcuts for mode in self.modes)):
            shortcuts.remove()

    def listen(self, is_listening: bool) -> None:
        """Shortcuts and the mark act only while the module is the one in front."""
        self._is_listening = is_listening
        if not is_listening:
            self.reading.do(lambda reader: reader.take(None))
        self._listen_to_keys()

    # Acting

    def do(self, action: Callable[[Editor], object]) -> None:
        """An action of the user on the editor, unless the panel itself is just setting its controls."""
        editor = self.editor
        if editor is not None and not self.is_refreshing:
            editor.do(lambda: action(editor))

    def on(self, signal: Any, action: Callable[[Editor], object]) -> None:
        """Connect `signal` to an action."""
        signal.connect(lambda *_arguments: self.do(action))

    def cancel(self) -> None:
        """Stop what is being made, or opened."""
        if self.editor is not None:
            self.editor.cancel()
        else:
            self.worker.cancel()
            self.refresh()

    def refresh(self) -> None:
        """Show what is."""
        if self.is_refreshing:
            return
        self.is_refreshing = True
        try:
            for section in self.sections:
                section.refresh(self.editor)
            self._show_mode()
            self._listen_to_keys()
            task = self.worker.task
            self.ui.progressFrame.setVisible(task is not None)
            if task is not None:
                self.ui.progressBar.setFormat(f"{task.name}: {task.stage}" if task.stage else task.name)
            self.ui.statusLabel.setText(self._status())
        finally:
            self.is_refreshing = False

    def tell(self, message: str) -> None:
        """Show a sentence to the user."""
        controller = self.mode.controller if self.mode else self.editor
        if controller is not None:
            controller.tell(message)
        else:
            self.message = message
            self.refresh()

    def _status(self) -> str:
        controller = self.mode.controller if self.mode else self.editor
        if controller is None:
            return self.message or _("Choose a chest CT, or fetch the sample.")
        return controller.status

    def _pump(self) -> None:
        stage = self.worker.task and self.worker.task.stage
        self.worker.pump()
        if not self.worker.is_busy:
            self._timer.stop()
        if not self.worker.is_busy or stage != (self.worker.task and self.worker.task.stage):
            self.refresh()

    def _show_mode(self) -> None:
        """A mode hides all else."""
        ui = self.ui
        for mode in self.modes:
            mode.section.setVisible(mode is self.mode)
        for section in (ui.ctSection, ui.voiSection, ui.sketchSection, ui.noduleSection, ui.nodulesSection):
            section.setVisible(self.mode is None)
        if self.mode:
            ui.dependencyFrame.setVisible(False)

    def _listen_to_keys(self) -> None:
        self._shortcuts.listen(self._is_listening and self.mode is None)
        for mode in self.modes:
            mode.shortcuts.listen(self._is_listening and mode is self.mode)
