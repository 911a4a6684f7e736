"""A mode of the panel: a section that for a time is the only one, with its own keys and with the views to itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.action import Table
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.controls import Controls

C = TypeVar("C", bound=Controller)


class Mode(Generic[C]):
    """On while there is a :attr:`controller`, whose controls are in `section`; `start` opens one, `leave` ends it."""

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

    def choose(self) -> None:
        """Ask the user for what is to be opened, and open it."""
        raise NotImplementedError

    def begin(self, make: Callable[[], C]) -> None:
        """Turn to what `make` gives, once the views are free.

        Raises :class:`InputError` as `make` does; then what was edited is edited still.
        """
        self.context.released.emit()
        try:
            controller = make()
        except InputError:
            self.context.reopened.emit()
            raise
        self.controls.controller = controller
        controller.changed.connect(self.context.changed.emit)
        self.context.changed.emit()

    def leave(self) -> None:
        """Back to what was edited before; the reader's file stays as it is."""
        self.context.worker.cancel()
        self.context.released.emit()
        self.context.reopened.emit()

    def close(self) -> None:
        controller, self.controls.controller = self.controller, None
        if controller is not None:
            controller.close()
