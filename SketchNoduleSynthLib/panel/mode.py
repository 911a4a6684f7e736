"""A mode of the panel: a section that for a time is the only one, with its own keys and with the views to itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.panel.shortcuts import Shortcuts

if TYPE_CHECKING:
    from SketchNoduleSynthLib.panel.panel import Panel

D = TypeVar("D", bound=Controller)


class Mode(Generic[D]):
    """Of `panel`: on while there is a :attr:`controller`, whose controls are in `section`."""

    def __init__(
        self, panel: Panel, parent: Any, section: Any, keys: Mapping[str, Callable[[D], object]], leave: Any
    ) -> None:
        self.panel, self.ui, self.section = panel, panel.ui, section
        self.controller: D | None = None
        """What the user works at; None while the mode is off."""
        self.shortcuts = Shortcuts(parent, keys, self.do)
        leave.clicked.connect(lambda *_checked: self.leave())

    def do(self, action: Callable[[D], object]) -> None:
        """An action of the user, unless the panel itself is just setting its controls."""
        controller = self.controller
        if controller is not None and not self.panel.is_refreshing:
            controller.do(lambda: action(controller))

    def on(self, signal: Any, action: Callable[[D], object]) -> None:
        """Connect `signal` to an action."""
        signal.connect(lambda *_arguments: self.do(action))

    def begin(self, make: Callable[[], D]) -> None:
        """Turn to what `make` gives, once the views are free.

        Raises :class:`InputError` as `make` does; then what was edited is edited still.
        """
        self.panel.close()
        try:
            self.controller = make()
        except InputError:
            self.panel.ct.open_chosen()
            raise
        self.controller.changed.connect(self.panel.refresh)
        self.panel.refresh()

    def leave(self) -> None:
        """Back to what was edited before; the reader's file stays as it is."""
        self.panel.worker.cancel()
        self.panel.close()
        self.panel.ct.open_chosen()

    def close(self) -> None:
        """Let go of the views."""
        if self.controller is not None:
            controller, self.controller = self.controller, None
            controller.close()
