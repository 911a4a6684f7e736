"""Dialogs that nobody has to click away: they are recorded, and the test answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

Button = QMessageBox.StandardButton
_KINDS = {
    QMessageBox.Icon.Information: "info",
    QMessageBox.Icon.Warning: "warning",
    QMessageBox.Icon.Critical: "error",
    QMessageBox.Icon.Question: "question",
}


@dataclass(frozen=True)
class Dialog:
    """What a dialog said and what was answered."""

    kind: str
    text: str
    title: str
    answer: Any


class Dialogs(list[Dialog]):
    """All dialogs since the test began; `answers` are used up in order, and a question without one gets the no."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []

    def forget(self) -> None:
        """Begin anew, for the next test."""
        self.clear()
        self.answers.clear()

    def install(self, util: Any) -> None:
        """Take the place of slicer.util's dialogs and of Qt's that would block."""
        util._messageDisplay = self._message_display
        for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
            setattr(QFileDialog, name, self._choice(name, ""))
        QInputDialog.getText = self._choice("getText", None)

    def _next(self, nothing: Any) -> Any:
        return self.answers.pop(0) if self.answers else nothing

    def _message_display(self, level: int, text: str, _testing: Any, **more: Any) -> Button:
        logging.log(level, text)
        is_asked = more.get("standardButtons", Button.Ok) != Button.Ok
        answer = Button.Ok if not is_asked or self._next(False) else Button.Cancel
        self.append(Dialog(_KINDS.get(more.get("icon"), "message"), text, more.get("windowTitle") or "", answer))
        return answer

    def _choice(self, kind: str, nothing: Any) -> Any:
        """A dialog whose answer is a value, as of a file; `nothing` means that it was cancelled."""

        def show(parent: Any = None, title: str = "", *_more: Any) -> Any:
            self.append(Dialog(kind, "", title, self._next(nothing)))
            return self[-1].answer

        return staticmethod(show)
