"""What the parts of the panel share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from SketchNoduleSynthLib.editing.worker import Worker
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.controls import Controls
from SketchNoduleSynthLib.signals import Signal


class Context:
    """All widgets, those that edit, the worker; and what a part asks the panel for.

    `changed`: show what is. `told`: a sentence for the user. `released`: let go of what is edited or read.
    `reopened`: edit the volume that is chosen.
    """

    def __init__(self, ui: Any, parent: Any, worker: Worker) -> None:
        self.ui, self.parent, self.worker = ui, parent, worker
        self.editing: Controls[Editor] = Controls(ui, parent, EDITING)
        self.changed: Signal[[]] = Signal()
        self.told: Signal[str] = Signal()
        self.released: Signal[[]] = Signal()
        self.reopened: Signal[[]] = Signal()


def once(parent: Any, milliseconds: int, act: Callable[[], object]) -> Any:
    """A timer that calls `act` so long after its last start."""
    timer = qt.QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(act)
    return timer
