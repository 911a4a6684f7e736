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
