"""Undo and redo over immutable states."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")
MOST_STEPS = 1000


class History(Generic[T]):
    """States and the names of the steps between them; states share what they have in common, so none is copied."""

    def __init__(self, first: T) -> None:
        self._past: list[tuple[str, T]] = []
        self.state = first
        self._future: list[tuple[str, T]] = []

    @property
    def undoable(self) -> str:
        """The name of the step that :meth:`undo` takes back; empty if there is none."""
        return self._past[-1][0] if self._past else ""

    @property
    def redoable(self) -> str:
        """The name of the step that :meth:`redo` does again; empty if there is none."""
        return self._future[-1][0] if self._future else ""

    def step(self, name: str, state: T, merge: bool = False) -> None:
        """Go on to `state`; with `merge` a step of the same name as the last becomes one with it, as in a drag."""
        if not (merge and self.undoable == name and not self._future):
            self._past = [*self._past[-MOST_STEPS + 1 :], (name, self.state)]
        self._future = []
        self.state = state

    def undo(self) -> None:
        """Back by one step, if there is one."""
        if self._past:
            name, state = self._past.pop()
            self._future.append((name, self.state))
            self.state = state

    def redo(self) -> None:
        """Forward by one step, if there is one."""
        if self._future:
            name, state = self._future.pop()
            self._past.append((name, self.state))
            self.state = state
