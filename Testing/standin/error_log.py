"""Slicer's error log: what Qt, VTK, Python's logging and errors that nobody catches say, as Slicer writes it down."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import vtk
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from vtkmodules.util.misc import calldata_type

_OFFSCREEN = ("propagateSizeHints", "does not support raise()", "does not support grabbing the keyboard")
"""What the offscreen platform says of windows."""
_OTHERS = "invalid orientation preset name: Reformat"
"""Said, when a scene is read, of views that other tests of the process made without a layout, as Slicer never does."""
_QT = {QtMsgType.QtWarningMsg: "WARNING", QtMsgType.QtCriticalMsg: "CRITICAL", QtMsgType.QtFatalMsg: "FATAL"}


class ErrorLog(logging.Handler):
    """What `slicer.app.errorLogModel()` gives: all that is worse than information, in a file and in :attr:`lines`."""

    def __init__(self, folder: str):
        super().__init__(logging.WARNING)
        self.filePath, self.lines = f"{folder}/Slicer.log", list[str]()
        self.begin()
        logging.getLogger().addHandler(self)
        qInstallMessageHandler(self._on_qt)
        sys.excepthook = self._on_uncaught
        for level in ("Error", "Warning"):
            self._listen_to_vtk(level)

    def begin(self) -> None:
        """Forget what was said."""
        self.lines.clear()
        open(self.filePath, "w").close()

    def check(self) -> None:
        """Forget what was said, and raise AssertionError if anything was."""
        said = "\n".join(self.lines)
        self.begin()
        assert not said, f"in the error log:\n{said}"

    def emit(self, record: logging.LogRecord) -> None:
        """Of Python's logging."""
        self._write(record.levelname, "Python", record.getMessage())

    def _write(self, level: str, source: str, text: str) -> None:
        self.lines.append(f"[{level}][{source}] {text.strip()}")
        with open(self.filePath, "a", encoding="utf-8") as file:
            file.write(self.lines[-1] + "\n")

    def _on_qt(self, kind: Any, context: Any, message: str) -> None:
        if kind in _QT and not any(words in message for words in _OFFSCREEN):
            self._write(_QT[kind], "Qt", message)

    def _on_uncaught(self, kind: Any, error: Any, trace: Any) -> None:
        """An error in a slot or an observer, which Qt and VTK swallow."""
        self._write("CRITICAL", "Python", "".join(traceback.format_exception(kind, error, trace)))

    def _listen_to_vtk(self, level: str) -> None:
        @calldata_type(vtk.VTK_STRING)
        def said(window: Any, event: str, text: str) -> None:
            if _OTHERS not in text:
                self._write(level.upper(), "VTK", text)

        vtk.vtkOutputWindow.GetInstance().AddObserver(f"{level}Event", said)
