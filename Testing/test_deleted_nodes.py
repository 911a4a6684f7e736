"""Whatever of ours a user deletes, at any moment: nothing is left over, nothing is lost that can be kept."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from panel_fixtures import layers
from phantom import LUNG_RAS_MM, chest
from reader import Reader
from sphere import sphere

pytest_plugins = ["standin", "panel_fixtures"]
ROLES = ("Result", "VOI", "Nodules", "Preview")


@pytest.fixture
def inserted(drawn: Reader) -> Reader:
    """With nodules that cost nothing."""
    drawn.session.make = sphere
    drawn.click(drawn.ui.insert)
    drawn.wait()
    return drawn


def names(scene: Any) -> list[str]:
    nodes = [scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes())]
    return sorted(f"{node.GetClassName()} {node.GetName()}" for node in nodes)


def check_whole(reader: Reader) -> None:
    import slicer

    nodes, session = reader.editor.nodes, reader.session
    assert np.array_equal(slicer.util.arrayFromVolume(nodes.result), session.result().synthetic.array)
    segments = nodes.node("Nodules").GetSegmentation()
    assert segments.GetNumberOfSegments() == len(session.nodules)
    assert nodes.roi is not None and nodes.roi.GetDisplayNode() is not None and nodes.curves.is_whole
    assert layers(reader, "Green")[0] == nodes.result.GetID()


@pytest.mark.parametrize("role", [*ROLES, "a curve", "the circle", "the folder"])
@pytest.mark.parametrize("what", ["node", "display"])
def test_what_is_deleted_comes_back(inserted: Reader, role: str, what: str) -> None:
    import slicer

    nodes = inserted.editor.nodes
    scene = nodes.scene
    before = names(scene)
    if role == "the folder":
        hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
        hierarchy.RemoveItem(hierarchy.GetItemByName("Synthetic nodules"), True, True)
    else:
        kinds = {"a curve": "vtkMRMLMarkupsClosedCurveNode", "the circle": "vtkMRMLMarkupsFiducialNode"}
        node = scene.GetFirstNodeByClass(kinds[role]) if role in kinds else nodes.node(role)
        scene.RemoveNode(node.GetDisplayNode() if what == "display" else node)
    inserted.desktop.process_events(0.05)
    check_whole(inserted)
    inserted.ui.seed.setValue(7)
    inserted.wait()
    inserted.click(inserted.ui.insert)
    inserted.wait()
    check_whole(inserted)
    inserted.click(inserted.ui.undo)
    check_whole(inserted)
    assert len(names(scene)) <= len(before) + 2, set(names(scene)) - set(before)


def test_deleting_the_ct_leaves_what_was_made_and_nothing_else(inserted: Reader) -> None:
    import slicer

    nodes = inserted.editor.nodes
    made = {nodes.result.GetID(), nodes.node("Nodules").GetID()}
    slicer.mrmlScene.RemoveNode(nodes.source)
    inserted.desktop.process_events(0.05)
    kinds = ("vtkMRMLMarkupsNode", "vtkMRMLTextNode", "vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode")
    left = {node.GetID() for kind in kinds for node in slicer.util.getNodesByClass(kind)}
    assert left == made


def test_deleting_a_ct_without_nodules_leaves_nothing(reader: Reader) -> None:
    import slicer

    def kinds() -> Counter[str]:
        kept = Counter(name.split()[0] for name in names(slicer.mrmlScene))
        return kept - Counter({"vtkMRMLScalarVolumeDisplayNode": 99, "vtkMRMLColorTableNode": 999})  # The CTs' own.

    before = kinds()
    reader.place(LUNG_RAS_MM)
    reader.choose(reader.ui.model, "pix2pix")
    reader.draw()
    reader.click(reader.ui.edges_are_shown)
    reader.wait()
    slicer.mrmlScene.RemoveNode(reader.editor.nodes.source)
    reader.desktop.process_events(0.05)
    reader.show(chest(), LUNG_RAS_MM)
    assert kinds() - before == Counter()


def test_a_segment_that_is_deleted_comes_back(inserted: Reader) -> None:
    segments = inserted.editor.nodes.node("Nodules").GetSegmentation()
    segments.RemoveSegment(segments.GetNthSegmentID(0))
    inserted.ui.seed.setValue(7)
    inserted.click(inserted.ui.insert)
    inserted.wait()
    check_whole(inserted)
