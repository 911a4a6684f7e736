"""The panel beside what else happens in the scene: CTs move, nodes are deleted, scenes are closed, saved and lost."""

from __future__ import annotations

import numpy as np
from panel_fixtures import a_volume, insert, voxels
from phantom import LUNG_RAS_MM, chest
from reader import Reader
from test_changed_ct import middle_of_changes_ras, transformed

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


def test_deleted_nodes_of_the_case_come_back_or_do_no_harm(drawn):
    import slicer

    insert(drawn)
    for role in ("VOI", "Preview", "Nodules"):
        slicer.mrmlScene.RemoveNode(drawn.editor.nodes.node(role))
    drawn.ui.seed.setValue(4)
    drawn.wait()
    insert(drawn)
    assert drawn.editor.nodes.node("Preview") is not None
    slicer.mrmlScene.RemoveNode(drawn.editor.nodes.result)
    drawn.click(drawn.ui.undo)
    drawn.wait()
    assert np.array_equal(voxels(drawn.editor.nodes.result), drawn.session.result().synthetic.array)


def test_deleting_the_ct_while_a_nodule_is_made(drawn):
    import slicer

    drawn.click(drawn.ui.insert)
    slicer.mrmlScene.RemoveNode(drawn.editor.nodes.source)
    drawn.wait()
    assert drawn.editor is None
    drawn.show(chest(), LUNG_RAS_MM)
    drawn.place(LUNG_RAS_MM)
    drawn.draw()
    insert(drawn)
    assert len(drawn.session.nodules) == 1


def test_two_cts_have_a_case_each(drawn):
    insert(drawn)
    first = drawn.editor.nodes
    other = drawn.show(chest(), LUNG_RAS_MM, name="another")
    assert drawn.editor.nodes is not first and not drawn.session.nodules
    drawn.ui.inputSelector.setCurrentNode(first.source)
    assert drawn.editor.nodes is first and len(drawn.session.nodules) == 1
    assert drawn.composite("Red").GetBackgroundVolumeID() == first.result.GetID() != other.GetID()


def test_a_saved_scene_is_edited_on(drawn, tmp_path):
    import slicer

    insert(drawn)
    with_nodule = voxels(drawn.editor.nodes.result).copy()
    assert slicer.mrmlScene.WriteToMRB(str(tmp_path / "case.mrb"))
    slicer.mrmlScene.Clear()
    assert slicer.mrmlScene.ReadFromMRB(str(tmp_path / "case.mrb"), True)
    drawn.desktop.process_events(0.1)
    assert len(drawn.session.nodules) == 1, "the CT of the saved scene is chosen again"
    assert np.array_equal(voxels(drawn.editor.nodes.result), with_nodule)
    drawn.click(drawn.ui.remove)
    drawn.wait()
    assert np.array_equal(voxels(drawn.editor.nodes.result), voxels(drawn.editor.nodes.source))


def test_a_ct_that_moves_takes_the_drawing_along(drawn):
    before, center = drawn.editor, np.array(drawn.session.draft.voi.center_ras_mm)
    transformed(before.nodes.source, 12.0)
    assert drawn.editor is None, "not drawn on while it moves"
    assert "is being moved" in drawn.ui.statusLabel.text
    drawn.desktop.process_events(RESTED_S)
    assert np.allclose(drawn.session.draft.voi.center_ras_mm, center + 12.0)
    assert "moved or changed" in drawn.ui.statusLabel.text and drawn.session.draft.strokes
    drawn.click(drawn.ui.insert)
    drawn.wait()
    assert np.linalg.norm(middle_of_changes_ras(drawn.editor) - center - 12.0) < 3.0


def test_a_ct_that_moves_under_its_nodules_says_what_must_be_undone(inserted):
    node = inserted.editor.nodes.source
    inserted.desktop.select_module(None)
    transformed(node, 12.0)
    inserted.desktop.process_events(RESTED_S)
    assert inserted.editor is None and "undo that (its transform" in inserted.ui.statusLabel.text
    node.SetAndObserveTransformNodeID(None)
    inserted.desktop.process_events(RESTED_S)
    assert len(inserted.session.nodules) == 1


def test_the_copy_with_nodules_that_is_moved_apart_comes_back_and_it_is_told(inserted):
    nodes = inserted.editor.nodes
    transformed(nodes.result, 12.0, 10.0)
    inserted.desktop.process_events(RESTED_S)
    assert nodes.result.GetParentTransformNode() is None and inserted.editor.nodes is nodes
    assert "lies where CT lies, again" in inserted.ui.statusLabel.text


def test_their_segmentation_too(inserted):
    segmentation = inserted.editor.nodes.segments.node
    transformed(segmentation, 12.0, 10.0)
    inserted.desktop.process_events(RESTED_S)
    assert segmentation.GetParentTransformNode() is None
    assert "nodules lies where CT lies, again" in inserted.ui.statusLabel.text


def test_a_rename_is_no_change_of_the_ct(drawn):
    before = drawn.editor
    before.nodes.source.SetName("another name")
    before.nodes.source.GetDisplayNode().SetWindowLevel(1000, 0)
    drawn.desktop.process_events(RESTED_S)
    assert drawn.editor is before


def test_a_ct_that_is_loaded_while_the_module_is_in_front_is_chosen(desktop):
    reader = Reader(desktop)
    assert reader.editor is None
    node = a_volume("loaded")
    desktop.process_events(0.05)
    assert reader.editor.nodes.source is node
    other = a_volume("another")
    desktop.process_events(0.05)
    assert reader.editor.nodes.source is node and other is not None, "what is chosen stays"


def test_the_panel_follows_the_console(desktop):
    reader = Reader(desktop)
    a_volume("first")
    second = a_volume("second")
    logic = reader.widget.logic
    logic.open(second)
    assert reader.ui.inputSelector.currentNode() is second
    logic.place(LUNG_RAS_MM)
    assert reader.editor.session is logic.session and reader.ui.diameter_mm.enabled


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
