"""The panel beside what else a user does in Slicer, on our stand-in for the desktop: the CT moves, views are used."""

from __future__ import annotations

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import Reader
from test_changed_ct import middle_of_changes_ras, transformed

pytest_plugins = ["standin"]
RESTED_S = 0.3


@pytest.fixture
def reader(desktop) -> Reader:
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    return reader


@pytest.fixture
def drawn(reader) -> Reader:
    """A reader who placed the VOI and drew a nodule."""
    reader.place(LUNG_RAS_MM)
    reader.choose(reader.ui.model, "pix2pix")
    reader.draw()
    reader.wait()
    return reader


@pytest.fixture
def inserted(drawn) -> Reader:
    drawn.click(drawn.ui.insert)
    drawn.wait()
    return drawn


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
    assert inserted.editor is None and "Undo that (its transform" in inserted.ui.statusLabel.text
    node.SetAndObserveTransformNodeID(None)
    inserted.desktop.process_events(RESTED_S)
    assert len(inserted.session.nodules) == 1


def test_a_rename_is_no_change_of_the_ct(drawn):
    before = drawn.editor
    before.nodes.source.SetName("another name")
    before.nodes.source.GetDisplayNode().SetWindowLevel(1000, 0)
    drawn.desktop.process_events(RESTED_S)
    assert drawn.editor is before


def layers(reader, view: str = "Red") -> tuple[str | None, ...]:
    composite = reader.composite(view)
    return composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID(), composite.GetLabelVolumeID()


def a_volume(name: str = "PET"):
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    return volumes.node_from_volume(chest(), name, slicer.mrmlScene)


def test_no_preview_lies_on_the_ct_once_it_is_inserted(inserted):
    assert layers(inserted)[:2] == (inserted.editor.nodes.result.GetID(), None)
    inserted.ui.seed.setValue(5)
    inserted.wait()
    preview = inserted.editor.nodes.node("Preview").GetID()
    assert layers(inserted)[1] == preview, "another draft"
    inserted.click(inserted.ui.undo)
    inserted.wait()
    assert layers(inserted)[1] is None


def test_another_module_finds_its_views_free_of_ours(drawn):
    composite = drawn.composite("Red")
    drawn.click(drawn.ui.edges_are_shown)
    assert all(layers(drawn))
    drawn.desktop.select_module(None)
    assert layers(drawn)[1:] == (None, None), "at once"
    drawn.session.choose(seed=3)
    drawn.wait()
    assert layers(drawn)[1:] == (None, None)
    drawn.desktop.select_module(drawn.module.module)
    drawn.wait()
    assert all(layers(drawn)) and composite.GetForegroundOpacity() == 1.0


def test_the_users_own_layers_come_back(reader):
    pet, labels = a_volume(), a_volume("labels")
    composite = reader.composite("Red")
    composite.SetForegroundVolumeID(pet.GetID())
    composite.SetForegroundOpacity(0.3)
    composite.SetLabelVolumeID(labels.GetID())
    reader.place(LUNG_RAS_MM)
    reader.choose(reader.ui.model, "pix2pix")
    reader.draw()
    reader.wait()
    reader.click(reader.ui.edges_are_shown)
    assert pet.GetID() not in layers(reader) and labels.GetID() not in layers(reader)
    reader.desktop.select_module(None)
    assert layers(reader)[1:] == (pet.GetID(), labels.GetID())
    assert composite.GetForegroundOpacity() == pytest.approx(0.3)


def test_one_window_and_level_for_ct_copy_and_preview(drawn):
    nodes = drawn.editor.nodes
    source, preview = nodes.source.GetDisplayNode(), nodes.node("Preview").GetDisplayNode()
    preview.SetWindowLevel(900.0, -500.0)
    assert (source.GetWindow(), source.GetLevel()) == (900.0, -500.0), "a drag acts on what lies on top"
    drawn.click(drawn.ui.insert)
    drawn.wait()
    result = nodes.result.GetDisplayNode()
    assert (result.GetWindow(), result.GetLevel()) == (900.0, -500.0)
    drawn.click(drawn.ui.lung_window)
    assert {one.GetWindow() for one in (source, preview, result)} == {1600.0}
