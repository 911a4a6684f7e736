"""What a host gives, and what it is told: its slice views, sentences for the user, and that something changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import slicer

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.pen import OnPath, Pen

FINISH_QUESTION = "Finish? You cannot change it afterwards."


@dataclass(frozen=True)
class View:
    """A slice view of the host.

    `render` shows it soon, `fit` turns it back to show all of its CT, `pen` gives it a pen that calls its two (drawn,
    moved).
    """

    slice_node: slicer.vtkMRMLSliceNode
    render: Callable[[], None]
    fit: Callable[[], None]
    pen: Callable[[OnPath, OnPath], Pen]


def render(views: Iterable[View]) -> None:
    """Show the views soon: not every host sees that a volume's window has changed."""
    for view in views:
        view.render()


class Desk(ABC):
    """What a user works at, whatever the host: an action is done, or it is told why not."""

    def __init__(self) -> None:
        self.message = ""
        """The last thing to tell the user, a sentence."""
        self.changed: Callable[[], None] = lambda: None
        """Called when anything that a panel shows may have changed."""

    @property
    @abstractmethod
    def status(self) -> str:
        """What to tell the user: what went wrong, or else what comes next."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the views."""

    def tell(self, message: str) -> None:
        """Show `message` to the user."""
        self.message = message
        self.changed()

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
        self.changed()
        return True
