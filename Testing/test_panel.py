"""The module's panel on our stand-in for desktop Slicer: real mouse events on the real scene; nothing of PythonQt."""

from __future__ import annotations

import sys
import unittest
from types import SimpleNamespace

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import CIRCLE, MODULE, Reader

from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.check import check

pytest_plugins = ["standin"]


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


def voxels(node) -> np.ndarray:
    import slicer

    return slicer.util.arrayFromVolume(node)


def insert(reader) -> None:
    reader.click(reader.ui.insert)
    reader.wait()


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
    drawn.click(drawn.ui.draw_nodule)
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
    assert drawn.session.state.edited is None and drawn.editor.tools.current == "nodule", "it can be drawn at once"
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


def test_a_picture_is_told_and_nothing_is_made(reader):
    import slicer

    node = slicer.util.addVolumeFromArray(np.zeros((5, 6, 7), np.uint8), name="picture")
    reader.ui.inputSelector.setCurrentNode(node)
    assert "a picture, not a CT" in reader.ui.statusLabel.text
    assert reader.editor is None and not reader.ui.place.enabled


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


def test_an_error_in_the_worker_is_told_and_the_panel_goes_on(drawn, monkeypatch):
    def broken(*arguments):
        raise ZeroDivisionError("made up")

    monkeypatch.setattr(drawn.session, "make", broken)
    insert(drawn)
    assert "ZeroDivisionError: made up" in drawn.ui.statusLabel.text
    assert not drawn.session.nodules
    monkeypatch.undo()
    insert(drawn)
    assert len(drawn.session.nodules) == 1


def test_cancel_stops_and_changes_nothing(drawn, monkeypatch):
    import threading

    real, go = drawn.session.make, threading.Event()

    def slow(below, recipe, progress):
        progress("network")
        go.wait(10)
        return real(below, recipe, progress)

    monkeypatch.setattr(drawn.session, "make", slow)
    drawn.click(drawn.ui.insert)
    drawn.desktop.process_events(0.1)
    assert drawn.ui.progressFrame.isVisible()
    drawn.click(drawn.ui.cancel)
    go.set()
    drawn.wait()
    assert not drawn.session.nodules and "Cancelled" in drawn.ui.statusLabel.text
    assert not drawn.ui.progressFrame.isVisible()
    monkeypatch.undo()
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


def test_reload_leaves_no_pen_behind(drawn):
    drawn.reload()
    drawn.place(LUNG_RAS_MM)
    drawn.draw()
    assert len(drawn.session.draft.strokes) == 1


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


def test_without_a_runtime_all_works_but_making(desktop, monkeypatch):
    from SketchNoduleSynthLib.panel import dependencies
    from SketchNoduleSynthLib.synthesis import bundle, generators

    for cached in (bundle.load, generators.generator):
        cached.cache_clear()
    for name in ("openvino", "skimage"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(dependencies, "missing", lambda: ["openvino", "scikit-image"])
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    assert reader.ui.dependencyFrame.isVisible()
    assert "openvino takes" in reader.ui.dependencyLabel.text
    assert not desktop.dialogs, "nothing pops up"
    reader.place(LUNG_RAS_MM)
    reader.draw()
    assert reader.session.draft.is_drawn
    reader.wait()
    assert "is missing" in reader.ui.statusLabel.text
    reader.click(reader.ui.installButton)
    assert "openvino takes" in desktop.dialogs[-1].text, "it is asked first, and the stand-in says no"


def test_the_self_test_says_so_when_it_could_not_test(desktop, monkeypatch):
    from SketchNoduleSynthLib.panel import dependencies

    desktop.load_module(MODULE)
    monkeypatch.setattr(dependencies, "missing", lambda: ["openvino"])
    with pytest.raises(unittest.SkipTest, match="lacks openvino"):
        sys.modules["SketchNoduleSynth"].SketchNoduleSynthTest().runTest()


def test_setup_asks_nothing_and_needs_no_views(desktop):
    module = desktop.load_module(MODULE)
    assert not desktop.dialogs
    assert module.widget.panel.editor is None


def test_the_self_test_passes_here_too(desktop, monkeypatch):
    """With the phantom in the place of Slicer's sample CT."""
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    sample = SimpleNamespace(downloadSample=lambda name: volumes.node_from_volume(chest(), name, slicer.mrmlScene))
    monkeypatch.setitem(sys.modules, "SampleData", sample)
    desktop.load_module(MODULE)
    test = sys.modules["SketchNoduleSynth"].SketchNoduleSynthTest()
    monkeypatch.setattr(test, "delayDisplay", lambda *words: None, raising=False)
    test.runTest()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") >= 2
