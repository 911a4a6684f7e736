"""What a session holds, and undo: a line of immutable states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.drawing.recipe import Draft
from SketchNoduleSynthLib.editing.history import History
from SketchNoduleSynthLib.editing.nodule import Nodule, shown
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.signals import Signal


@dataclass(frozen=True)
class State:
    """All that undo brings back; `edited` is the key of the nodule whose recipe the draft is, if it is one's."""

    draft: Draft = field(default_factory=Draft)
    nodules: tuple[Nodule, ...] = ()
    edited: int | None = None


class States:
    """The states of a session, from `state` on."""

    def __init__(self, state: State | None = None) -> None:
        self._history = History(state or State())
        self.changed: Signal[tuple[Box, ...]] = Signal()
        """After each change, with the boxes of voxels that may have changed."""

    @property
    def state(self) -> State:
        return self._history.state

    @property
    def draft(self) -> Draft:
        return self.state.draft

    @property
    def nodules(self) -> tuple[Nodule, ...]:
        """In the order in which they are inserted."""
        return self.state.nodules

    def nodule(self, key: int) -> Nodule:
        """The nodule of `key`; raises :class:`InputError` if there is none."""
        for nodule in self.nodules:
            if nodule.key == key:
                return nodule
        raise InputError(f"There is no nodule {key} in this case.")

    @property
    def undoable(self) -> str:
        """The name of the step that :meth:`undo` takes back; empty if there is none."""
        return self._history.undoable

    @property
    def redoable(self) -> str:
        """The name of the step that :meth:`redo` does again; empty if there is none."""
        return self._history.redoable

    def undo(self) -> None:
        """Take back the last step, if there is one."""
        self._move(self._history.undo)

    def redo(self) -> None:
        """Do again what was taken back last, if anything was."""
        self._move(self._history.redo)

    def _step(self, name: str, state: State, merge: bool = False) -> None:
        self._move(lambda: self._history.step(name, state, merge))

    def _move(self, move: Callable[[], None]) -> None:
        before = shown(self.nodules)
        move()
        changed = set(before) ^ set(shown(self.nodules))
        self.changed.emit(tuple(insertion.box for insertion in changed))
