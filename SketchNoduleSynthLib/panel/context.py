"""What the parts of the panel share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.shared_editor import SharedEditor
from SketchNoduleSynthLib.panel.controls import Controls
from SketchNoduleSynthLib.signals import Signal


class Context:
    """All widgets, those that edit, what panels share; and what a part asks the panel for.

    `changed`: show what is. `told`: a sentence for the user.
    """

    def __init__(self, ui: Any, parent: Any, shared: SharedEditor) -> None:
        self.ui, self.parent, self.shared, self.worker = ui, parent, shared, shared.worker
        self.editing: Controls[Editor] = Controls(ui, parent, EDITING)
        self.changed: Signal[[]] = Signal()
        self.told: Signal[str] = Signal()


def once(parent: Any, milliseconds: int, act: Callable[[], object]) -> Any:
    """A timer that calls `act` so long after its last start."""
    timer = qt.QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(act)
    return timer
