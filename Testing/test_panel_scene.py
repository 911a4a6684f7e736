"""The panel beside what else happens in the scene: CTs move, nodes are deleted, scenes are closed, saved and lost."""

from __future__ import annotations

import numpy as np
from console_fixtures import transformed
from panel_fixtures import a_volume, insert, layers
from phantom import LUNG_RAS_MM, chest

pytest_plugins = ["standin", "panel_fixtures"]
RESTED_S = 0.3


def test_closing_the_scene_and_deleting_the_ct_leave_nothing_stale(drawn):
    import slicer

    insert(drawn)
    slicer.mrmlScene.RemoveNode(drawn.editor.nodes.source)
    assert drawn.editor is None
    drawn.show(chest(), LUNG_RAS_MM)
    drawn.place(LUNG_RAS_MM)
    slicer.mrmlScene.Clear()
    drawn.wait()
    assert drawn.editor is None and not drawn.ui.place.enabled
    drawn.show(chest(), LUNG_RAS_MM)
    drawn.place(LUNG_RAS_MM)
    assert drawn.session.draft.voi is not None


def test_the_copy_with_nodules_is_not_chosen_in_place_of_its_ct_that_is_deleted(inserted):
    """Qt's boxes choose the next entry."""
    import slicer

    slicer.mrmlScene.RemoveNode(inserted.editor.nodes.source)
    inserted.wait()
    assert inserted.ui.inputSelector.currentNode() is None
    assert "already holds synthetic nodules" not in inserted.ui.statusLabel.text
    source = inserted.show(chest(), LUNG_RAS_MM)
    inserted.place(LUNG_RAS_MM)
    inserted.draw()
    insert(inserted)
    other = a_volume("another")
    slicer.mrmlScene.RemoveNode(source)
    inserted.wait()
    assert inserted.ui.inputSelector.currentNode() is inserted.editor.nodes.source is other


def test_two_cts_have_a_case_each(drawn):
    insert(drawn)
    first = drawn.editor.nodes
    other = drawn.show(chest(), LUNG_RAS_MM, name="another")
    assert drawn.editor.nodes is not first and not drawn.session.nodules
    drawn.ui.inputSelector.setCurrentNode(first.source)
    assert drawn.editor.nodes is first and len(drawn.session.nodules) == 1
    assert drawn.composite("Red").GetBackgroundVolumeID() == first.result.GetID() != other.GetID()


def test_views_that_come_while_another_module_is_in_front_are_that_modules(drawn):
    import slicer

    drawn.desktop.select_module(None)
    manager = drawn.desktop.layout_manager
    known = set(manager.sliceViewNames())
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutCompareView)
    (new,) = set(manager.sliceViewNames()) - known
    assert not layers(drawn, new)[0]
    drawn.desktop.select_module(drawn.module.module)
    assert layers(drawn, new)[0] == drawn.editor.nodes.source.GetID()
    assert drawn.slice_node(new).GetID() in drawn.editor.nodes.roi.GetDisplayNode().GetViewNodeIDs()


def test_their_segmentation_too(inserted):
    segmentation = inserted.editor.nodes.segments.node
    transformed(segmentation, 12.0, 10.0)
    inserted.desktop.process_events(RESTED_S)
    assert segmentation.GetParentTransformNode() is None
    assert "nodules lies where CT lies, again" in inserted.ui.statusLabel.text


def test_what_was_made_is_kept_offered_again_and_deleted_on_request(inserted):
    """A scene that is closed without saving stands for a crash."""
    import slicer

    ui, made = inserted.ui, inserted.session.result().synthetic.array
    for is_taken in (True, False):
        slicer.mrmlScene.Clear()
        inserted.show(chest(), LUNG_RAS_MM)
        assert "is kept: 1 nodule" in ui.statusLabel.text and ui.take_up.visible
        assert ui.delete_kept.toolTip.endswith(str(inserted.editor.kept.folder))
        inserted.desktop.dialogs.answers.append(True)
        inserted.click(ui.take_up if is_taken else ui.delete_kept)
        assert not ui.take_up.visible
        assert np.array_equal(inserted.session.result().synthetic.array, made) == is_taken
    assert not list(inserted.editor.kept.folder.parent.iterdir())
