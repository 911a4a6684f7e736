"""One long session as a radiologist's, in desktop Slicer (or our stand-in): the tests run in the order of their names.

It needs no network and nothing of the machine: the CT is an artificial chest. Without torch, what makes nodules is
skipped with that reason. IN_SLICER_LATENCY_MS and IN_SLICER_GAP_MS are what is allowed where Slicer's main thread has
the usual priority; at a lower one the figures are only told.
"""

from __future__ import annotations

import os
import tempfile
import unittest
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from phantom import LUNG_RAS_MM, chest
from user import Hand, log_lines, process_events, wait_until

from SketchNoduleSynthLib.editing.kept_sessions import FOLDER_VARIABLE
from SketchNoduleSynthLib.mrml import long_tasks, volumes

LATENCY_MS = float(os.environ.get("IN_SLICER_LATENCY_MS", "100"))
GAP_MS = float(os.environ.get("IN_SLICER_GAP_MS", "100"))
STROKES = int(os.environ.get("IN_SLICER_STROKES", "10"))
MODULE = "SketchNoduleSynth"
needs_runtime = unittest.skipUnless(find_spec("openvino") or find_spec("torch"), "nothing here runs the networks")


def is_usual_priority() -> bool:
    """Slicer on Linux may have given its main thread a low one."""
    return not hasattr(os, "getpriority") or os.getpriority(os.PRIO_PROCESS, os.getpid()) == 0


def go_to(module: str) -> None:
    """Another module; in our stand-in, which has no other, away from ours."""
    slicer.util.selectModule(module if hasattr(slicer.modules, module.lower()) else "")
    process_events(0.05)


class Session(unittest.TestCase):
    source: Any
    folder: tempfile.TemporaryDirectory

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        os.environ.setdefault(FOLDER_VARIABLE, cls.folder.name)  # Not among the user's own sessions.
        slicer.mrmlScene.Clear()
        cls.lines_before = len(log_lines())
        go_to("Data")  # From now on the subject hierarchy's plugins listen.
        cls.source = volumes.node_from_volume(chest(), "CT", slicer.mrmlScene)

    def setUp(self) -> None:
        self.measured: list[str] = []
        if slicer.util.selectedModule() != MODULE:
            slicer.util.selectModule(MODULE)
        process_events(0.1)

    @staticmethod
    def window() -> Any:
        return slicer.util.mainWindow()

    @property
    def widget(self) -> Any:
        return slicer.util.getModuleWidget(MODULE)

    @property
    def ui(self) -> Any:
        return self.widget.ui

    @property
    def editor(self) -> Any:
        return self.widget.panel.editor

    def rest(self) -> list[float]:
        gaps = wait_until(lambda: not self.widget.logic.worker.is_busy)
        process_events(0.05)
        return gaps

    def click(self, button: Any) -> None:
        self.assertTrue(button.enabled, f"{button.objectName} is disabled")
        button.click()
        process_events()

    def take_pen(self) -> None:
        if self.editor.tools.current != "nodule":
            self.click(self.ui.draw_nodule)

    def draw(self, share: float = 0.2) -> None:
        self.take_pen()
        Hand().drag(Hand().circle(share))
        self.rest()

    def voxels(self, node: Any) -> np.ndarray:
        return slicer.util.arrayFromVolume(node).copy()

    def insert(self) -> list[float]:
        self.click(self.ui.insert)
        return self.rest()

    def check_limit(self, what: str, seconds: float, limit_ms: float) -> None:
        self.measured.append(f"{what}: {1000 * seconds:.0f} ms")
        if is_usual_priority():
            self.assertLess(1000 * seconds, limit_ms, what)

    # The session

    def test_01_the_only_ct_is_chosen_and_shown_in_all_views(self) -> None:
        self.ui.inputSelector.setCurrentNode(self.source)
        process_events(0.2)
        self.assertIs(self.editor.nodes.source, self.source)
        for name in ("Red", "Green", "Yellow"):
            self.assertEqual(Hand(name).background(), self.source.GetID())
        self.rest()

    def test_02_a_click_places_the_box_where_the_pointer_is(self) -> None:
        hand = Hand("Green")
        hand.node.JumpSliceByCentering(*LUNG_RAS_MM)
        process_events(0.1)
        self.click(self.ui.place)
        hand.click(LUNG_RAS_MM)
        at = np.array(self.editor.session.draft.voi.center_ras_mm)
        pixel_mm = hand.node.GetFieldOfView()[0] / hand.size[0]
        self.assertLess(np.abs(at - LUNG_RAS_MM).max(), 1.5 * pixel_mm)
        self.assertTrue(self.ui.draw_nodule.checked)

    @needs_runtime
    def test_03_a_stroke_lies_under_the_pointer_and_its_preview_follows(self) -> None:
        self.ui.model.setCurrentText("pix2pix")
        self.rest()
        self.take_pen()
        hand = Hand()
        waits, frames = [], []
        for number in range(STROKES):
            if self.editor.session.draft.strokes:
                self.click(self.ui.clear)
            places = hand.circle(0.16 + 0.004 * number)
            frames += hand.drag(places, hold=True)
            hand.release(places[-1])
            waits.append(sum(wait_until(lambda: not self.widget.logic.worker.is_busy)))
        points = self.editor.session.draft.strokes[-1].points_mm
        frame = self.editor.session.draft.voi.frame(1)
        drawn = frame.to_local(hand.ras_of(places[0]) * (-1, -1, 1))[:2]
        self.assertLess(np.abs(points[0] - drawn).max(), 0.05, "u, v in mm")
        self.assertEqual(hand.foreground(), self.editor.nodes.node("Preview").GetID())
        self.check_limit("stroke end to preview, median", float(np.median(waits)), LATENCY_MS)
        self.check_limit("a move of the pen, median", float(np.median(frames)), 1000 / 30)

    @needs_runtime
    def test_04_insert_undo_and_redo_are_exact_and_leave_no_preview(self) -> None:
        before = self.voxels(self.source)
        gaps = self.insert()
        nodes = self.editor.nodes
        after = self.voxels(nodes.result)
        self.assertTrue((after != before).any())
        self.assertIsNone(Hand().foreground())
        self.assertEqual(Hand().background(), nodes.result.GetID())
        self.click(self.ui.undo)
        self.assertTrue(np.array_equal(self.voxels(nodes.result), before))
        self.click(self.ui.redo)
        self.assertTrue(np.array_equal(self.voxels(nodes.result), after))
        self.assertTrue(np.array_equal(self.voxels(self.source), before))
        self.check_limit("longest gap of the interface in Insert", max(gaps), GAP_MS)

    @needs_runtime
    def test_05_other_modules_find_the_views_free_of_ours(self) -> None:
        self.ui.seed.setValue(3)
        self.rest()
        self.assertIsNotNone(Hand().foreground())
        go_to("SegmentEditor")
        self.assertIsNone(Hand().foreground(), "at once")
        slicer.util.selectModule(MODULE)
        self.rest()
        self.assertIsNotNone(Hand().foreground())
        self.click(self.ui.undo)

    def test_06_pressing_the_pen_turns_back_to_the_plane(self) -> None:
        hand = Hand()
        hand.node.SetSliceOffset(hand.node.GetSliceOffset() + 8.0)
        if self.editor.tools.current is None:
            self.click(self.ui.draw_vessel)
        hand.node.SetOrientation("Coronal")
        hand.drag([np.add(hand.size / 2, shift) for shift in ((-80, -80), (-40, -80), (0, -70), (40, -70))])
        normal = self.editor.session.draft.voi.frame(1).axes[2] * (-1, -1, 1)
        pose = slicer.util.arrayFromVTKMatrix(hand.node.GetSliceToRAS())
        self.assertGreater(abs(normal @ pose[:3, 2]), 0.9999)
        self.click(self.ui.undo)
        self.editor.take(None)

    def test_07_window_and_level_are_one_and_the_users_layers_come_back(self) -> None:
        mine = volumes.node_from_volume(chest(), "other", slicer.mrmlScene)
        Hand("Yellow").composite.SetBackgroundVolumeID(mine.GetID())
        Hand().composite.SetForegroundVolumeID(mine.GetID())
        Hand().composite.SetForegroundOpacity(0.25)
        self.draw(0.22)
        shown = [node for node in (self.source, self.editor.nodes.result, self.editor.nodes.node("Preview")) if node]
        shown[-1].GetDisplayNode().SetWindowLevel(900.0, -500.0)
        self.assertEqual({node.GetDisplayNode().GetWindow() for node in shown}, {900.0})
        go_to("Data")
        self.assertEqual((Hand().foreground(), Hand("Yellow").background()), (mine.GetID(), mine.GetID()))
        self.assertAlmostEqual(Hand().composite.GetForegroundOpacity(), 0.25)
        slicer.mrmlScene.RemoveNode(mine)
        slicer.util.selectModule(MODULE)
        process_events(0.1)

    def test_08_mouse_modes(self) -> None:
        node = slicer.app.applicationLogic().GetInteractionNode()
        self.editor.take(None)
        node.SetCurrentInteractionMode(node.AdjustWindowLevel)
        self.click(self.ui.draw_nodule)
        self.assertEqual(node.GetCurrentInteractionMode(), node.ViewTransform)
        self.editor.take(None)
        self.assertEqual(node.GetCurrentInteractionMode(), node.AdjustWindowLevel)
        self.click(self.ui.draw_nodule)
        node.SetCurrentInteractionMode(node.Place)
        self.assertIsNone(self.editor.tools.current)
        node.SetCurrentInteractionMode(node.ViewTransform)

    def test_09_undo_takes_back_one_drag(self) -> None:
        roi, before = self.editor.nodes.roi, self.editor.session.draft.voi
        for shift in (3.0, -4.0):
            roi.InvokeEvent(roi.PointStartInteractionEvent)
            for part in (0.3, 0.6, 1.0):
                roi.SetCenterWorld(*np.add(before.center_ras_mm, (part * shift, 0, 0)))
            roi.InvokeEvent(roi.PointEndInteractionEvent)
        self.click(self.ui.undo)
        self.assertAlmostEqual(self.editor.session.draft.voi.center_ras_mm[0], before.center_ras_mm[0] + 3.0, 3)
        self.click(self.ui.undo)
        self.assertEqual(self.editor.session.draft.voi, before)

    def test_09b_a_point_of_the_outline_is_dragged(self) -> None:
        hand = Hand()
        self.draw()
        before = self.editor.session.draft.strokes
        self.click(self.ui.points)
        curve = next(iter(self.editor.nodes.curves._nodes.values()))
        start = hand.xy_of(slicer.util.arrayFromMarkupsControlPoints(curve)[0])
        hand.drag([np.round(start + share * np.array([40.0, 25.0])) for share in np.linspace(0, 1, 8)])
        self.assertEqual(self.editor.session.undoable, "Move points")
        self.click(self.ui.undo)
        self.assertEqual(self.editor.session.draft.strokes, before)
        self.click(self.ui.points)
        self.rest()

    @needs_runtime
    def test_10_what_is_deleted_comes_back(self) -> None:
        for role in ("Result", "VOI", "Nodules"):
            for of in (lambda node: node.GetDisplayNode(), lambda node: node):
                slicer.mrmlScene.RemoveNode(of(self.editor.nodes.node(role)))
                process_events(0.1)
                self.ui.seed.setValue(self.editor.session.draft.seed + 1)
                self.rest()
                self.insert()
                made = self.editor.session.result().synthetic.array
                self.assertTrue(np.array_equal(self.voxels(self.editor.nodes.result), made), role)

    @needs_runtime
    def test_11_a_ct_that_moves_is_never_drawn_on_silently(self) -> None:
        transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
        matrix = np.eye(4)
        matrix[:3, 3] = 12.0
        transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
        count = len(self.editor.session.nodules)
        self.source.SetAndObserveTransformNodeID(transform.GetID())
        process_events(0.6)
        self.assertIsNone(self.editor)
        self.assertIn("undo that", self.ui.statusLabel.text)
        self.source.SetAndObserveTransformNodeID(None)
        process_events(0.6)
        self.assertEqual(len(self.editor.session.nodules), count)
        slicer.mrmlScene.RemoveNode(transform)

    def test_12_views_for_comparing_take_part(self) -> None:
        manager = slicer.app.layoutManager()
        layout, known = manager.layout, set(manager.sliceViewNames())
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutCompareView)
        process_events(0.3)
        try:
            new = set(manager.sliceViewNames()) - known
            self.assertTrue(new)
            for name in new:
                self.assertEqual(Hand(name).background(), self.editor.nodes.shown_volume.GetID())
        finally:
            manager.setLayout(layout)
            process_events(0.3)

    @needs_runtime
    def test_13_a_training_case_is_written_and_read(self) -> None:
        from SketchNoduleSynthLib.teaching.case import Case
        from SketchNoduleSynthLib.teaching.check import check

        folder = Path(self.folder.name) / "case"
        long_tasks.export_case(self.editor, folder)
        self.rest()
        self.assertIn("nodule", check(Case.open(folder)))
        orientation = Hand().node.GetOrientation()
        self.widget.panel.reading.open(folder, "tester")
        self.rest()
        self.assertTrue(self.ui.readingSection.visible)
        self.assertEqual(Hand().node.GetOrientation(), "Axial")
        self.click(self.ui.mark)
        Hand().click(LUNG_RAS_MM)
        self.assertEqual(len(self.widget.panel.reading.controller.session.findings), 1)
        self.click(self.ui.leaveButton)
        self.assertEqual(Hand().node.GetOrientation(), orientation)
        self.assertIs(self.editor.nodes.source, self.source)

    @needs_runtime
    def test_14_a_saved_scene_is_edited_on(self) -> None:
        result, count = self.voxels(self.editor.nodes.result), len(self.editor.session.nodules)
        path = str(Path(self.folder.name) / "case.mrb")
        self.assertTrue(slicer.mrmlScene.WriteToMRB(path))
        slicer.mrmlScene.Clear()
        process_events(0.1)
        self.assertIsNone(self.editor)
        self.assertTrue(slicer.mrmlScene.ReadFromMRB(path, True))
        process_events(0.5)
        self.assertEqual(len(self.editor.session.nodules), count)
        self.assertTrue(np.array_equal(self.voxels(self.editor.nodes.result), result))
        type(self).source = self.editor.nodes.source

    def test_15_with_the_ct_goes_all_but_what_was_made(self) -> None:
        slicer.mrmlScene.RemoveNode(self.source)
        process_events(0.3)
        for kind in ("vtkMRMLMarkupsNode", "vtkMRMLTextNode"):
            self.assertEqual([node.GetName() for node in slicer.util.getNodesByClass(kind)], [])

    def test_16_nothing_of_ours_is_in_the_error_log(self) -> None:
        lines = log_lines()[self.lines_before :]
        self.measured += lines
        self.assertEqual([line for line in lines if not line.startswith("[WARNING]") or MODULE in line], [])
