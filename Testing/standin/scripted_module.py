"""Doubles of slicer.ScriptedLoadableModule and of the C++ objects that hold a scripted module."""

from __future__ import annotations

import sys
import unittest
from typing import Any

import slicer
from PySide6.QtCore import Property
from PySide6.QtWidgets import QVBoxLayout

from standin.mrml_widgets import qMRMLWidget


class ScriptedLoadableModule:
    """The base of a module's description."""

    def __init__(self, parent: Any):
        self.parent = parent


class ScriptedLoadableModuleWidget:
    """The base of a module's panel."""

    def __init__(self, parent: Any = None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.parent = parent
        self.layout = parent.layout()
        slicer.app.moduleManager().connect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)

    def setup(self) -> None:
        """Make the panel; Slicer adds a section for developers here, the stand-in does not."""

    def cleanup(self) -> None:
        """Let go of everything; called before the module is reloaded or unloaded."""

    def _onModuleAboutToBeUnloaded(self, name: str) -> None:
        if name == self.moduleName:
            self.cleanup()
            slicer.app.moduleManager().disconnect("moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded)


class ScriptedLoadableModuleLogic:
    """The base of a module's logic."""

    def __init__(self, parent: Any = None):
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self) -> Any:
        """The module's own node in the scene, made where it is missing."""
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.vtkMRMLScriptedModuleNode()
            node.SetSingletonTag(self.moduleName)
            node.SetName(self.moduleName)
            node = slicer.mrmlScene.AddNode(node)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetModuleName(self.moduleName)
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The base of a module's own test."""

    def delayDisplay(self, message: str, requestedDelay: int | None = None, msec: int | None = None) -> None:
        """Slicer shows the message for a while."""
        slicer.app.processEvents()

    def runTest(self) -> None:
        """To be overridden."""


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """What Slicer puts into its module panel; the Python widget fills its layout."""

    def __init__(self, name: str):
        super().__init__()
        self._name, self._python, self._entered = name, None, False
        QVBoxLayout(self)
        self.setMRMLScene(slicer.mrmlScene)
        self.reload()

    isEntered = Property(bool, lambda self: self._entered)

    def self(self) -> Any:
        """The Python widget."""
        return self._python

    def reload(self) -> None:
        """Make the Python widget anew from what stands in sys.modules, and set it up."""
        name = self._name + "Widget"
        self._python = getattr(sys.modules[self._name], name)(self)
        setattr(slicer.modules, name, self._python)
        self._python.setup()

    def enter(self) -> None:
        """The user comes to the module."""
        self._entered = True
        getattr(self._python, "enter", lambda: None)()

    def exit(self) -> None:
        """The user goes to another module."""
        self._entered = False
        getattr(self._python, "exit", lambda: None)()


class qSlicerScriptedLoadableModule:
    """What stands in slicer.modules: the module's description, and its panel once it is asked for."""

    # fmt: off
    __slots__ = (
        "acknowledgementText", "associatedNodeTypes", "categories", "contributors", "dependencies", "helpText",
        "hidden", "icon", "index", "name", "path", "representation", "title",
    )
    # fmt: on

    def __init__(self, name: str, path: str):
        self.name, self.path, self.representation = name, path, None

    def widgetRepresentation(self) -> qSlicerScriptedLoadableModuleWidget:
        """The panel."""
        if self.representation is None:
            self.representation = qSlicerScriptedLoadableModuleWidget(self.name)
        return self.representation

    def createNewWidgetRepresentation(self) -> qSlicerScriptedLoadableModuleWidget:
        """Another panel."""
        return qSlicerScriptedLoadableModuleWidget(self.name)

    def logic(self) -> Any:
        """The logic of the C++ side, which says nothing of the Python one: use slicer.util.getModuleLogic."""
        return None
