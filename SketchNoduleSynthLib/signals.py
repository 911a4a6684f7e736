"""What happens, told to all who want to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Signal(Generic[P]):
    """An event and its arguments: `Signal[str]` tells a sentence, `Signal[[]]` only that it happened."""

    def __init__(self) -> None:
        self._slots: tuple[Callable[P, object], ...] = ()

    def connect(self, slot: Callable[P, object]) -> Callable[[], None]:
        """Call `slot` whenever it happens, after those that were connected before; returns what ends that."""
        self._slots = (*self._slots, slot)

        def disconnect() -> None:
            self._slots = tuple(other for other in self._slots if other is not slot)

        return disconnect

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        for slot in self._slots:
            slot(*args, **kwargs)
