"""Placing, drawing and making in the module's panel on our stand-in: real mouse events on the real scene.

Of PythonQt it says nothing.
"""

from __future__ import annotations

import numpy as np
import pytest
from panel_fixtures import insert, voxels
from phantom import LUNG_RAS_MM
from reader import CIRCLE

from SketchNoduleSynthLib.models import bundled

pytest_plugins = ["standin", "panel_fixtures"]


def headings(reader) -> list[str]:
    """What stands above the steps."""
    return [getattr(reader.ui, f"{step}Section").text for step in ("ct", "voi", "sketch", "nodule", "insert")]


def test_place_draw_preview_insert_undo(reader):
    source = voxels(reader.editor.nodes.source).copy()
    assert not reader.ui.insert.enabled
    assert "click into the lung" in reader.ui.statusLabel.text
    assert headings(reader) == ["✓ 1. CT", "→ 2. Place", "3. Draw", "4. Nodule", "5. Insert"]
    reader.ui.sketchSection.collapsed = True
    reader.place(LUNG_RAS_MM)
    assert np.abs(np.subtract(reader.session.draft.voi.center_ras_mm, LUNG_RAS_MM)).max() < 3.0
    assert reader.ui.draw_nodule.checked
    assert "Draw the nodule" in reader.ui.statusLabel.text
    reader.key("p")
    assert "click into the lung" in reader.ui.statusLabel.text, "again, as that is the tool in the hand"
    reader.key("n")
    assert headings(reader)[2] == "→ 3. Draw" and not reader.ui.sketchSection.collapsed, "it leads there"
    reader.draw(share=0.2)
    assert "Insert (I)" in reader.ui.statusLabel.text and headings(reader)[3] == "→ 4. Nodule"
    radius = np.linalg.norm(reader.session.draft.strokes[0].points_mm, axis=1)
    assert radius == pytest.approx(0.2 * 24.0, abs=0.3), "0.2 of the view's width, which the VOI of 24 mm fills"
    reader.wait()
    foreground = reader.composite("Red").GetForegroundVolumeID()
    assert foreground == reader.editor.nodes.node("Preview").GetID()
    insert(reader)
    assert len(reader.session.nodules) == 1 and headings(reader)[3:] == ["✓ 4. Nodule", "→ 5. Insert"]
    result = reader.editor.nodes.result
    assert not np.array_equal(voxels(result), source)
    assert reader.composite("Green").GetBackgroundVolumeID() == result.GetID()
    assert (reader.ui.nodulesTable.rowCount, reader.ui.nodulesTable.item(0, 4).text()) == (1, "solid")
    reader.click(reader.ui.undo)
    assert np.array_equal(voxels(result), source)
    assert reader.ui.redo.enabled and reader.ui.redo.toolTip == "Insert nodule 1"


def test_the_preview_is_what_the_pen_drew_and_follows_it(drawn):
    first = voxels(drawn.editor.nodes.node("Preview")).copy()
    drawn.click(drawn.ui.draw_vessel)
    drawn.line([(-0.4, -0.4), (-0.3, 0.4)])
    drawn.wait()
    assert [stroke.label for stroke in drawn.session.draft.strokes] == ["nodule", "vessel"]
    assert not np.array_equal(voxels(drawn.editor.nodes.node("Preview")), first)
    drawn.click(drawn.ui.is_live)
    assert not drawn.composite("Red").GetForegroundVolumeID()


def test_the_preview_comes_while_the_pen_still_moves(drawn):
    drawn.click(drawn.ui.clear)
    shown = voxels(drawn.editor.nodes.node("Preview")).copy()
    with drawn.pen_down(share=0.25):
        drawn.wait()
        assert not drawn.session.draft.strokes
        assert not np.array_equal(voxels(drawn.editor.nodes.node("Preview")), shown)
    assert drawn.session.draft.is_drawn


def test_eraser_clear_smooth_and_the_keys(drawn):
    drawn.key("e")
    assert drawn.ui.erase.checked
    drawn.line([(0.1, -0.2), (0.3, -0.2)])
    (stroke,) = drawn.session.draft.strokes
    assert not stroke.closed
    drawn.key("z")
    assert drawn.session.draft.strokes[0].closed
    drawn.click(drawn.ui.smooth)
    assert drawn.session.undoable == "Smooth" and drawn.session.draft.strokes[0] is not stroke
    for _ in range(2):
        drawn.key("v")
        assert drawn.editor.tools.current == "vessel", "its own key keeps a pen in hand"
    drawn.key("\x1b")
    assert drawn.editor.tools.current is None
    drawn.click(drawn.ui.clear)
    assert not drawn.session.draft.strokes and not drawn.ui.clear.enabled
    seed = drawn.session.draft.seed
    drawn.key("r")
    assert drawn.ui.seed.value == drawn.session.draft.seed == seed + 1


def test_a_line_of_which_nothing_comes_is_told_at_the_pen(drawn):
    before = drawn.session.draft.strokes
    red = drawn.desktop.slice_view("Red")
    for places, said in (([(0.35, 0.3)] * 2, "too short"), (0.05 * CIRCLE + (0.35, 0.3), "lies apart")):
        drawn.desktop.drag(red, drawn.path(places))
        assert said in drawn.ui.statusLabel.text
        assert drawn.session.draft.strokes is before
    drawn.draw(share=0.08)
    assert "part-solid now" in drawn.ui.statusLabel.text
    assert drawn.ui.attenuation.currentText == "part-solid"
    drawn.key("z")
    assert drawn.ui.attenuation.currentText == "solid"


def test_the_boxes_show_what_the_nodule_has_that_is_edited_taken_back_or_read_again(drawn):
    def shown() -> tuple[str, str, int]:
        return drawn.ui.model.currentText, drawn.ui.attenuation.currentText, drawn.ui.seed.value

    drawn.choose(drawn.ui.attenuation, "ground-glass")
    drawn.ui.seed.setValue(7)
    insert(drawn)
    drawn.place(np.add(LUNG_RAS_MM, (0.0, 25.0, 10.0)))
    drawn.choose(drawn.ui.model, "mcgan")
    drawn.choose(drawn.ui.attenuation, "solid")
    assert shown() == ("mcgan", "solid", 7)
    drawn.click(drawn.ui.edit)
    assert shown() == ("pix2pix", "ground-glass", 7)
    drawn.key("z")
    assert shown() == ("mcgan", "solid", 7)
    drawn.key("y")
    drawn.choose(drawn.ui.attenuation, "solid")
    assert drawn.session.draft.attenuation == "solid"
    drawn.reload()
    assert shown() == ("pix2pix", "solid", 7)


def test_a_quick_second_stroke_counts_too(drawn):
    """Qt and VTK make a double click of its press."""
    import vtk

    drawn.click(drawn.ui.draw_vessel)
    pen = drawn.editor.tools._pens[0]
    for event, at in (("LeftButtonDoubleClickEvent", 100), ("MouseMoveEvent", 130), ("MouseMoveEvent", 160)):
        pen.interactor.SetEventPosition(at, at)
        pen.interactor.InvokeEvent(vtk.vtkCommand.GetEventIdFromString(event))
    pen.interactor.InvokeEvent(vtk.vtkCommand.LeftButtonReleaseEvent)
    assert [stroke.label for stroke in drawn.session.draft.strokes] == ["nodule", "vessel"]


def test_without_a_tool_the_view_keeps_its_mouse(drawn):
    drawn.editor.take(None)
    assert drawn.editor.tools.current is None
    strokes = drawn.session.draft.strokes
    drawn.line([(-0.2, 0.0), (0.2, 0.1)])
    assert drawn.session.draft.strokes is strokes


def test_sliders_tilt_the_reslice_and_dragging_the_box_moves_the_sliders(drawn):
    drawn.ui.tilt_lr_deg.setValue(20.0)
    drawn.ui.diameter_mm.setValue(16.0)
    voi = drawn.session.draft.voi
    assert (voi.tilt_lr_deg, voi.diameter_mm) == (20.0, 16.0)
    known = bundled()[drawn.session.draft.model].diameter_mm
    assert (drawn.ui.diameter_mm.minimum, drawn.ui.diameter_mm.maximum) == known, "no more than Insert takes"
    for model in bundled():
        drawn.session.choose(model=model)
        assert drawn.ui.model.currentText == model
        assert drawn.ui.style.enabled == bundled()[model].has_style
    normal = drawn.slice_to_ras("Red")[:3, 2]
    assert normal == pytest.approx([np.sin(np.radians(20.0)), 0.0, np.cos(np.radians(20.0))], abs=1e-6)
    drawn.editor.nodes.roi.SetSize(20.0, 20.0, 20.0)
    assert drawn.ui.diameter_mm.value == pytest.approx(10.0)
    drawn.wait()
    drawn.desktop.select_module(None)
    drawn.key("n")
    assert drawn.editor.tools.current is None, "shortcuts belong to the module that is in front"


def test_variants_are_shown_and_one_is_taken(drawn):
    drawn.click(drawn.ui.variants)
    drawn.wait()
    gallery = drawn.ui.gallery
    assert gallery.isVisible() and gallery.count == 8
    gallery.setCurrentRow(5)
    assert drawn.session.draft.seed == 5
    drawn.wait()
    assert gallery.count == 8, "the others stay to be chosen from"
    shown = voxels(drawn.editor.nodes.node("Preview"))[0]
    assert np.array_equal(shown, drawn.editor.previews.variants[5].hu)
    drawn.key("v")
    drawn.line([(-0.4, -0.4), (-0.3, 0.4)])
    assert not gallery.isVisible(), "they were of another drawing"


def test_a_scanned_sketch_is_seen_before_it_is_used(reader, tmp_path):
    from PIL import Image, ImageDraw

    page = Image.new("L", (256, 256), 255)
    ImageDraw.Draw(page).ellipse((88, 98, 168, 158), outline=40, width=4)
    page.save(tmp_path / "page.png")
    reader.place(LUNG_RAS_MM)
    reader.desktop.dialogs.answers += [str(tmp_path / "page.png")]
    reader.click(reader.ui.load_scan)
    assert reader.ui.scanFrame.isVisible() and not reader.session.draft.strokes
    assert not reader.ui.scanPreview.pixmap.isNull()
    reader.ui.scan_threshold.setValue(10)
    assert "darker than the threshold" in reader.ui.statusLabel.text
    reader.ui.scan_threshold.setValue(120)
    reader.click(reader.ui.use_scan)
    assert reader.session.draft.is_drawn and not reader.ui.scanFrame.isVisible()


def test_edges_lie_on_the_reslice(drawn):
    drawn.place((73.0, 5.0, 3.0))
    drawn.click(drawn.ui.edges_are_shown)
    node = drawn.editor.nodes.node("Edges")
    assert drawn.composite("Red").GetLabelVolumeID() == node.GetID()
    assert voxels(node).any()
    drawn.click(drawn.ui.edges_are_shown)
    assert not drawn.composite("Red").GetLabelVolumeID()


def test_the_card_is_one_click_away(reader):
    reader.click(reader.ui.card)
    import qt

    texts = [w.toPlainText() for w in qt.QApplication.allWidgets() if isinstance(w, qt.QTextBrowser) and w.isVisible()]
    assert any("LIDC" in text for text in texts)
