"""The modules `qt` and `ctk` that PythonQt offers."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from standin.ui_loader import CTK, QUiLoader

_PARTS = (QtWidgets, QtGui, QtCore)


def _lookup(name: str) -> Any:
    """A name of Qt, wherever PySide keeps it."""
    for part in _PARTS:
        if hasattr(part, name):
            return getattr(part, name)
    raise AttributeError(f"the stand-in's qt has no {name}")


def install() -> None:
    """Make `import qt, ctk` work: one flat namespace each."""
    qt = ModuleType("qt", "PySide6 in PythonQt's flat namespace, for the stand-in")
    qt.QUiLoader = QUiLoader
    qt.__getattr__ = _lookup
    ctk = ModuleType("ctk", "Doubles of ctk's widgets, for the stand-in")
    for cls in CTK:
        setattr(ctk, cls.__name__, cls)
    sys.modules.update(qt=qt, ctk=ctk)
