"""Qt's own messages, which would otherwise only be printed."""

from __future__ import annotations

import sys
from typing import Any

from PySide6.QtCore import qInstallMessageHandler

# What the offscreen platform says of every window.
_IDLE = ("propagateSizeHints",)
qt_messages: list[str] = []


def _keep(kind: Any, context: Any, message: str) -> None:
    if not any(word in message for word in _IDLE):
        qt_messages.append(message)
        print(f"Qt: {message}", file=sys.stderr)


def install() -> None:
    """Keep what Qt says in :data:`qt_messages`, and print it."""
    qInstallMessageHandler(_keep)
