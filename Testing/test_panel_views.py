"""The panel in the user's views, on our stand-in: layers, window, planes, mouse, and views that come later."""

from __future__ import annotations

import numpy as np
import pytest
from panel_fixtures import a_volume, layers
from phantom import LUNG_RAS_MM, chest

pytest_plugins = ["standin", "panel_fixtures"]


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


def shown_center(reader, view: str) -> np.ndarray:
    return reader.slice_to_ras(view)[:3, 3]


def test_a_row_brings_the_views_there_also_the_one_that_is_chosen(inserted):
    center = np.array(inserted.session.place_of(1))
    for view in ("Red", "Green"):
        inserted.slice_node(view).JumpSliceByCentering(-40.0, 30.0, -20.0)
    table = inserted.ui.nodulesTable
    rect = table.visualItemRect(table.item(0, 0)).center()
    inserted.scroll_to(table)
    inserted.desktop.click(table.viewport(), (rect.x(), rect.y()))
    assert abs(shown_center(inserted, "Green")[1] - center[1]) < 0.1
    assert off_plane_mm(inserted) < 0.01, "the sketch view is on the plane that it was drawn on"
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
    drawn.editor.take(None)
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


def test_taking_the_pen_brings_the_sketch_view_back_where_another_one_is_alone(drawn):
    import slicer

    manager, layouts = drawn.desktop.layout_manager, slicer.vtkMRMLLayoutNode
    red = manager.sliceWidget("Red")
    for act in (lambda: drawn.click(drawn.ui.draw_nodule), lambda: drawn.click(drawn.ui.to_plane)):
        manager.setLayout(layouts.SlicerLayoutOneUpYellowSliceView)
        drawn.desktop.process_events()
        assert not red.isVisible() and not drawn.ui.draw_nodule.checked, "out of reach"
        act()
        drawn.desktop.process_events()
        assert red.isVisible() and drawn.ui.draw_nodule.checked
