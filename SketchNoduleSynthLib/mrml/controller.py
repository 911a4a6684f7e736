"""What stands behind a panel or a page, whatever the host: it acts, and says what came of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.view import View
from SketchNoduleSynthLib.signals import Signal


class Controller(ABC):
    """Does what a user asks for, or tells why not."""

    def __init__(self) -> None:
        self.message = ""
        """The last thing to tell the user, a sentence."""
        self.changed: Signal[[]] = Signal()
        """Anything that a panel shows may have changed."""

    @property
    def status(self) -> str:
        """What to tell the user."""
        return self.message or self.next_step

    @property
    @abstractmethod
    def next_step(self) -> str:
        """What the user may do next, a sentence."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the views."""

    def end_gesture(self) -> None:  # noqa: B027, not all have steps
        """What is changed next is a step of its own for undo."""

    def use_views(self, views: Sequence[View]) -> None:  # noqa: B027, not all use more than one
        """The host has these slice views now; those that are new take part."""

    def tell(self, message: str) -> None:
        self.message = message
        self.changed.emit()

    def note(self, sentence: str) -> None:
        """Tell what an action came to, if it is said."""
        if sentence:
            self.tell(sentence)

    def do(self, action: Callable[[], object]) -> bool:
        """Do an action of the user; what cannot be done is told in a sentence. Whether it was done.

        What the action itself tells stays.
        """
        self.message = ""
        try:
            action()
        except InputError as error:
            self.tell(str(error))
            return False
        self.changed.emit()
        return True
