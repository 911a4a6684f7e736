"""What others do in the middle of it: while the pen is down, a handle dragged, a nodule made, another CT shown."""

from __future__ import annotations

import numpy as np
import slicer
from reading_folder import write_case

from in_slicer import dialogs, user
from in_slicer.hand import Hand
from in_slicer.session import MODULE, InSlicer, go_to, needs_runtime, new_volume, voxels

STEPS = np.linspace(0, 1, 8)[:, None]


class Interrupting(InSlicer):
    # While the mouse is down

    def test_the_ct_or_the_scene_goes_while_the_pen_is_down(self) -> None:
        for end in (lambda: slicer.mrmlScene.RemoveNode(self.source), slicer.mrmlScene.Clear):
            self.place()
            hand = Hand()
            with hand.held(hand.circle(0.2)):
                end()
                user.process_events(0.1)
            self.assertIsNone(self.editor)
            self.source = new_volume("CT")
            user.process_events(0.1)
            self.choose_ct(self.source)

    def test_a_line_that_is_not_finished_when_the_module_is_left_is_dropped(self) -> None:
        self.place()
        hand = Hand()
        with hand.held(hand.circle(0.2)):
            go_to("Data")
        slicer.util.selectModule(MODULE)
        user.process_events(0.1)
        self.assertEqual(self.drawing.strokes, ())
        self.draw()
        self.assertEqual(len(self.drawing.strokes), 1)

    def test_a_ct_that_moves_while_the_pen_is_down_can_be_drawn_on_after(self) -> None:
        self.place()
        hand = Hand()
        with hand.held(hand.circle(0.2)):
            self.source.SetOrigin(*(np.array(self.source.GetOrigin()) + 5))
            user.process_events(0.7)
        user.process_events(0.1)
        self.draw()
        self.assertEqual(len(self.drawing.strokes), 1)

    def test_the_box_that_is_deleted_while_it_is_dragged_comes_back_and_can_be_dragged(self) -> None:
        self.place()
        self.key("Escape")
        hand, shift = Hand("Green"), np.array([24.0, 12.0])
        with hand.held(hand.xy_of(self.drawing.voi.center_ras_mm) + STEPS * shift):
            slicer.mrmlScene.RemoveNode(self.nodes.roi)
            user.process_events(0.1)
        before = self.drawing.voi
        hand.drag(hand.xy_of(before.center_ras_mm) - STEPS * shift)
        self.assertNotEqual(self.drawing.voi, before)

    def test_a_line_that_is_deleted_while_its_point_is_dragged_comes_back_with_its_points(self) -> None:
        self.place()
        self.draw()
        user.click(self.ui.points)
        hand = Hand()
        curve = slicer.util.getNodesByClass("vtkMRMLMarkupsClosedCurveNode")[0]
        start = hand.xy_of(slicer.util.arrayFromMarkupsControlPoints(curve)[0])
        with hand.held(np.round(start + STEPS * np.array([40.0, 25.0]))):
            slicer.mrmlScene.RemoveNode(curve)
            user.process_events(0.1)
        self.assertEqual(len(self.drawing.strokes), 1)
        (again,) = slicer.util.getNodesByClass("vtkMRMLMarkupsClosedCurveNode")
        self.assertFalse(again.GetLocked())

    # While something else is shown or made

    @needs_runtime
    def test_the_scene_is_closed_while_a_nodule_is_made(self) -> None:
        self.place_and_draw()
        user.click(self.ui.insert)
        slicer.mrmlScene.Clear()
        self.rest()
        self.assertIsNone(self.editor)

    def check_whole(self) -> None:
        self.assertTrue(np.array_equal(voxels(self.result), self.editor.session.result().synthetic.array))
        self.assertTrue(all(self.nodes.node(role) for role in ("Nodules", "VOI")))
        self.assertEqual(Hand("Green").background, self.result.GetID())

    def delete_what_was_made(self) -> None:
        for role in ("Result", "Nodules", "VOI"):
            slicer.mrmlScene.RemoveNode(self.nodes_before.node(role))
        user.process_events(0.2)

    @needs_runtime
    def test_what_is_deleted_while_another_ct_is_chosen_is_there_again_with_its_ct(self) -> None:
        self.make_nodule()
        self.nodes_before = self.nodes
        self.choose_ct(new_volume("another"))
        self.delete_what_was_made()
        self.choose_ct(self.source)
        self.check_whole()

    @needs_runtime
    def test_what_is_deleted_while_a_case_is_read_is_there_again_after_it(self) -> None:
        self.make_nodule()
        self.nodes_before = self.nodes
        with dialogs.answering(str(write_case(self.folder / "case")), "R1"):
            user.click(self.ui.readButton)
        self.rest()
        self.delete_what_was_made()
        user.click(self.ui.leaveButton)
        self.rest()
        self.check_whole()

    @needs_runtime
    def test_what_is_deleted_while_the_ct_is_shown_as_it_was_comes_back_out_of_sight(self) -> None:
        self.make_nodule()
        user.click(self.ui.before)
        slicer.mrmlScene.RemoveNode(self.result)
        user.process_events(0.2)
        self.assertEqual(Hand("Green").background, self.source.GetID())
        user.click(self.ui.before)
        self.check_whole()
