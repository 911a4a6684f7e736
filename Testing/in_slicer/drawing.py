"""The box is placed, the nodule drawn and inserted, in time; a gesture is an undo; the pen finds its plane again."""

from __future__ import annotations

import os

import numpy as np
import slicer

from in_slicer import user
from in_slicer.hand import Hand
from in_slicer.session import GAP_MS, LATENCY_MS, LUNG_RAS_MM, InSlicer, needs_runtime, voxels

STROKES = int(os.environ.get("IN_SLICER_STROKES", "10"))


class Drawing(InSlicer):
    def test_a_click_places_the_box_where_the_pointer_is_and_the_pen_is_in_the_hand(self) -> None:
        self.place()
        at, hand = np.array(self.drawing.voi.center_ras_mm), Hand("Green")
        pixel_mm = hand.node.GetFieldOfView()[0] / hand.size[0]
        self.assertLess(np.abs(at - LUNG_RAS_MM).max(), 1.5 * pixel_mm)
        self.assertTrue(self.ui.draw_nodule.checked)

    @needs_runtime
    def test_a_stroke_lies_under_the_pointer_and_its_preview_follows(self) -> None:
        self.place()
        self.choose_model("pix2pix")
        hand = Hand()
        waits, frames = [], []
        for number in range(STROKES):
            if self.drawing.strokes:
                user.click(self.ui.clear)
            places = hand.circle(0.16 + 0.004 * number)
            with hand.held(places, moves_a_frame=1) as seconds:
                frames += seconds
            waits.append(sum(user.wait_until(lambda: not self.widget.logic.worker.is_busy)))
        frame = self.drawing.voi.frame(1)
        drawn = frame.to_local(hand.ras_of(places[0]) * (-1, -1, 1))[:2]
        self.assertLess(np.abs(self.drawing.strokes[-1].points_mm[0] - drawn).max(), 0.05, "u, v in mm")
        self.assertEqual(hand.foreground, self.nodes.node("Preview").GetID())
        self.check_limit("stroke end to preview, median", float(np.median(waits)), LATENCY_MS)
        self.check_limit("a move of the pen, median", float(np.median(frames)), 1000 / 30)

    @needs_runtime
    def test_insert_undo_and_redo_are_exact_and_leave_no_preview_on_the_ct(self) -> None:
        before = voxels(self.source)
        self.place_and_draw()
        gaps = self.insert()
        after = voxels(self.result)
        self.assertTrue((after != before).any())
        self.assertEqual(Hand().layers()[:2], (self.result.GetID(), None))
        user.click(self.ui.next_seed)
        self.rest()
        self.assertEqual(Hand().foreground, self.nodes.node("Preview").GetID(), "another draft")
        user.click(self.ui.undo)
        self.rest()
        self.assertIsNone(Hand().foreground)
        user.click(self.ui.undo)
        self.assertTrue(np.array_equal(voxels(self.result), before))
        user.click(self.ui.redo)
        self.assertTrue(np.array_equal(voxels(self.result), after))
        self.assertTrue(np.array_equal(voxels(self.source), before))
        self.check_limit("longest gap of the interface in Insert", max(gaps), GAP_MS)

    # The way back to the plane

    def test_pressing_the_pen_turns_back_to_the_plane_from_a_turned_and_scrolled_view(self) -> None:
        self.place()
        hand = Hand()
        for leave in (lambda: hand.wheel(5), lambda: hand.node.SetOrientation("Coronal")):
            leave()
            self.assertGreater(self.off_plane_mm(), 2)
            hand.drag(hand.path((-0.3, -0.3), (-0.2, 0.0), (-0.3, 0.3)))
            self.assertLess(self.off_plane_mm(), 0.01)
        self.assertEqual(len(self.drawing.strokes), 2)

    def test_the_key_and_the_button_turn_back_to_the_plane(self) -> None:
        self.place()
        hand = Hand()
        for go_back in (lambda: self.key("T"), lambda: user.click(self.ui.to_plane)):
            hand.wheel(-5)
            self.assertGreater(self.off_plane_mm(), 2)
            go_back()
            self.assertLess(self.off_plane_mm(), 0.01)

    def test_taking_a_pen_turns_back_to_the_plane(self) -> None:
        self.place()
        self.key("Escape")
        Hand().wheel(5)
        self.key("V")
        self.assertTrue(self.ui.draw_vessel.checked)
        self.assertLess(self.off_plane_mm(), 0.01)

    def test_the_wheel_waits_until_the_line_is_drawn(self) -> None:
        self.place()
        hand = Hand()
        with hand.held(hand.circle(0.25)):
            hand.wheel(2)
            self.assertLess(self.off_plane_mm(), 0.01)
        self.assertEqual(len(self.drawing.strokes), 1)
        hand.wheel(2)
        self.assertGreater(self.off_plane_mm(), 1)

    # One gesture, one undo

    def test_undo_takes_back_one_drag_of_the_box_and_the_other_views_had_gone_along(self) -> None:
        self.place()
        self.key("Escape")
        hand, before = Hand("Green"), self.drawing.voi
        start, shift = hand.xy_of(before.center_ras_mm), np.array([24.0, 12.0])
        end = hand.ras_of(start + shift)
        hand.drag([start + share * shift for share in np.linspace(0, 1, 7)])
        moved = np.array(self.drawing.voi.center_ras_mm)
        self.assertLess(np.abs(moved - end).max(), 1.5, "mm from where the pointer let go")
        self.assertLess(abs(Hand("Yellow").middle[0] - moved[0]), 0.1)
        self.assertLess(self.off_plane_mm(), 0.01)
        user.click(self.ui.undo)
        self.assertEqual(self.drawing.voi, before)

    def test_undo_takes_back_one_pull_of_a_slider(self) -> None:
        self.place()
        before = self.drawing.voi
        for slider in (self.ui.tilt_lr_deg, self.ui.tilt_hf_deg):
            user.pull(slider, 24)
        tilted = self.drawing.voi
        self.assertGreater(min(tilted.tilt_lr_deg, tilted.tilt_hf_deg), 2)
        self.assertLess(self.off_plane_mm(), 0.01, "the sketch view tilts with it")
        user.click(self.ui.undo)
        self.assertEqual((self.drawing.voi.tilt_lr_deg, self.drawing.voi.tilt_hf_deg), (tilted.tilt_lr_deg, 0.0))
        user.click(self.ui.undo)
        self.assertEqual(self.drawing.voi, before)

    def test_undo_takes_back_one_drag_of_a_point_of_the_outline(self) -> None:
        self.place()
        self.draw()
        hand, before = Hand(), self.drawing.strokes
        user.click(self.ui.points)
        curve = slicer.util.getNodesByClass("vtkMRMLMarkupsClosedCurveNode")[0]
        start = hand.xy_of(slicer.util.arrayFromMarkupsControlPoints(curve)[0])
        hand.drag([np.round(start + share * np.array([40.0, 25.0])) for share in np.linspace(0, 1, 8)])
        self.assertEqual(self.editor.session.undoable, "Move points")
        user.click(self.ui.undo)
        self.assertEqual(self.drawing.strokes, before)
