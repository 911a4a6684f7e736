"""A CT that others move or change after it was chosen: the drawing goes along, or it is said what must be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import slicer

from in_slicer import user
from in_slicer.hand import Hand
from in_slicer.session import LUNG_RAS_MM, REST_S, InSlicer, go_to, needs_runtime, voxels
from SketchNoduleSynthLib.mrml import volumes


def put_under_transform(node: Any, shift_mm: float = 12.0, turn_deg: float = 10.0) -> None:
    turn, matrix = np.radians(turn_deg), np.eye(4)
    matrix[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    matrix[:3, 3] = shift_mm
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(matrix))
    node.SetAndObserveTransformNodeID(transform.GetID())
    user.process_events(REST_S)


def show_next_frame(node: Any) -> None:
    """Other voxels in the same node, as of a sequence."""
    slicer.util.arrayFromVolume(node)[:] += 7
    slicer.util.arrayFromVolumeModified(node)
    user.process_events(REST_S)


def put_elsewhere(node: Any) -> None:
    node.SetOrigin(*(np.array(node.GetOrigin()) + 20.6))
    user.process_events(REST_S)


def edit_spacing(node: Any) -> None:
    node.SetSpacing(*(1.1 * np.array(node.GetSpacing())))
    user.process_events(REST_S)


class ChangedCt(InSlicer):
    def place_of_voxel(self, index: np.ndarray) -> np.ndarray:
        """Where the voxel of that index lies now."""
        return (volumes.ijk_to_world(self.source) @ index)[:3]

    def check_the_drawing_goes_along(self, change: Callable[[Any], None]) -> None:
        self.place_and_draw()
        center = np.array(self.drawing.voi.center_ras_mm)
        index = np.linalg.inv(volumes.ijk_to_world(self.source)) @ (*center, 1.0)
        change(self.source)
        there = self.place_of_voxel(index)
        self.assertLess(np.abs(self.drawing.voi.center_ras_mm - there).max(), 1e-3)
        self.assertEqual(len(self.drawing.strokes), 1)
        self.assertIn("moved or changed", self.status)
        self.assertLess(self.off_plane_mm(), 0.01)
        self.insert()
        self.assertLess(np.linalg.norm(self.middle_of_changes() - there), 3.0, "mm from the drawing to the nodule")

    @needs_runtime
    def test_a_drawing_goes_with_its_ct_under_a_transform(self) -> None:
        self.check_the_drawing_goes_along(put_under_transform)

    @needs_runtime
    def test_a_drawing_goes_with_its_ct_to_another_origin(self) -> None:
        self.check_the_drawing_goes_along(put_elsewhere)

    @needs_runtime
    def test_a_drawing_goes_with_its_ct_to_another_spacing(self) -> None:
        self.check_the_drawing_goes_along(edit_spacing)

    @needs_runtime
    def test_a_drawing_is_made_in_the_voxels_of_the_frame_that_is_shown(self) -> None:
        self.check_the_drawing_goes_along(show_next_frame)

    @needs_runtime
    def test_a_ct_that_moves_under_its_nodules_is_told_and_as_before_when_that_is_undone(self) -> None:
        self.make_nodule()
        there = self.middle_of_changes()
        go_to("Data")
        put_under_transform(self.source)
        slicer.util.selectModule("SketchNoduleSynth")
        user.process_events(0.1)
        self.assertIsNone(self.editor)
        self.assertIn("undo that (its transform", self.status)
        self.assertFalse(self.ui.insert.enabled)
        self.source.SetAndObserveTransformNodeID(None)
        user.process_events(REST_S)
        self.assertEqual(len(self.editor.session.nodules), 1)
        self.assertLess(np.linalg.norm(self.middle_of_changes() - there), 1e-3)

    @needs_runtime
    def test_a_ct_whose_voxels_change_under_its_nodules_is_told(self) -> None:
        self.make_nodule()
        result = self.result
        made = voxels(result)
        show_next_frame(self.source)
        self.assertIsNone(self.editor)
        self.assertIn("was changed after nodules", self.status)
        self.assertTrue(np.array_equal(voxels(result), made))
        slicer.util.arrayFromVolume(self.source)[:] -= 7
        slicer.util.arrayFromVolumeModified(self.source)
        user.process_events(REST_S)
        self.assertEqual(len(self.editor.session.nodules), 1)

    @needs_runtime
    def test_hardening_the_transform_that_a_ct_was_opened_under_moves_nothing(self) -> None:
        index = np.linalg.inv(volumes.ijk_to_world(self.source)) @ (*LUNG_RAS_MM, 1.0)
        put_under_transform(self.source)
        self.make_nodule(self.place_of_voxel(index))
        there, nodes = self.middle_of_changes(), self.nodes
        self.source.HardenTransform()
        user.process_events(REST_S)
        self.assertIsNone(self.source.GetParentTransformNode())
        self.assertIs(self.nodes, nodes)
        self.assertLess(np.linalg.norm(self.middle_of_changes() - there), 0.01)

    @needs_runtime
    def test_hardening_a_transform_that_came_after_the_nodules_is_told(self) -> None:
        self.make_nodule()
        put_under_transform(self.source)
        self.source.HardenTransform()
        user.process_events(REST_S)
        self.assertIsNone(self.editor)
        self.assertIn("moved or got another geometry after nodules", self.status)

    @needs_runtime
    def test_the_copy_with_nodules_that_is_moved_apart_comes_back_and_it_is_told(self) -> None:
        self.make_nodule()
        nodes, there = self.nodes, self.middle_of_changes()
        put_under_transform(self.result)
        self.assertIs(self.nodes, nodes)
        self.assertIsNone(self.result.GetParentTransformNode())
        self.assertLess(np.linalg.norm(self.middle_of_changes() - there), 1e-3)
        self.assertIn("lies where CT lies, again", self.status)

    def test_the_name_and_the_window_are_no_change(self) -> None:
        self.place()
        editor = self.editor
        self.source.SetName("another name")
        self.source.GetDisplayNode().SetWindowLevel(1000, 0)
        user.process_events(REST_S)
        self.assertIs(self.editor, editor)
        self.assertEqual(Hand().background, self.source.GetID())
