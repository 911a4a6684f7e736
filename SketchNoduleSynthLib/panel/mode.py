"""A mode of the panel: a section that for a time is the only one, with its own keys and with the views to itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.mrml.action import Table
from SketchNoduleSynthLib.mrml.view import Plane
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.controls import C, Controls
from SketchNoduleSynthLib.panel.views import slice_views


class Mode(ABC, Generic[C]):
    """On while there is a :attr:`controller`, whose controls are in `section`; `start` opens one, `leave` ends it.

    What is opened lies in a folder, of which `start` asks as `asks` says.
    """

    asks = ""

    def __init__(self, context: Context, table: Table[C], section: Any, start: Any, leave: Any) -> None:
        self.context, self.ui, self.section = context, context.ui, section
        self.controls: Controls[C] = Controls(self.ui, context.parent, table)
        self.controls.refresh_with(lambda _controller: start.setEnabled(context.worker.task is None))
        start.clicked.connect(lambda *_checked: self.choose())
        leave.clicked.connect(lambda *_checked: self.leave())

    @property
    def controller(self) -> C | None:
        """What the user works at; None while the mode is off."""
        return self.controls.controller

    @abstractmethod
    def open(self, folder: Path, reader: str) -> None:
        """Begin with what lies in `folder`; what cannot be read is told in the panel."""

    def choose(self) -> None:
        parent: Any = self.context.parent
        folder = qt.QFileDialog.getExistingDirectory(parent, _(self.asks))
        reader = folder and qt.QInputDialog.getText(parent, _("Who reads?"), _("Your name or number:"))
        if reader:
            self.open(Path(folder), reader)

    def begin(self, make: Callable[[], C]) -> None:
        """Turn to what `make` gives, once the views are free.

        Raises :class:`InputError` as `make` does; then what was edited is edited still.
        """
        shared = self.context.shared
        if shared.mode is None:
            shared.planes = [Plane.of(view.slice_node) for view in slice_views()]
        shared.released.emit()
        try:
            self.controls.controller = controller = make()
            shared.mode = self
            controller.changed.connect(self.context.changed.emit)
        finally:
            self._reopen()
        self.context.changed.emit()

    def leave(self) -> None:
        """Back to what was edited before; the reader's file stays as it is."""
        self.context.worker.cancel()
        self.context.shared.released.emit()
        self._reopen()

    def _reopen(self) -> None:
        """Edit on, unless a mode is on: what is opened turns the views to its drawing, where they may not have been."""
        shared = self.context.shared
        shared.reopened.emit()
        if shared.mode is None:
            for plane in shared.planes:
                plane.restore()
            shared.planes = []

    def close(self) -> None:
        controller, self.controls.controller = self.controller, None
        if controller is not None:
            self.context.shared.mode = None
            controller.close()
