"""What every test in desktop Slicer (or our stand-in) begins with, and what its user can do.

The tests need no network and nothing of the machine: the CT is an artificial chest. Without what runs the networks,
what makes nodules is skipped with that reason. IN_SLICER_LATENCY_MS and IN_SLICER_GAP_MS are what is allowed where
Slicer's main thread has the usual priority; at a lower one the figures are only told.
"""

from __future__ import annotations

import os
import tempfile
import unittest
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import phantom
import slicer

from in_slicer import dialogs, user
from in_slicer.hand import Hand
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.editing.kept_sessions import FOLDER_VARIABLE
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.panel.dependencies import missing

LATENCY_MS = float(os.environ.get("IN_SLICER_LATENCY_MS", "100"))
GAP_MS = float(os.environ.get("IN_SLICER_GAP_MS", "100"))
MODULE = "SketchNoduleSynth"
SLICES = ("Red", "Green", "Yellow")
LUNG_RAS_MM = phantom.LUNG_RAS_MM
REST_S = 0.6
"""After which a CT that was moved or changed is opened again."""
needs_runtime = unittest.skipIf(missing(), f"Slicer's Python lacks {', '.join(missing())}")
LOGGED_BEFORE = len(user.log_lines())
"""What Slicer's start logged."""
FORGIVEN = set[str]()
"""What tests were expected to log."""


@cache
def chest() -> Volume:
    return phantom.chest()


def is_usual_priority() -> bool:
    """Slicer on Linux may have given its main thread a low one."""
    return not hasattr(os, "getpriority") or os.getpriority(os.PRIO_PROCESS, os.getpid()) == 0


def go_to(module: str) -> None:
    """Another module; in our stand-in, which has no other, away from ours."""
    slicer.util.selectModule(module if hasattr(slicer.modules, module.lower()) else "")
    user.process_events(0.05)


def new_volume(name: str, volume: Volume | None = None) -> Any:
    """Another one comes into the scene."""
    return volumes.node_from_volume(volume or chest(), name, slicer.mrmlScene)


def voxels(node: Any) -> np.ndarray:
    return slicer.util.arrayFromVolume(node).copy()


def wrong_lines(first: int) -> list[str]:
    """Of Slicer's log from that line on: errors, and whatever names us."""
    return [line for line in user.log_lines()[first:] if not line.startswith("[WARNING]") or MODULE in line]


class InSlicer(unittest.TestCase):
    """Each test begins in the module, with a scene of one CT, which is chosen, whatever the last one left behind."""

    measured: list[str]
    may_log: str
    """What Slicer itself logs of something that the test does: in lower case, a part of the lines."""
    source: Any
    folder: Path

    def setUp(self) -> None:
        self.measured, self.may_log = [], ""
        self._logged = len(user.log_lines())
        self._make_folder()
        self.enterContext(dialogs.answering())
        go_to("Data")  # Once it was opened, the subject hierarchy's plugins listen.
        slicer.mrmlScene.Clear()
        slicer.app.layoutManager().setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
        self.mouse_mode.SetCurrentInteractionMode(self.mouse_mode.ViewTransform)
        for view, orientation in zip(SLICES, ("Axial", "Coronal", "Sagittal"), strict=True):
            Hand(view).node.SetOrientation(orientation)
        self.source = new_volume("CT")
        slicer.util.selectModule(MODULE)
        self.choose_ct(self.source)

    def _make_folder(self) -> None:
        """For what the test writes, and so that nothing comes among the user's own sessions."""
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        before = os.environ.get(FOLDER_VARIABLE)
        os.environ[FOLDER_VARIABLE] = str(self.folder / "kept")

        def put_back() -> None:
            if before is None:
                del os.environ[FOLDER_VARIABLE]
            else:
                os.environ[FOLDER_VARIABLE] = before

        self.addCleanup(put_back)

    def tearDown(self) -> None:
        self.rest()
        lines = wrong_lines(self._logged)
        forgiven = [line for line in lines if self.may_log and self.may_log in line.lower()]
        FORGIVEN.update(forgiven)
        self.assertEqual([line for line in lines if line not in forgiven], [], "in Slicer's error log")

    # What there is

    @property
    def widget(self) -> Any:
        return slicer.util.getModuleWidget(MODULE)

    @property
    def window(self) -> Any:
        """Slicer's, whose keys are the panel's."""
        return slicer.util.mainWindow() or self.ui.SketchNoduleSynth.window()

    @property
    def ui(self) -> Any:
        return self.widget.ui

    @property
    def editor(self) -> Any:
        return self.widget.panel.editor

    @property
    def drawing(self) -> Any:
        """The draft."""
        return self.editor.session.draft

    @property
    def nodes(self) -> Any:
        return self.editor.nodes

    @property
    def result(self) -> Any:
        return self.nodes.result

    @property
    def mouse_mode(self) -> Any:
        return slicer.app.applicationLogic().GetInteractionNode()

    @property
    def status(self) -> str:
        """What stands at the top of the panel."""
        return self.ui.statusLabel.text

    # What the user does

    def rest(self) -> list[float]:
        """Until nothing is being made; see :func:`user.wait_until`."""
        gaps = user.wait_until(lambda: not self.widget.logic.worker.is_busy)
        user.process_events(0.05)
        return gaps

    def key(self, keys: str) -> None:
        user.press(keys, self.window)

    def choose_ct(self, node: Any) -> None:
        self.ui.inputSelector.setCurrentNode(node)
        user.process_events(0.1)
        self.rest()

    def choose_model(self, name: str) -> None:
        self.ui.model.setCurrentText(name)
        self.rest()

    def place(self, ras: Sequence[float] = LUNG_RAS_MM, view: str = "Green") -> None:
        user.click(self.ui.place)
        hand = Hand(view)
        hand.node.JumpSliceByCentering(*ras)
        user.process_events(0.05)
        hand.click(ras)

    def draw(self, share: float = 0.2) -> None:
        """The nodule's outline, as a circle."""
        if self.editor.tools.current != "nodule":
            user.click(self.ui.draw_nodule)
        hand = Hand()
        hand.drag(hand.circle(share))
        self.rest()

    def place_and_draw(self, ras: Sequence[float] = LUNG_RAS_MM) -> None:
        self.place(ras)
        self.choose_model("pix2pix")
        self.draw()

    def insert(self) -> list[float]:
        user.click(self.ui.insert)
        return self.rest()

    def make_nodule(self, ras: Sequence[float] = LUNG_RAS_MM) -> None:
        self.place_and_draw(ras)
        self.insert()

    # What is asked

    def off_plane_mm(self) -> float:
        """How far the middle of the red view is from the plane that is drawn on; 90 if it is turned away from it."""
        frame, pose = self.drawing.voi.frame(1), Hand().pose
        normal = frame.axes[2] * (-1, -1, 1)
        away = pose[:3, 3] - np.array(self.drawing.voi.center_ras_mm)
        return float(abs(normal @ away)) if abs(normal @ pose[:3, 2]) > 0.9999 else 90.0

    def middle_of_changes(self) -> np.ndarray:
        """Of the voxels of the copy that are not the CT's, RAS mm in the world."""
        index = np.argwhere(voxels(self.source) != voxels(self.result)).mean(0)[::-1]
        return (volumes.ijk_to_world(self.result) @ (*index, 1.0))[:3]

    def check_limit(self, what: str, seconds: float, limit_ms: float) -> None:
        self.measured.append(f"{what}: {1000 * seconds:.0f} ms")
        if is_usual_priority():
            self.assertLess(1000 * seconds, limit_ms, what)
