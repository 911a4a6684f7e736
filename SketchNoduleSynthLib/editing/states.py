"""What a session holds, and undo: a line of immutable states."""

from __future__ import annotations

from dataclasses import dataclass, field

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.drawing.recipe import Draft
from SketchNoduleSynthLib.editing.nodule import Nodule, shown
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.signals import Signal

MOST_STEPS = 1000


@dataclass(frozen=True)
class State:
    """All that undo brings back; `edited` is the key of the nodule whose recipe the draft is, if it is one's."""

    draft: Draft = field(default_factory=Draft)
    nodules: tuple[Nodule, ...] = ()
    edited: int | None = None


class States:
    """The states of a session, from `state` on, and the names of the steps between them; what is alike is shared."""

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self._past: list[tuple[str, State]] = []
        self._future: list[tuple[str, State]] = []
        self._goes_on = False
        self.changed: Signal[tuple[Box, ...]] = Signal()
        """After each change, with the boxes of voxels that may have changed."""

    @property
    def draft(self) -> Draft:
        return self.state.draft

    @property
    def nodules(self) -> tuple[Nodule, ...]:
        return self.state.nodules

    def nodule(self, key: int) -> Nodule:
        for nodule in self.nodules:
            if nodule.key == key:
                return nodule
        raise InputError(f"There is no nodule {key} in this case.")

    @property
    def undoable(self) -> str:
        """The name of the step that :meth:`undo` takes back; empty if there is none."""
        return self._past[-1][0] if self._past else ""

    @property
    def redoable(self) -> str:
        """The name of the step that :meth:`redo` does again; empty if there is none."""
        return self._future[-1][0] if self._future else ""

    def undo(self) -> None:
        """Take back the last step, if there is one."""
        self._move(self._past, self._future)

    def redo(self) -> None:
        """Do again what was taken back last, if anything was."""
        self._move(self._future, self._past)

    def end_gesture(self) -> None:
        """What follows is a step of its own, though it be named as the last one: another drag, another pull."""
        self._goes_on = False

    def _move(self, back: list[tuple[str, State]], forth: list[tuple[str, State]]) -> None:
        if back:
            name, state = back.pop()
            forth.append((name, self.state))
            self._become(state)

    def _step(self, name: str, state: State, merge: bool = False) -> None:
        """Go on to `state`; with `merge` a step of the same name as the last becomes one with it, within a gesture."""
        if not (merge and self._goes_on and self.undoable == name and not self._future):
            self._past = [*self._past[-MOST_STEPS + 1 :], (name, self.state)]
        self._future, self._goes_on = [], True
        self._become(state)

    def _become(self, state: State) -> None:
        before, self.state = shown(self.nodules), state
        changed = set(before) ^ set(shown(self.nodules))
        self.changed.emit(tuple(insertion.box for insertion in changed))
