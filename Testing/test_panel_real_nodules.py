"""The CT's own nodules in the panel: clicked, measured, taken out, drawn again; and drawings that are suggested."""

from __future__ import annotations

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest_with_nodule
from reader import Reader

pytest_plugins = ["standin"]


@pytest.fixture
def reader(desktop) -> Reader:
    reader = Reader(desktop)
    reader.show(chest_with_nodule(), LUNG_RAS_MM)
    return reader


def cells(reader: Reader) -> list[str]:
    table = reader.ui.nodulesTable
    return [table.item(0, column).text() for column in range(table.columnCount)]


def test_a_real_nodule_is_measured_taken_out_put_back_and_drawn(reader):
    import slicer

    source = slicer.util.arrayFromVolume(reader.editor.nodes.source).copy()
    assert not reader.ui.take_out.enabled and not reader.ui.copy.enabled
    reader.key("l")
    assert reader.ui.find.checked
    reader.click_at(LUNG_RAS_MM, "Green")
    reader.wait()
    assert not reader.ui.find.checked and "real" in cells(reader)
    segment = reader.editor.nodes.segments.node.GetSegmentation().GetNthSegment(0)
    assert segment.GetName() == "Real nodule 1"
    assert "mm³" in reader.ui.reasonLabel.text
    result = reader.editor.nodes.result
    assert np.array_equal(slicer.util.arrayFromVolume(result), source)

    assert reader.ui.take_out.text.startswith("Take out")
    reader.key("u")
    reader.wait()
    assert "taken out" in cells(reader) and reader.ui.take_out.text.startswith("Put back")
    assert any(cell.startswith("right ") for cell in cells(reader)), "side and third of the lung"
    assert reader.editor.nodes.segments.node.GetSegmentation().GetNthSegment(0).GetName() == "Taken out 1"
    assert not np.array_equal(slicer.util.arrayFromVolume(result), source)
    reader.click(reader.ui.take_out)
    reader.wait()
    assert np.array_equal(slicer.util.arrayFromVolume(result), source)

    assert reader.ui.edit.text == "Draw 1"
    reader.click(reader.ui.edit)
    assert reader.session.draft.is_drawn and reader.ui.insert.text.startswith("Insert")
    reader.key("j")
    reader.click_at((-45.0, 5.0, 3.0), "Green")
    assert reader.session.draft.voi.center_ras_mm[0] < -40 and reader.session.draft.is_drawn
    reader.wait()


def test_a_click_on_no_nodule_is_told(reader):
    reader.click(reader.ui.find)
    reader.click_at((45.0, -30.0, 3.0), "Red")
    reader.wait()
    assert "There is no nodule here but lung" in reader.ui.statusLabel.text
    assert not reader.session.nodules


def test_suggestions_differ_and_one_undo_takes_the_last_one_back(reader):
    reader.place(LUNG_RAS_MM)
    reader.key("g")
    first = reader.session.draft.strokes
    assert [stroke.label for stroke in first] == ["nodule"]
    reader.click(reader.ui.tags)
    reader.click(reader.ui.suggest)
    labels = [stroke.label for stroke in reader.session.draft.strokes]
    assert "other" in labels and reader.session.draft.strokes[0] is not first[0]
    reader.click(reader.ui.undo)
    assert reader.session.draft.strokes == first
    reader.wait()


def test_the_console_does_the_same(reader):
    logic = reader.widget.logic
    logic.open(reader.editor.nodes.source)
    key = logic.find(LUNG_RAS_MM)
    assert logic.report(key)["short_axis_mm"] > 9
    logic.take_out(key)
    assert reader.session.nodule(key).recipe.kind == "removed"
    logic.take_out(key, False)
    logic.copy(key, (-45.0, 5.0, 3.0))
    first = reader.session.draft.strokes
    logic.suggest(lobulation=True)
    assert reader.session.draft.strokes != first
    logic.edit(key)
    assert reader.session.draft.placed().center_ras_mm == reader.session.nodule(key).recipe.voi.center_ras_mm
    reader.wait()
