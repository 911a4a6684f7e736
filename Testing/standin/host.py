"""The stand-in put together: booted once a process, and the object that tests hold."""

from __future__ import annotations

import atexit
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import slicer
import slicer.util
from PySide6.QtCore import QCoreApplication, QEvent
from slicer_host import boot as boot_slicer_core

from standin import gestures, parameter_node, properties, qt_module, scripted_module, subject_hierarchy
from standin.application import Application, CoreModule
from standin.dialogs import Dialogs
from standin.mrml_widgets import qMRMLNodeComboBox, qMRMLWidget
from standin.window import Window

_CORE_MODULES = ("Volumes", "Markups", "Segmentations", "SubjectHierarchy")


class LoadedModule:
    """A scripted module with its panel."""

    def __init__(self, module: Any):
        self.module = module

    @property
    def widget(self) -> Any:
        """The Python widget, another one after a reload."""
        return self.module.widgetRepresentation().self()

    @property
    def logic(self) -> Any:
        """The Python logic."""
        return slicer.util.getModuleLogic(self.module)

    def reload(self) -> Any:
        """What Slicer's Reload does: the source is read again; the new widget."""
        slicer.util.reloadScriptedModule(self.module.name)
        return self.widget


class Desktop:
    """Our stand-in for desktop Slicer, as tests see it."""

    click = staticmethod(gestures.click)
    drag = staticmethod(gestures.drag)
    move = staticmethod(gestures.move)
    release = staticmethod(gestures.release)
    press_key = staticmethod(gestures.press_key)
    process_events = staticmethod(gestures.process_events)

    def __init__(self) -> None:
        self.scene = slicer.mrmlScene
        self.app = slicer.app
        self.dialogs = Dialogs()
        self.dialogs.install(slicer.util)
        self.log = self.app.errorLogModel()
        self.window = Window(self.app.layoutManager().viewport())
        self.current: Any = None
        self._loaded: list[Any] = []
        slicer.util.selectModule = self.select_module
        slicer.util.selectedModule = lambda: self.current.name if self.current else ""

    @property
    def layout_manager(self) -> Any:
        """The views."""
        return self.app.layoutManager()

    def slice_view(self, name: str = "Red") -> Any:
        """A slice view, to click on."""
        return self.layout_manager.sliceWidget(name).sliceView()

    def load_module(self, path: str | Path, enter: bool = True) -> LoadedModule:
        """Load a scripted module, make its panel, and show it as if the user had chosen it."""
        name = Path(path).stem
        module = scripted_module.qSlicerScriptedLoadableModule(name, str(path))
        self._loaded.append(module)
        sys.path.insert(0, str(Path(path).parent))
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        self.app.moduleManager().add(module)
        spec.loader.exec_module(sys.modules[name])
        getattr(sys.modules[name], name)(module)
        if enter:
            self.select_module(module)
        return LoadedModule(module)

    def select_module(self, module: Any) -> None:
        """Leave the module that is shown, and enter this one, or none."""
        module = slicer.util.getModule(module) if isinstance(module, str) and module else module
        left, self.current = self.current, None
        if left:
            left.widgetRepresentation().exit()
        self.window.show_panel(module.widgetRepresentation() if module else None)
        if module:
            self.current = module
            module.widgetRepresentation().enter()
        self.process_events()

    def screenshot(self, path: str | Path) -> Path:
        """The panel on the left and the views on the right, as one PNG."""
        self.process_events()
        if not self.window.grab().save(str(path)):
            raise OSError(f"{path} cannot be written")
        return Path(path)

    def reset(self) -> None:
        """As after the start: no modules, dialogs, settings or nodes."""
        self.select_module(None)
        manager = self.app.moduleManager()
        for module in self._loaded:
            manager.remove(module.name)
            if module.representation:
                for box in module.representation.findChildren(qMRMLNodeComboBox):
                    box.let_go()
                module.representation.deleteLater()
            del sys.modules[module.name]
            sys.path.remove(str(Path(module.path).parent))
        self._loaded = []
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # Without exec() Qt waits for ever.
        self.dialogs.forget()
        for node in slicer.util.getNodesByClass("vtkMRMLScriptedModuleNode"):
            self.scene.RemoveNode(node)  # a singleton: closing the scene leaves it
        self.scene.Clear()
        self.layout_manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self.process_events()


@cache
def boot() -> Desktop:
    """Start the stand-in, once a process."""
    core = boot_slicer_core()
    properties.install()
    qt_module.install()
    slicer.app = Application(core.application_logic)
    slicer.modules = SimpleNamespace()
    for name, logic in zip(_CORE_MODULES, core.logics, strict=True):
        core.application_logic.SetModuleLogic(name, logic)
        slicer.app.moduleManager().add(CoreModule(name, logic))
    core.application_logic.SetModuleLogic("Colors", core.application_logic.GetColorLogic())
    for cls in (qMRMLWidget, qMRMLNodeComboBox):
        setattr(slicer, cls.__name__, cls)
    slicer.qSlicerScriptedLoadableModule = scripted_module.qSlicerScriptedLoadableModule
    slicer.qSlicerScriptedLoadableModuleWidget = scripted_module.qSlicerScriptedLoadableModuleWidget
    _as_slicer_module("ScriptedLoadableModule", scripted_module)
    _as_slicer_module("parameterNodeWrapper", parameter_node)
    i18n = ModuleType("slicer.i18n")
    i18n.tr, i18n.translate = (lambda text: text), (lambda context, text: text)
    _as_slicer_module("i18n", i18n)
    for kind in ("Slice", "ThreeD"):
        factory = getattr(slicer, f"vtkMRML{kind}ViewDisplayableManagerFactory").GetInstance()
        factory.SetMRMLApplicationLogic(core.application_logic)
    crosshair = slicer.vtkMRMLCrosshairNode()
    crosshair.SetCrosshairName("default")
    slicer.mrmlScene.AddNode(crosshair)
    subject_hierarchy.install(slicer.mrmlScene)
    from standin.layout_manager import LayoutManager

    slicer.app._layout_manager = LayoutManager()
    desktop = Desktop()
    atexit.register(slicer.app.layoutManager().finish)
    return desktop


def _as_slicer_module(name: str, module: ModuleType) -> None:
    """Let `from slicer.NAME import ...` find it."""
    sys.modules[f"slicer.{name}"] = module
    setattr(slicer, name, module)
