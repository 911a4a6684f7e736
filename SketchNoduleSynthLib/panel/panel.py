"""The panel in Slicer: one editor, shown by sections from top to bottom. Only this room knows Qt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.case import SceneCase
from SketchNoduleSynthLib.mrml.editor import Editor, View
from SketchNoduleSynthLib.mrml.keys import KEYS
from SketchNoduleSynthLib.mrml.pen import InteractorPen
from SketchNoduleSynthLib.panel.ct_section import CtSection
from SketchNoduleSynthLib.panel.dependencies import Dependencies
from SketchNoduleSynthLib.panel.nodule_section import NoduleSection
from SketchNoduleSynthLib.panel.nodules_section import NodulesSection
from SketchNoduleSynthLib.panel.sketch_section import SketchSection
from SketchNoduleSynthLib.panel.voi_section import VoiSection

PUMP_MS = 15
SKETCH_VIEW = "Red"


class Section(Protocol):
    """One section: its controls call the editor, `refresh` shows the editor's state and says what can be done."""

    def refresh(self, editor: Editor | None) -> None:
        """`editor` is None while there is no CT."""


class Panel:
    """All controls of `ui`; `open_case` gives the case of a volume node, `worker` does what takes time."""

    def __init__(self, ui: Any, parent: Any, open_case: Callable[[Any], SceneCase], worker: Any) -> None:
        self.ui, self.open_case, self.worker = ui, open_case, worker
        self.editor: Editor | None = None
        self.message = ""
        self._is_refreshing = False
        self.sections: tuple[Section, ...] = (
            Dependencies(self),
            CtSection(self),
            VoiSection(self),
            SketchSection(self),
            NoduleSection(self),
            NodulesSection(self),
        )
        self._timer = qt.QTimer(parent)
        self._timer.setInterval(PUMP_MS)
        self._timer.timeout.connect(self._pump)
        worker.woken = self._timer.start
        ui.cancelButton.clicked.connect(self.cancel)
        self._shortcuts = [self._shortcut(parent, key, action) for key, action in KEYS.items()]
        self.refresh()

    # A CT

    def open(self, volume_node: Any) -> None:
        """Edit the case of `volume_node`; None: of none. A volume that is no CT is told in the panel."""
        if self.editor is not None and self.editor.case.source is volume_node:
            return
        self.close()
        if volume_node is not None:
            try:
                self.editor = Editor(self.open_case(volume_node), slice_views(), self.worker)
            except InputError as error:
                self.message = str(error)
            else:
                self.message = ""
                self.editor.changed = self.refresh
        self.refresh()

    def close(self) -> None:
        """Let go of the case; its nodes stay in the scene."""
        if self.editor is not None:
            editor, self.editor = self.editor, None
            editor.close()
        self.message = ""
        self.refresh()

    def remove(self) -> None:
        """The panel goes: nothing of it listens any more."""
        self.close()
        self._timer.stop()
        self.worker.woken = lambda: None
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.setParent(None)
        self._shortcuts = []

    def listen(self, is_listening: bool) -> None:
        """Shortcuts act only while the module is the one in front."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(is_listening)

    # Acting

    def do(self, action: Callable[[Editor], object]) -> None:
        """An action of the user on the editor, unless the panel itself is just setting its controls."""
        editor = self.editor
        if editor is not None and not self._is_refreshing:
            editor.do(lambda: action(editor))

    def on(self, signal: Any, action: Callable[[Editor], object]) -> None:
        """Connect `signal` to an action."""
        signal.connect(lambda *_arguments: self.do(action))

    def cancel(self) -> None:
        """Stop what is being made."""
        if self.editor is not None:
            self.editor.cancel()

    def refresh(self) -> None:
        """Show what is."""
        if self._is_refreshing:
            return
        self._is_refreshing = True
        try:
            for section in self.sections:
                section.refresh(self.editor)
            task = self.worker.task
            self.ui.progressFrame.setVisible(task is not None)
            if task is not None:
                self.ui.progressBar.setFormat(f"{task.name}: {task.stage}" if task.stage else task.name)
            self.ui.statusLabel.setText(self._status())
        finally:
            self._is_refreshing = False

    def _status(self) -> str:
        if self.editor is None:
            return self.message or _("Choose a chest CT, or fetch the sample.")
        return self.editor.message or self.editor.session.draft.lacks

    def _pump(self) -> None:
        stage = self.worker.task and self.worker.task.stage
        self.worker.pump()
        if not self.worker.is_busy:
            self._timer.stop()
        if not self.worker.is_busy or stage != (self.worker.task and self.worker.task.stage):
            self.refresh()

    def _shortcut(self, parent: Any, key: str, action: Callable[[Editor], object]) -> Any:
        shortcut = qt.QShortcut(qt.QKeySequence(key), slicer.util.mainWindow() or parent)
        self.on(shortcut.activated, action)
        shortcut.setEnabled(False)
        return shortcut


def slice_views() -> list[View]:
    """Slicer's slice views, the sketch view first; empty where Slicer has no window."""
    manager = slicer.app.layoutManager()
    if manager is None:
        return []
    names = sorted(manager.sliceViewNames(), key=lambda name: name != SKETCH_VIEW)
    return [_view_of(manager.sliceWidget(name)) for name in names]


def _view_of(widget: Any) -> View:
    view, node = widget.sliceView(), widget.mrmlSliceNode()
    return View(node, view.scheduleRender, partial(InteractorPen, view.interactor(), node, view.scheduleRender))
