"""What of ours a user deletes in the Data module, at any moment: it comes back, and nothing of ours is left over.

In desktop Slicer another node than was expected has ended the process: each of these tests that ends is a good sign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import slicer

from in_slicer import user
from in_slicer.hand import Hand
from in_slicer.session import InSlicer, go_to, needs_runtime, new_volume, voxels

HELPERS = ("Sketch plane", "Edges of the CT")


def names() -> list[str]:
    """Of all nodes of the scene, with their classes."""
    scene = slicer.mrmlScene
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return sorted(f"{node.GetClassName()} {node.GetName()}" for node in nodes)


@needs_runtime
class Deleting(InSlicer):
    def setUp(self) -> None:
        super().setUp()
        self.may_log = "display node"  # The subject hierarchy's plugins miss those that the user deletes.

    def make_another(self) -> None:
        """With the next seed; then the scene is whole."""
        user.click(self.ui.next_seed)
        self.rest()
        self.insert()
        self.check_whole()

    def check_whole(self) -> None:
        """The scene has all that the session has."""
        session, nodes = self.editor.session, self.nodes
        self.assertTrue(np.array_equal(voxels(self.result), session.result().synthetic.array))
        segments = nodes.node("Nodules").GetSegmentation()
        self.assertEqual(segments.GetNumberOfSegments(), len(session.nodules))
        for role in ("Result", "Nodules", "VOI"):
            self.assertIsNotNone(nodes.node(role).GetDisplayNode(), role)
        self.assertTrue(nodes.curves.is_whole)
        self.assertEqual(Hand("Green").background, self.result.GetID())

    def check_comes_back(self, find: Callable[[], Any]) -> None:
        """What `find` gives, once its display node is deleted and once it itself; then the nodule is made anew."""
        self.make_nodule()
        before = names()
        for what in (lambda: find().GetDisplayNode(), find):
            slicer.mrmlScene.RemoveNode(what())
            user.process_events(0.1)
            self.check_whole()
        self.make_another()
        user.click(self.ui.undo)
        self.check_whole()
        more = [name for name in names() if name not in before]
        self.assertLessEqual(len(names()), len(before) + 2, more)

    def test_a_line_comes_back(self) -> None:
        self.check_comes_back(lambda: slicer.util.getNodesByClass("vtkMRMLMarkupsClosedCurveNode")[0])

    def test_the_circle_of_the_long_diameter_comes_back(self) -> None:
        self.check_comes_back(lambda: slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")[0])

    def test_the_box_comes_back(self) -> None:
        self.check_comes_back(lambda: self.nodes.node("VOI"))

    def test_the_copy_with_nodules_comes_back(self) -> None:
        self.check_comes_back(lambda: self.nodes.node("Result"))

    def test_the_segmentation_comes_back(self) -> None:
        self.check_comes_back(lambda: self.nodes.node("Nodules"))

    def test_the_folder_comes_back_with_all_that_is_in_it(self) -> None:
        self.make_nodule()
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        hierarchy.RemoveItem(hierarchy.GetItemByName("Synthetic nodules"), True, True)
        user.process_events(0.1)
        self.check_whole()
        self.make_another()

    def test_the_preview_comes_back_with_the_next_line(self) -> None:
        self.place_and_draw()
        for what in (lambda node: node.GetDisplayNode(), lambda node: node):
            slicer.mrmlScene.RemoveNode(what(self.nodes.node("Preview")))
            user.process_events(0.1)
            user.click(self.ui.next_seed)
            self.rest()
            self.assertEqual(Hand().foreground, self.nodes.node("Preview").GetID())
            self.assertIsNotNone(self.nodes.node("Preview").GetDisplayNode())

    def test_a_segment_comes_back(self) -> None:
        self.make_nodule()
        segments = self.nodes.node("Nodules").GetSegmentation()
        segments.RemoveSegment(segments.GetNthSegmentID(0))
        self.make_another()

    def test_it_comes_back_also_while_another_module_is_in_front(self) -> None:
        self.make_nodule()
        go_to("Data")
        for role in ("Nodules", "VOI"):
            slicer.mrmlScene.RemoveNode(self.nodes.node(role))
            user.process_events(0.1)
        slicer.util.selectModule("SketchNoduleSynth")
        self.rest()
        self.check_whole()

    # The CT

    def test_with_the_ct_goes_all_but_what_was_made(self) -> None:
        self.make_nodule()
        made = {self.result.GetID(), self.nodes.node("Nodules").GetID()}
        slicer.mrmlScene.RemoveNode(self.source)
        user.process_events(0.3)
        kinds = ("MarkupsNode", "TextNode", "VolumeNode", "SegmentationNode")
        left = {node.GetID() for kind in kinds for node in slicer.util.getNodesByClass(f"vtkMRML{kind}")}
        self.assertEqual(left, made)

    def test_with_a_ct_without_nodules_goes_all_of_ours(self) -> None:
        def kinds() -> Counter[str]:
            """What other CTs have, too, does not count."""
            known = {"vtkMRMLScalarVolumeDisplayNode": 99, "vtkMRMLColorTableNode": 999}
            return Counter(name.split()[0] for name in names()) - Counter(known)

        before = kinds()
        self.place_and_draw()
        user.click(self.ui.edges_are_shown)
        self.rest()
        slicer.mrmlScene.RemoveNode(self.source)
        user.process_events(0.1)
        new_volume("another")
        user.process_events(0.1)
        self.rest()
        self.assertEqual(kinds() - before, Counter())

    def test_the_ct_goes_while_a_nodule_is_made(self) -> None:
        self.place_and_draw()
        user.click(self.ui.insert)
        slicer.mrmlScene.RemoveNode(self.source)
        self.rest()
        self.assertIsNone(self.editor)
        self.assertEqual(slicer.util.getNodesByClass("vtkMRMLMarkupsNode"), [])

    def test_helpers_are_in_no_selector_of_volumes_also_when_the_ct_is_deleted(self) -> None:
        self.place_and_draw()
        user.click(self.ui.edges_are_shown)
        self.assertTrue(all(self.nodes.node(role) for role in ("Preview", "Edges")))
        self.assertEqual([name for name in user.names_listed(self.ui.inputSelector) if name in HELPERS], [])
        slicer.mrmlScene.RemoveNode(self.source)
        user.process_events(0.3)
        self.assertEqual([name for name in user.names_listed(self.ui.inputSelector) if name in HELPERS], [])
        self.assertIsNone(self.ui.inputSelector.currentNode())
