"""What `slicer.app` answers, and the modules it holds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import slicer
from PySide6.QtWidgets import QApplication

from standin.error_log import ErrorLog


class ModuleManager:
    """The modules by name."""

    def __init__(self) -> None:
        self._modules: dict[str, Any] = {}
        self._listeners: list[Callable] = []

    def module(self, name: str) -> Any:
        """A module, or None."""
        return self._modules.get(name)

    def connect(self, signal: str, listener: Callable) -> None:
        """Slicer's moduleAboutToBeUnloaded(QString), the only signal it has here."""
        if signal != "moduleAboutToBeUnloaded(QString)":
            raise AttributeError(f"the stand-in's module manager has no signal {signal}")
        self._listeners.append(listener)

    def disconnect(self, signal: str, listener: Callable) -> None:
        """Listen no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def add(self, module: Any) -> None:
        """Register a module here and in slicer.modules."""
        self._modules[module.name] = module
        setattr(slicer.modules, module.name.lower(), module)

    def remove(self, name: str) -> None:
        """Tell the module that it goes, and forget it."""
        for listener in list(self._listeners):
            listener(name)
        del self._modules[name]
        delattr(slicer.modules, name.lower())
        vars(slicer.modules).pop(name + "Widget", None)


class CoreModule:
    """A module of slicer-core: it has a logic and no panel."""

    def __init__(self, name: str, logic: Any):
        self.name, self.path, self._logic = name, "", logic

    def logic(self) -> Any:
        """The logic of slicer-core."""
        return self._logic

    def widgetRepresentation(self) -> None:
        """None: the panel is desktop Slicer's."""


class Application(QApplication):
    """Qt's application with what Slicer adds."""

    def __init__(self, application_logic: Any):
        super().__init__(["standin"])
        self._logic, self._layout_manager = application_logic, None
        self._modules = ModuleManager()
        self._folder = tempfile.TemporaryDirectory(prefix="standin")
        self._log = ErrorLog(self._folder.name)
        self.setApplicationName("Slicer stand-in")

    temporaryPath = property(lambda self: self._folder.name)
    slicerUserSettingsFilePath = property(lambda self: f"{self._folder.name}/Slicer.ini")

    def errorLogModel(self) -> ErrorLog:
        """The error log."""
        return self._log

    def applicationLogic(self) -> Any:
        """The logic of slicer-core's application."""
        return self._logic

    def mrmlScene(self) -> Any:
        """The scene."""
        return slicer.mrmlScene

    def layoutManager(self) -> Any:
        """The views."""
        return self._layout_manager

    def moduleManager(self) -> ModuleManager:
        """The modules."""
        return self._modules

    def testingEnabled(self) -> bool:
        """Not Slicer's own testing mode, in which dialogs are left out."""
        return False
