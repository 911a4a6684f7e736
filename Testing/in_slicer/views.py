"""The user's views are his: what is changed in them comes back, in the panel's time and after it."""

from __future__ import annotations

import numpy as np
import slicer

from in_slicer import user
from in_slicer.hand import Hand
from in_slicer.session import LUNG_RAS_MM, SLICES, InSlicer, go_to, needs_runtime, new_volume


def new_labels() -> slicer.vtkMRMLLabelMapVolumeNode:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    slicer.util.updateVolumeFromArray(node, np.ones((4, 5, 6), np.uint8))
    node.CreateDefaultDisplayNodes()
    return node


class Views(InSlicer):
    def test_the_only_ct_is_chosen_and_shown_in_all_views(self) -> None:
        self.assertIs(self.nodes.source, self.source)
        for name in SLICES:
            self.assertEqual(Hand(name).background, self.source.GetID())

    @needs_runtime
    def test_preview_and_edges_leave_the_views_with_the_module_at_once_and_come_back_with_it(self) -> None:
        self.place_and_draw()
        user.click(self.ui.edges_are_shown)
        ours = Hand().layers()
        self.assertTrue(all(ours))
        for module in ("SegmentEditor", "Data"):
            go_to(module)
            self.assertEqual(Hand().layers()[1:], (None, None), "at once")
            slicer.util.selectModule("SketchNoduleSynth")
            self.rest()
            self.assertEqual(Hand().layers(), ours)

    @needs_runtime
    def test_foreground_label_layer_and_background_of_the_user_come_back(self) -> None:
        pet, labels, hand = new_volume("PET"), new_labels(), Hand()
        hand.composite.SetForegroundVolumeID(pet.GetID())
        hand.composite.SetForegroundOpacity(0.25)
        hand.composite.SetLabelVolumeID(labels.GetID())
        hand.composite.SetLabelOpacity(0.35)
        Hand("Yellow").composite.SetBackgroundVolumeID(pet.GetID())
        self.place_and_draw()
        user.click(self.ui.edges_are_shown)
        self.assertFalse({pet.GetID(), labels.GetID()} & set(hand.layers()))
        self.insert()
        self.assertEqual(hand.layers(), (self.result.GetID(), pet.GetID(), self.nodes.node("Edges").GetID()))
        self.assertEqual(Hand("Yellow").background, pet.GetID(), "in no view of the user's own")
        self.assertEqual(Hand("Green").background, self.result.GetID())
        go_to("Data")
        self.assertEqual(hand.layers()[1:], (pet.GetID(), labels.GetID()))
        self.assertAlmostEqual(hand.composite.GetForegroundOpacity(), 0.25)
        self.assertAlmostEqual(hand.composite.GetLabelOpacity(), 0.35)

    def test_plane_field_of_view_and_shift_of_the_sketch_view_come_back_without_the_box(self) -> None:
        hand = Hand()
        hand.node.SetFieldOfView(*(0.7 * np.array(hand.node.GetFieldOfView())))
        hand.wheel(3)

        def shown() -> np.ndarray:
            return np.concatenate([hand.pose.ravel(), hand.node.GetFieldOfView(), hand.node.GetXYZOrigin()])

        before = shown()
        self.place()
        self.assertGreater(np.abs(shown() - before).max(), 1)
        user.click(self.ui.undo)
        self.assertIsNone(self.drawing.voi)
        self.assertLess(np.abs(shown() - before).max(), 1e-6)

    def test_on_the_plane_zoom_and_shift_are_the_users(self) -> None:
        self.place()
        hand = Hand()
        hand.node.SetFieldOfView(*(0.5 * np.array(hand.node.GetFieldOfView())))
        zoom = hand.node.GetFieldOfView()
        self.key("T")
        self.key("V")
        self.assertEqual(hand.node.GetFieldOfView(), zoom)

    def test_the_other_views_keep_their_zoom_while_the_box_is_placed_and_moved(self) -> None:
        zooms = {name: Hand(name).node.GetFieldOfView() for name in SLICES[1:]}
        self.place()
        user.pull(self.ui.tilt_lr_deg, 20)
        self.assertEqual({name: Hand(name).node.GetFieldOfView() for name in zooms}, zooms)

    def test_slabs_are_slices_again_when_another_ct_is_chosen_or_none(self) -> None:
        user.click(self.ui.slab)
        hands = [Hand(name) for name in SLICES[1:]]
        self.assertTrue(all(hand.node.GetSlabReconstructionEnabled() for hand in hands))
        self.choose_ct(new_volume("another"))
        self.assertFalse(any(hand.node.GetSlabReconstructionEnabled() for hand in hands))
        self.assertFalse(self.ui.slab.checked)
        self.key("K")
        self.assertEqual(self.ui.slab.text, "MIP 5 mm (K)")
        slicer.mrmlScene.Clear()
        self.assertFalse(any(hand.node.GetSlabReconstructionEnabled() for hand in hands))

    @needs_runtime
    def test_one_drag_moves_window_and_level_of_ct_copy_and_preview(self) -> None:
        self.make_nodule()
        self.ui.seed.setValue(5)
        self.rest()
        self.key("Escape")
        self.mouse_mode.SetCurrentInteractionMode(self.mouse_mode.AdjustWindowLevel)
        hand, shown = Hand(), (self.source, self.result, self.nodes.node("Preview"))
        self.assertEqual(hand.foreground, shown[-1].GetID(), "what the drag acts on")

        def windows() -> set[tuple[float, float]]:
            return {(one.GetDisplayNode().GetWindow(), one.GetDisplayNode().GetLevel()) for one in shown}

        before = windows()
        hand.drag(hand.path((0.0, 0.0), (0.2, 0.1)))
        self.assertEqual((len(before), len(windows())), (1, 1))
        self.assertNotEqual(before, windows())
        user.click(self.ui.lung_window)
        self.assertEqual(windows(), {(1600.0, -600.0)})

    def test_the_mouse_is_the_views_while_the_pen_draws_and_has_the_users_mode_again_after(self) -> None:
        self.place()
        self.key("Escape")
        node = self.mouse_mode
        node.SetCurrentInteractionMode(node.AdjustWindowLevel)
        user.click(self.ui.draw_nodule)
        self.assertEqual(node.GetCurrentInteractionMode(), node.ViewTransform)
        self.key("Escape")
        self.assertEqual(node.GetCurrentInteractionMode(), node.AdjustWindowLevel)
        self.key("N")
        go_to("Data")
        self.assertEqual(node.GetCurrentInteractionMode(), node.AdjustWindowLevel, "with the module")

    def test_the_pen_is_laid_down_when_a_markup_is_placed(self) -> None:
        self.place()
        self.mouse_mode.SetCurrentInteractionMode(self.mouse_mode.Place)
        user.process_events()
        self.assertFalse(self.ui.draw_nodule.checked)

    def test_the_pen_brings_the_sketch_view_back_where_another_view_is_alone(self) -> None:
        self.place()
        manager = slicer.app.layoutManager()
        for act in (lambda: user.click(self.ui.draw_nodule), lambda: self.key("T")):
            manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpYellowSliceView)
            user.process_events(0.1)
            self.assertFalse(self.ui.draw_nodule.checked, "it is out of reach")
            act()
            user.process_events(0.1)
            self.assertTrue(Hand().target.visible and self.ui.draw_nodule.checked)

    def test_views_for_comparing_take_part(self) -> None:
        manager = slicer.app.layoutManager()
        known = set(manager.sliceViewNames())
        manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutCompareView)
        user.process_events(0.3)
        new = sorted(set(manager.sliceViewNames()) - known)
        self.assertTrue(new)
        for name in new:
            self.assertEqual(Hand(name).background, self.source.GetID())
        there = np.add(LUNG_RAS_MM, (-4.0, 5.0, 0.0))
        self.place(there, new[0])
        hand = Hand(new[0])
        pixel_mm = hand.node.GetFieldOfView()[0] / hand.size[0]
        self.assertLess(np.abs(np.subtract(self.drawing.voi.center_ras_mm, there)).max(), 1.5 * pixel_mm)
        self.assertIn(hand.node.GetID(), self.nodes.roi.GetDisplayNode().GetViewNodeIDs())
