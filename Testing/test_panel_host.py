"""The panel beside what else a user does in Slicer, on our stand-in for the desktop: the CT moves, views are used."""

from __future__ import annotations

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import Reader
from test_changed_ct import middle_of_changes_ras, transformed

from SketchNoduleSynthLib.editing.rows import color_of

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


def off_plane_mm(reader) -> float:
    """How far the red view is from the plane that is drawn on; at least 90 if it is turned away from it."""
    frame, pose = reader.session.draft.voi.frame(1), reader.slice_to_ras("Red")
    normal = frame.axes[2] * (-1, -1, 1)
    if abs(normal @ pose[:3, 2]) < 0.9999:
        return 90.0
    return abs(normal @ (pose[:3, 3] - np.array(reader.session.draft.voi.center_ras_mm)))


def test_taking_the_pen_the_key_and_pressing_turn_back_to_the_plane(drawn):
    node = drawn.slice_node("Red")
    drawn.key("v")
    node.SetSliceOffset(node.GetSliceOffset() + 9.0)
    assert off_plane_mm(drawn) > 8
    drawn.line([(-0.3, -0.3), (-0.2, 0.3)])
    assert off_plane_mm(drawn) < 0.01 and len(drawn.session.draft.strokes) == 2
    node.SetOrientation("Coronal")
    drawn.key("t")
    assert off_plane_mm(drawn) < 0.01
    node.SetOrientation("Sagittal")
    drawn.composite("Red").SetBackgroundVolumeID(a_volume().GetID())
    drawn.click(drawn.ui.draw_wall)
    assert off_plane_mm(drawn) < 0.01
    assert layers(drawn)[0] == drawn.editor.nodes.source.GetID()
    node.SetFieldOfView(*(0.5 * np.array(node.GetFieldOfView())))
    zoom = node.GetFieldOfView()
    drawn.key("t")
    assert node.GetFieldOfView() == zoom, "on the plane, zoom and shift are the user's"


def test_the_wheel_waits_until_the_line_is_drawn(drawn):
    interactor = drawn.desktop.slice_view("Red").interactor()
    with drawn.pen_down(share=0.25):
        interactor.InvokeEvent("MouseWheelForwardEvent")
        assert off_plane_mm(drawn) < 0.01
    interactor.InvokeEvent("MouseWheelForwardEvent")
    assert off_plane_mm(drawn) > 0.1, "then it scrolls"


def test_the_panel_needs_no_scrolling_to_the_side_and_none_from_place_to_insert(inserted):
    """In Slicer's panel of some 380 pixels, in a window 800 pixels high."""
    ui = inserted.ui
    page = ui.sectionsPage
    assert page.minimumSizeHint.width() <= 365
    top, bottom = (widget.mapTo(page, widget.rect.topLeft()).y() for widget in (ui.place, ui.insert))
    assert bottom + ui.insert.height - top < 700
    icon = ui.nodulesTable.item(0, 0).icon().pixmap(8, 8).toImage().pixelColor(4, 4)
    assert (icon.redF(), icon.greenF(), icon.blueF()) == pytest.approx(color_of(1), abs=0.01)


def test_the_table_has_what_was_just_made(inserted):
    inserted.place(np.add(LUNG_RAS_MM, (0.0, 25.0, 10.0)))
    inserted.draw()
    inserted.click(inserted.ui.insert)
    inserted.wait()
    assert inserted.ui.nodulesTable.currentRow() == 1 and inserted.editor.selected.key == 2
    ui = inserted.ui
    assert [button.text for button in (ui.edit, ui.hide, ui.remove)] == ["Edit 2", "Hide 2", "Remove 2"]
    inserted.click(inserted.ui.remove)
    inserted.wait()
    assert [nodule.key for nodule in inserted.session.nodules] == [1]


def shown_center(reader, view: str) -> np.ndarray:
    return reader.slice_to_ras(view)[:3, 3]


def test_a_row_brings_the_views_there_also_the_one_that_is_chosen(inserted):
    center = np.array(inserted.session.nodules[0].recipe.voi.center_ras_mm)
    for view in ("Red", "Green"):
        inserted.slice_node(view).JumpSliceByCentering(-40.0, 30.0, -20.0)
    table = inserted.ui.nodulesTable
    rect = table.visualItemRect(table.item(0, 0)).center()
    inserted.scroll_to(table)
    inserted.desktop.click(table.viewport(), (rect.x(), rect.y()))
    assert abs(shown_center(inserted, "Green")[1] - center[1]) < 0.1
    assert abs(shown_center(inserted, "Red")[2] - center[2]) < 0.1
    import slicer

    camera = slicer.util.getNodesByClass("vtkMRMLCameraNode")[0]
    assert np.allclose(camera.GetFocalPoint(), center, atol=0.1)


def test_dragging_the_box_takes_the_other_views_along(drawn):
    drawn.editor.nodes.roi.SetCenterWorld(40.0, -12.0, 5.0)
    assert shown_center(drawn, "Green")[1] == pytest.approx(-12.0)
    assert shown_center(drawn, "Yellow")[0] == pytest.approx(40.0)


def test_the_users_background_stays_his(drawn):
    other = a_volume()
    drawn.composite("Yellow").SetBackgroundVolumeID(other.GetID())
    drawn.click(drawn.ui.insert)
    drawn.wait()
    assert layers(drawn, "Yellow")[0] == other.GetID()
    assert layers(drawn, "Green")[0] == drawn.editor.nodes.result.GetID()


def test_choosing_a_ct_moves_all_views_to_it(drawn):
    import slicer

    from SketchNoduleSynthLib.ct.volume import Volume
    from SketchNoduleSynthLib.mrml import volumes

    here = chest()
    far = Volume.of(here.array, here.grid.spacing, here.grid.origin + 400.0)
    node = volumes.node_from_volume(far, "far", slicer.mrmlScene)
    drawn.ui.inputSelector.setCurrentNode(node)
    bounds = np.zeros(6)
    node.GetRASBounds(bounds)
    for view in ("Red", "Green", "Yellow"):
        assert layers(drawn, view)[0] == node.GetID()
        middle = shown_center(drawn, view)
        assert ((bounds[::2] < middle) & (middle < bounds[1::2])).all()


def test_views_that_come_later_take_part(drawn):
    import slicer

    manager = drawn.desktop.layout_manager
    known = set(manager.sliceViewNames())
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutCompareView)
    (new,) = set(manager.sliceViewNames()) - known
    drawn.desktop.process_events(0.05)
    assert layers(drawn, new)[0] == drawn.editor.nodes.source.GetID()
    assert drawn.slice_node(new).GetID() in drawn.editor.nodes.roi.GetDisplayNode().GetViewNodeIDs()
    drawn.place(np.add(LUNG_RAS_MM, (-4.0, 5.0, 0.0)), view=new)
    assert drawn.session.draft.voi.center_ras_mm[0] == pytest.approx(LUNG_RAS_MM[0] - 4.0, abs=3)


def test_mouse_mode_is_the_views_while_the_pen_draws(drawn):
    import slicer

    node = slicer.app.applicationLogic().GetInteractionNode()
    drawn.editor.take(None)
    node.SetCurrentInteractionMode(node.AdjustWindowLevel)
    drawn.click(drawn.ui.draw_nodule)
    assert node.GetCurrentInteractionMode() == node.ViewTransform
    drawn.click(drawn.ui.draw_nodule)
    assert node.GetCurrentInteractionMode() == node.AdjustWindowLevel, "the user's comes back"
    drawn.click(drawn.ui.draw_nodule)
    node.SetCurrentInteractionMode(node.Place)
    assert drawn.editor.tools.current is None, "the mouse places a markup"
    node.SetCurrentInteractionMode(node.ViewTransform)


def test_undo_takes_back_one_gesture(drawn):
    roi, before = drawn.editor.nodes.roi, drawn.session.draft.voi
    for x in (41.0, 37.0):
        roi.InvokeEvent(roi.PointStartInteractionEvent)
        for step in (1.0, 0.5, 0.0):
            roi.SetCenterWorld(x + step, *before.center_ras_mm[1:])
        roi.InvokeEvent(roi.PointEndInteractionEvent)
    drawn.click(drawn.ui.undo)
    assert drawn.session.draft.voi.center_ras_mm[0] == pytest.approx(41.0)
    drawn.click(drawn.ui.undo)
    assert drawn.session.draft.voi == before
    pull = next(child for child in drawn.ui.tilt_lr_deg.children() if hasattr(child, "sliderPressed"))
    for ends in ((3, 5), (8, 10)):
        pull.sliderPressed.emit()
        for value in ends:
            drawn.ui.tilt_lr_deg.setValue(value)
        pull.sliderReleased.emit()
    drawn.click(drawn.ui.undo)
    assert drawn.session.draft.voi.tilt_lr_deg == 5
    drawn.click(drawn.ui.undo)
    assert drawn.session.draft.voi.tilt_lr_deg == 0


def test_progress_cancel_and_messages_stay_in_sight(drawn, monkeypatch):
    import threading

    go = threading.Event()
    real = drawn.session.make
    monkeypatch.setattr(drawn.session, "make", lambda *given: go.wait(10) and real(*given))
    drawn.click(drawn.ui.insert)
    for control in (drawn.ui.nodulesTable, drawn.ui.inputSelector):
        drawn.scroll_to(control)
        for widget in (drawn.ui.statusLabel, drawn.ui.progressBar, drawn.ui.cancel):
            assert widget.visibleRegion().boundingRect().height() > 10
    go.set()
    drawn.wait()


def test_the_panel_needs_no_long_scroll(reader):
    reader.desktop.window.resize(1280, 800)
    reader.desktop.process_events()
    assert reader.ui.sectionsPage.width <= reader.ui.sections.width, "nothing is cut"
    assert reader.ui.sectionsPage.height - reader.ui.sections.height < 200


def test_the_reason_of_the_light_stands_under_the_table(inserted):
    report = inserted.session.nodules[0].insertion.report
    text = inserted.ui.reasonLabel.text
    assert inserted.ui.reasonLabel.isVisible() and report.quality.light in text
    assert all(reason in text for reason in report.quality.reasons or ["Nothing to object to."])


def test_the_sample_without_a_network_is_told(reader, monkeypatch):
    import sys
    from types import SimpleNamespace

    def fails(name):
        raise OSError("no network")

    for download in (fails, lambda name: None):
        monkeypatch.setitem(sys.modules, "SampleData", SimpleNamespace(downloadSample=download))
        reader.click(reader.ui.sample)
        assert "could not be fetched; check the network" in reader.ui.statusLabel.text
    assert not reader.desktop.dialogs and reader.editor is not None


def test_a_new_folder_for_a_training_case_may_be_typed(inserted, tmp_path):
    inserted.desktop.dialogs.answers += [str(tmp_path / "typed")]
    inserted.click(inserted.ui.save_training_case)
    inserted.wait()
    assert (tmp_path / "typed" / "truth").is_dir()
    assert inserted.desktop.dialogs[-1].kind == "getSaveFileName"


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


def turn(roi, tilt_deg: float) -> None:
    import slicer

    from SketchNoduleSynthLib.ct.frame import tilted_axes

    turned = np.array((-1, -1, 1))
    pose = np.eye(4)
    pose[:3, :3] = tilted_axes(tilt_deg).T * np.outer(turned, turned)
    pose[:3, 3] = LUNG_RAS_MM
    roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(pose))


def test_a_box_that_is_tilted_too_far_is_refused_however_far_and_told_until_it_is_well_again(drawn):
    roi = drawn.editor.nodes.roi
    for tilt in range(10, 101, 10):
        turn(roi, tilt)
        assert drawn.session.draft.voi.tilt_lr_deg == min(tilt, 30), tilt
    text = drawn.ui.statusLabel.text
    assert "tilted by more than 30 degrees" in text and "VOI VOI" not in text
    for tilt in range(90, 19, -10):
        turn(roi, tilt)
    assert "tilted" not in drawn.ui.statusLabel.text
    assert drawn.session.draft.voi.tilt_lr_deg == 20


def test_the_size_of_the_runtime_is_named_only_where_it_is_missing(reader, monkeypatch):
    from SketchNoduleSynthLib.panel import dependencies

    monkeypatch.setattr(dependencies, "missing", lambda: ["scikit-image"])
    reader.editor.changed.emit()
    assert "60 MB" not in reader.ui.dependencyLabel.text
    reader.click(reader.ui.installButton)
    assert "60 MB" not in reader.desktop.dialogs[-1].text


def test_every_control_has_a_tooltip(reader):
    import qt

    controls = reader.ui.sectionsPage.findChildren(qt.QPushButton)
    assert [control.objectName for control in controls if control.text and not control.toolTip] == []


def test_the_network_is_warm_before_the_first_stroke(desktop, monkeypatch):
    from SketchNoduleSynthLib.editing.work import Preview
    from SketchNoduleSynthLib.synthesis import bundle, generators

    for cached in (bundle.load, generators.generator):
        cached.cache_clear()
    counts, look = [], Preview.of.__func__
    monkeypatch.setattr(Preview, "of", classmethod(lambda cls, *given: (counts.append(1), look(cls, *given))[1]))
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    reader.wait()
    assert generators.generator.cache_info().currsize == 1, "loaded with the CT"
    reader.place(LUNG_RAS_MM)
    reader.wait()
    assert counts == [1] and reader.editor.nodes.node("Preview") is None, "looked through once, and nothing shown"
    reader.draw()
    reader.wait()
    assert len(counts) > 1


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
