"""Dialogs that nobody has to click away: they are recorded, and the test answers."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QDialog, QFileDialog, QInputDialog, QMessageBox

Button = QMessageBox.StandardButton
_KINDS = {
    QMessageBox.Icon.Information: "info",
    QMessageBox.Icon.Warning: "warning",
    QMessageBox.Icon.Critical: "error",
    QMessageBox.Icon.Question: "question",
}
_YES = (Button.Ok, Button.Yes, Button.Retry, Button.Save, Button.Open)
_NO = (Button.Cancel, Button.No, Button.Close, Button.Discard, Button.Abort)


@dataclass(frozen=True)
class Dialog:
    """What a dialog said and what was answered."""

    kind: str
    text: str
    title: str
    answer: Any
    details: dict[str, Any]


class Dialogs(list[Dialog]):
    """All dialogs since the test began; `answers` are used up in order, and a question without one gets the no."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []
        self.status: list[str] = []

    def forget(self) -> None:
        """Begin anew, for the next test."""
        self.clear()
        self.answers.clear()
        self.status.clear()

    def box(self, kind: str, text: str, title: str = "", buttons: Any = Button.Ok, **details: Any) -> Button:
        """A message box: True and False stand for its buttons, or the answer is one of Qt's buttons."""
        answer = Button.Ok
        if buttons != Button.Ok:
            answer = self.answers.pop(0) if self.answers else False
        if isinstance(answer, bool):
            wanted = _YES if answer else _NO
            answer = next((button for button in wanted if button & buttons), Button.Ok)
        self.append(Dialog(kind, text, title, answer, details))
        return answer

    def choice(self, kind: str, title: str, nothing: Any) -> Any:
        """A dialog whose answer is a value, as of a file; `nothing` means that it was cancelled."""
        answer = self.answers.pop(0) if self.answers else nothing
        self.append(Dialog(kind, "", title, answer, {}))
        return answer

    def install(self, util: Any) -> None:
        """Take the place of slicer.util's dialogs and of Qt's that would block."""
        util._messageDisplay = self._message_display
        util.messageBox = self._message_box
        util.showStatusMessage = self._status_message
        QDialog.exec = QDialog.exec_ = self._modal()
        for name, kind in {"information": "info", "warning": "warning", "critical": "error"}.items():
            setattr(QMessageBox, name, self._static_box(kind, Button.Ok))
        QMessageBox.question = self._static_box("question", Button.Yes | Button.No)
        for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
            setattr(QFileDialog, name, self._static_choice(name, ""))
        QFileDialog.getOpenFileNames = self._static_choice("getOpenFileNames", [])
        for name in ("getText", "getItem", "getInt", "getDouble", "getMultiLineText"):
            setattr(QInputDialog, name, self._static_choice(name, None))

    def _message_display(self, level: int, text: str, _testing: Any, _needs_main: bool = False, **more: Any) -> Button:
        more = {"icon": None, "standardButtons": Button.Ok, "windowTitle": None, **more}
        logging.log(level, text)
        kind = _KINDS.get(more.pop("icon"), "message")
        return self.box(kind, text, more.pop("windowTitle") or "", more.pop("standardButtons"), **more)

    def _message_box(self, text: str, parent: Any = None, **more: Any) -> Button:
        return self._message_display(logging.INFO, text, None, **more)

    def _status_message(self, message: str, duration: int = 0) -> bool:
        self.status.append(message)
        return True

    def _modal(self) -> Any:
        def exec_(dialog: QDialog) -> Any:
            if isinstance(dialog, QMessageBox):
                return self.box(_KINDS.get(dialog.icon, "message"), dialog.text, dialog.windowTitle, _buttons(dialog))
            return int(bool(self.choice("modal", dialog.windowTitle, False)))

        return exec_

    def _static_box(self, kind: str, usual: Any) -> Any:
        def show(parent: Any, title: str, text: str, buttons: Any = usual, *_default: Any) -> Button:
            return self.box(kind, text, title, buttons)

        return staticmethod(show)

    def _static_choice(self, kind: str, nothing: Any) -> Any:
        def show(parent: Any = None, title: str = "", *_more: Any) -> Any:
            return self.choice(kind, title, nothing)

        return staticmethod(show)


def _buttons(box: QMessageBox) -> Any:
    return box.standardButtons if box.standardButtons != Button.NoButton else Button.Ok
