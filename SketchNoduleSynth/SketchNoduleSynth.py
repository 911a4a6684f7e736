"""SketchNoduleSynth in Slicer: what Slicer must find in a module. All that it does is in SketchNoduleSynthLib."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


def folder() -> Path:
    """That of the library and of Resources: installed, this file's; in a checkout, the one above it."""
    here = Path(__file__).resolve().parent
    return here if (here / "SketchNoduleSynthLib").is_dir() else here.parent


class SketchNoduleSynth(ScriptedLoadableModule):
    """Name, place and credits."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        if str(folder()) not in sys.path:  # Slicer puts only this file's folder there: of a checkout not the library's.
            sys.path.append(str(folder()))
        parent.title = _("Sketch Nodule Synth")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Image Synthesis")]
        parent.dependencies = []
        parent.icon = qt.QIcon(str(folder() / "Resources" / "Icons" / "SketchNoduleSynth.png"))
        parent.contributors = ["SketchNoduleSynth developers"]
        parent.helpText = _(
            "Draw a lung nodule on an oblique reslice of a chest CT; a network makes it stand in a copy of the CT. "
            "For training and research, not for diagnosis: everything it makes is synthetic."
        )
        parent.acknowledgementText = _("The networks were trained on nodules of LIDC-IDRI (CC BY 3.0).")


@parameterNodeWrapper
class SketchNoduleSynthParameterNode:
    """Kept with the scene. The session itself is a text node that refers to all its others; see mrml.session_nodes."""

    inputVolume: slicer.vtkMRMLScalarVolumeNode


class SketchNoduleSynthWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel's life: made once, connected to the scene while the module is in front."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: SketchNoduleSynthLogic | None = None
        self.panel: Any = None
        self._unfollow: Any = None
        self._parameters: Any = None

    def setup(self) -> None:
        """Make the panel; nothing is loaded, asked or installed."""
        ScriptedLoadableModuleWidget.setup(self)
        from SketchNoduleSynthLib.panel.panel import Panel

        widget = slicer.util.loadUI(str(folder() / "Resources" / "UI" / "SketchNoduleSynth.ui"))
        self.layout.addWidget(widget)
        self.ui = slicer.util.childWidgetVariables(widget)
        self.ui.SketchNoduleSynth = widget
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = SketchNoduleSynthLogic()
        self.panel = Panel(self.ui, widget, self.logic.shared)
        self._unfollow = self.logic.opened.connect(lambda volume: self.ui.inputSelector.setCurrentNode(volume))
        self.panel.scene_rested.connect(self._choose_volume)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeAddedEvent, self._on_node_added)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self._on_start_close)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self._on_new_scene)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndBatchProcessEvent, self._on_new_scene)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeRemovedEvent, self._on_node_removed)
        self.ui.inputSelector.currentNodeChanged.connect(lambda *_overload: self._remember())
        if self.parent is not None and self.parent.isEntered:  # After a reload.
            self.enter()

    def cleanup(self) -> None:
        """The application ends or the module is reloaded: Slicer only hides what was there before."""
        self.removeObservers()
        if self._unfollow is not None:
            self._unfollow()
            self._unfollow = self._parameters = None
            self.ui.SketchNoduleSynth.setMRMLScene(None)
            self.panel.remove()
            self.logic.shared.leave(self.logic)

    def enter(self) -> None:
        self._begin()
        self._choose_volume()

    def exit(self) -> None:
        """Another module comes to the front: the pen is laid down, the preview is off."""
        self.panel.listen(False)
        self._parameters = None

    def _begin(self) -> None:
        self._parameters = self.logic.getParameterNode()
        self.panel.listen(True)

    def _choose_volume(self) -> None:
        """While none is: the volume of the last time, or else the first that there is."""
        if self._parameters is None or self.ui.inputSelector.currentNode() is not None:
            return
        from SketchNoduleSynthLib.mrml.volumes import first_ct

        volume = self._parameters.inputVolume or first_ct()
        if volume is not self.ui.inputSelector.currentNode():
            self.ui.inputSelector.setCurrentNode(volume)

    def _remember(self) -> None:
        if self._parameters is not None:
            self._parameters.inputVolume = self.ui.inputSelector.currentNode()

    def _on_start_close(self, caller: Any, event: Any) -> None:
        self._parameters = None
        self.panel.close()
        self.logic.close()

    def _on_new_scene(self, caller: Any, event: Any) -> None:
        """Of a scene that is read, Slicer sorts the nodes only after this event: before that none may go."""
        if self.parent is not None and self.parent.isEntered:
            self._begin()
            self.panel.look_at_scene_soon()

    def _on_node_added(self, caller: Any, event: Any) -> None:
        if self._parameters is not None:
            self.panel.look_at_scene_soon()

    def _on_node_removed(self, caller: Any, event: Any) -> None:
        from SketchNoduleSynthLib.mrml.volumes import SYNTHETIC_ATTRIBUTE

        if slicer.mrmlScene.IsClosing():
            return
        if self.panel.editor is not None and not self.panel.editor.nodes.is_in_scene():
            self.panel.close()
        chosen = self.ui.inputSelector.currentNode()
        if self.logic.forget_deleted() and chosen is not None and chosen.GetAttribute(SYNTHETIC_ATTRIBUTE):
            self.ui.inputSelector.setCurrentNode(None)  # In place of a deleted CT, Qt chose its copy, the next entry.
        self.panel.look_at_scene_soon()


class SketchNoduleSynthLogic(ScriptedLoadableModuleLogic):
    """The cases of the scene, one a CT; in Slicer's Python console it has the methods of `mrml.console.Console`."""

    def __init__(self) -> None:
        from SketchNoduleSynthLib.mrml.shared_editor import SharedEditor

        ScriptedLoadableModuleLogic.__init__(self)
        self.shared = SharedEditor.take(self)
        self.worker = self.shared.worker

    def __getattr__(self, name: str) -> Any:
        if name == "shared":  # Not there before __init__.
            raise AttributeError(name)
        return getattr(self.shared.console, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.shared.console)})

    def getParameterNode(self) -> SketchNoduleSynthParameterNode:
        return SketchNoduleSynthParameterNode(super().getParameterNode())


class SketchNoduleSynthTest(ScriptedLoadableModuleTest):
    """The self test, for Slicer's own test runner and the Reload and Test button."""

    def setUp(self) -> None:
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        self.setUp()
        try:
            self.test_insert_and_undo()
        except unittest.SkipTest as skipped:  # The button would show it as an error.
            self.delayDisplay(str(skipped))

    def test_insert_and_undo(self) -> None:
        """A nodule in the sample CT, and the CT as it was."""
        from SketchNoduleSynthLib.panel.dependencies import missing

        if missing():
            self.skipTest(f"Not tested: Slicer's Python lacks {', '.join(missing())}; the panel installs it.")
        import numpy as np
        import SampleData
        from scipy import ndimage

        source = SampleData.downloadSample("CTChest")
        before = slicer.util.arrayFromVolume(source).copy()
        logic = slicer.util.getModuleLogic("SketchNoduleSynth")
        logic.open(source)
        self.delayDisplay("A nodule of 12 mm by mcgan, which needs no drawing")
        smooth = ndimage.uniform_filter(before.astype(np.float32), 9)
        lung = np.argwhere(np.abs(smooth + 850) < 30)
        x, y, z = logic.session.source.grid.to_lps(lung[len(lung) // 2][::-1])
        logic.place((-x, -y, z), 12.0)
        logic.choose(model="mcgan", seed=3)
        logic.insert()
        result = logic.nodes.result
        self.assertTrue((slicer.util.arrayFromVolume(result) != before).any())
        logic.undo()
        self.assertTrue(np.array_equal(slicer.util.arrayFromVolume(result), before))
        self.assertTrue(np.array_equal(slicer.util.arrayFromVolume(source), before))
        self.delayDisplay("Passed")
