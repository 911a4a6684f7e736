"""What `slicer.app` answers, and the modules it holds."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import slicer
from PySide6.QtCore import QSettings, QStandardPaths, Signal
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

    def factoryManager(self) -> ModuleManager:
        """Slicer has another object for this; here it is the same."""
        return self

    def loadedModuleNames(self) -> tuple[str, ...]:
        """The names of all modules."""
        return tuple(self._modules)

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

    startupCompleted = Signal()

    def __init__(self, application_logic: Any):
        super().__init__(["standin"])
        self._logic, self._paused, self._layout_manager = application_logic, 0, None
        self._modules = ModuleManager()
        self._folder = tempfile.TemporaryDirectory(prefix="standin")
        self._log = ErrorLog(self._folder.name)
        self.setOrganizationName("standin")
        self.setApplicationName("Slicer stand-in")
        QStandardPaths.setTestModeEnabled(True)
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, self._folder.name)

    temporaryPath = property(lambda self: self._folder.name)
    slicerUserSettingsFilePath = property(lambda self: f"{self._folder.name}/Slicer.ini")

    def connect(self, signal: str, listener: Callable) -> bool:
        """Slicer's startupCompleted(), the only signal by name it has here; a test emits it."""
        if signal != "startupCompleted()":
            raise AttributeError(f"the stand-in's application has no signal {signal}")
        self.startupCompleted.connect(listener)
        return True

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

    def settings(self) -> QSettings:
        """Settings in a file of this process."""
        return QSettings()

    def testingEnabled(self) -> bool:
        """Not Slicer's own testing mode, in which dialogs are left out."""
        return False

    def pauseRender(self) -> None:
        """Views keep their pictures until :meth:`resumeRender`."""
        self._paused += 1

    def resumeRender(self) -> None:
        """Views render again."""
        self._paused = max(0, self._paused - 1)
        if not self._paused and self._layout_manager:
            self._layout_manager.viewport().update()

    def isRenderPaused(self) -> bool:
        """Whether views keep their pictures."""
        return self._paused > 0
