"""The table of nodules in the panel, what is saved of them, and how much room all of it takes."""

from __future__ import annotations

import numpy as np
import pytest
from panel_fixtures import insert, voxels

from SketchNoduleSynthLib.editing.rows import color_of
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.check import check

pytest_plugins = ["standin", "panel_fixtures"]


def test_edit_hide_duplicate_remove_and_before(drawn):
    insert(drawn)
    source, with_nodule = voxels(drawn.editor.nodes.source).copy(), voxels(drawn.editor.nodes.result).copy()
    drawn.key("b")
    assert drawn.composite("Yellow").GetBackgroundVolumeID() == drawn.editor.nodes.source.GetID()
    drawn.key("b")
    drawn.click(drawn.ui.hide)
    drawn.wait()
    assert np.array_equal(voxels(drawn.editor.nodes.result), source)
    assert "hidden" in drawn.ui.nodulesTable.item(0, 0).text() and drawn.ui.hide.text == "Show 1"
    drawn.click(drawn.ui.hide)
    drawn.wait()
    assert np.array_equal(voxels(drawn.editor.nodes.result), with_nodule)
    drawn.click(drawn.ui.new_nodule)
    assert drawn.session.state.edited is None and drawn.editor.tools.current == "place", "it stands elsewhere"
    drawn.click(drawn.ui.edit)
    assert "Update nodule 1" in drawn.ui.insert.text
    drawn.ui.seed.setValue(9)
    insert(drawn)
    assert [nodule.recipe.seed for nodule in drawn.session.nodules] == [9]
    assert not np.array_equal(voxels(drawn.editor.nodes.result), with_nodule)
    drawn.click(drawn.ui.duplicate)
    assert drawn.session.state.edited is None and drawn.session.draft.is_drawn
    drawn.click(drawn.ui.remove)
    drawn.wait()
    assert np.array_equal(voxels(drawn.editor.nodes.result), source)
    assert drawn.ui.nodulesTable.rowCount == 0


def test_the_case_is_saved_into_a_folder(drawn, tmp_path):
    insert(drawn)
    drawn.desktop.dialogs.answers += [str(tmp_path)]
    drawn.click(drawn.ui.save_result)
    drawn.wait()
    assert {path.name for path in tmp_path.iterdir()} == {
        "synthetic.nrrd", "nodules.nrrd", "recipe.json", "report.json", "preview.png",
    }  # fmt: skip
    assert "was written" in drawn.ui.statusLabel.text


def test_a_training_case_is_saved_and_whole(drawn, tmp_path):
    insert(drawn)
    folder = tmp_path / "case"
    folder.mkdir()
    drawn.desktop.dialogs.answers += [str(folder)]
    drawn.click(drawn.ui.save_training_case)
    drawn.wait()
    assert "training case was written" in drawn.ui.statusLabel.text
    assert "1 nodule;" in check(Case.open(folder))
    drawn.desktop.dialogs.answers += [str(folder)]
    drawn.click(drawn.ui.save_training_case)
    drawn.wait()
    assert "is not empty" in drawn.ui.statusLabel.text


def test_the_panel_needs_no_scrolling_to_the_side_and_none_from_place_to_insert(inserted):
    """In Slicer's panel of some 380 pixels, in a window 800 pixels high."""
    ui = inserted.ui
    page = ui.sectionsPage
    assert page.minimumSizeHint.width() <= 365
    top, bottom = (widget.mapTo(page, widget.rect.topLeft()).y() for widget in (ui.place, ui.insert))
    assert bottom + ui.insert.height - top < 700
    icon = ui.nodulesTable.item(0, 0).icon().pixmap(8, 8).toImage().pixelColor(4, 4)
    assert (icon.redF(), icon.greenF(), icon.blueF()) == pytest.approx(color_of(1), abs=0.01)


def test_the_panel_needs_no_long_scroll(reader):
    reader.desktop.window.resize(1280, 800)
    reader.desktop.process_events()
    assert reader.ui.sectionsPage.width <= reader.ui.sections.width, "nothing is cut"
    assert reader.ui.sectionsPage.height - reader.ui.sections.height < 200
