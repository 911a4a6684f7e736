"""Keys of Slicer's window that are heard only while they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import qt
import slicer


class Shortcuts:
    """What a key does, for `do` to do it; `parent` where Slicer has no window."""

    def __init__(self, parent: Any, keys: Mapping[str, Any], do: Callable[[Any], object]) -> None:
        self._shortcuts = [self._shortcut(parent, key, partial(do, action)) for key, action in keys.items()]

    def listen(self, is_listening: bool) -> None:
        """Hear the keys, or do not."""
        for shortcut in self._shortcuts:
            shortcut.setEnabled(is_listening)

    def remove(self) -> None:
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.setParent(None)
        self._shortcuts = []

    @staticmethod
    def _shortcut(parent: Any, key: str, act: Callable[[], object]) -> Any:
        shortcut = qt.QShortcut(qt.QKeySequence(key), slicer.util.mainWindow() or parent)
        shortcut.activated.connect(lambda *_arguments: act())
        shortcut.setEnabled(False)
        return shortcut
