"""The lines of a drawing in the panel's stand-in, by real mouse events: across, and by their points."""

from __future__ import annotations

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import CIRCLE, Reader

pytest_plugins = ["standin"]


@pytest.fixture
def drawn(desktop) -> Reader:
    """A reader who placed the VOI and drew a nodule, whose preview is off."""
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    reader.place(LUNG_RAS_MM)
    reader.editor.previews.set_live(False)
    reader.draw()
    return reader


def off_plane_mm(reader: Reader) -> float:
    """How far the middle of the red view lies from the plane of the VOI."""
    frame = reader.session.draft.voi.frame(1)
    return abs(float(frame.axes[2] * (-1, -1, 1) @ (reader.slice_to_ras("Red")[:3, 3] - frame.center * (-1, -1, 1))))


def test_the_outline_across_is_drawn_on_its_plane_and_makes_the_nodule_higher(drawn):
    drawn.choose(drawn.ui.model, "mcgan")
    frame = drawn.session.draft.voi.frame(1)

    def heights(insertion) -> float:
        return np.ptp(np.argwhere(insertion.nodule)[:, 0]) * drawn.session.source.grid.spacing[2]

    drawn.key("x")
    pose = drawn.slice_to_ras("Red")
    assert pose[:3, 2] == pytest.approx(frame.axes[1] * (-1, -1, 1)) and pose[:3, 1] == pytest.approx((0, 0, 1))
    node = drawn.slice_node("Red")
    for flat, label in ((0.3, "nodule_across"), (1.6, "nodule_across")):
        node.SetSliceOffset(node.GetSliceOffset() + 5.0)
        drawn.draw(share=0.15, flat=flat)
        assert drawn.slice_to_ras("Red")[:3, 3] == pytest.approx(pose[:3, 3]), "the pen's first touch goes back"
        assert [stroke.label for stroke in drawn.session.draft.strokes] == ["nodule", label], "one across"
        drawn.click(drawn.ui.insert)
        drawn.wait()
        drawn.key("x")
    first, second = (nodules[0].insertion for nodules in (drawn.session._past[-2][1].nodules, drawn.session.nodules))
    assert heights(second) > heights(first) + 4
    curves = drawn.editor.nodes.curves._nodes
    (across,) = (node for stroke, node in curves.items() if stroke.label == "nodule_across")
    bounds = np.zeros(6)
    across.GetRASBounds(bounds)
    assert np.ptp(bounds[2:4]) < 0.01 and np.ptp(bounds[4:]) > 10
    drawn.key("n")
    assert off_plane_mm(drawn) < 0.01


def test_the_button_of_the_pen_in_the_hand_leaves_it_there(drawn):
    import qt

    drawn.place(LUNG_RAS_MM)
    drawn.click(drawn.ui.draw_nodule)
    assert drawn.editor.tools.current == "nodule" and drawn.ui.draw_nodule.checked
    drawn.draw()
    assert drawn.session.draft.strokes and "Esc lays it down" in drawn.ui.draw_nodule.toolTip
    drawn.key(qt.Qt.Key_Escape)
    assert drawn.editor.tools.current is None and not drawn.ui.draw_nodule.checked


def test_points_are_dragged_added_and_taken_away_and_a_drag_is_a_step(drawn):
    import qt
    import slicer

    view, before = drawn.desktop.slice_view("Red"), drawn.session.draft.strokes[0]

    def pixels(ras: np.ndarray) -> np.ndarray:
        to_ras = slicer.util.arrayFromVTKMatrix(drawn.slice_node("Red").GetXYToRAS())
        x, y = (np.linalg.inv(to_ras) @ (*ras, 1.0))[:2]
        return np.array([x, view.height - 1 - y])

    def drag(start: np.ndarray, end: np.ndarray) -> None:
        drawn.desktop.drag(view, [tuple(start + share * (end - start)) for share in np.linspace(0, 1, 8)])

    drawn.key("d")
    (curve,) = drawn.editor.nodes.curves._nodes.values()
    count = curve.GetNumberOfControlPoints()
    between = tuple(pixels(slicer.util.arrayFromMarkupsCurvePoints(curve)[45]))
    drawn.desktop.move(view, (10, 10), button=qt.Qt.NoButton)  # Ctrl is held before the line is reached.
    drawn.desktop.drag(view, [between], modifiers=qt.Qt.ControlModifier)
    assert curve.GetNumberOfControlPoints() == count + 1 and drawn.session.undoable == "Move points"
    points = slicer.util.arrayFromMarkupsControlPoints(curve)
    drag(pixels(points[7]), pixels(points[8]))
    assert curve.GetNumberOfControlPoints() == count

    unmoved = drawn.session.draft.strokes[0].points_mm
    drag(pixels(points[0]), pixels(points[0]) + np.array([30, 18]))
    (moved,) = drawn.session.draft.strokes
    assert moved.closed and np.abs(moved.points_mm).max() > np.abs(before.points_mm).max() + 1.5
    drawn.key("z")
    assert np.array_equal(drawn.session.draft.strokes[0].points_mm, unmoved), "one drag"
    drawn.key(qt.Qt.Key_Escape)
    (curve,) = drawn.editor.nodes.curves._nodes.values()
    assert drawn.editor.tools.current is None and curve.GetLocked()


def test_keys_that_all_know_and_typed_numbers(drawn):
    import qt

    def press(widget, key, modifiers=qt.Qt.NoModifier) -> None:
        drawn.desktop.press_key(widget, key, modifiers)

    red, seed = drawn.desktop.slice_view("Red"), drawn.ui.seed
    both = qt.Qt.ControlModifier | qt.Qt.ShiftModifier
    press(red, qt.Qt.Key_Z, qt.Qt.ControlModifier)
    assert not drawn.session.draft.strokes
    press(red, qt.Qt.Key_Z, both)
    assert drawn.session.draft.is_drawn
    drawn.scroll_to(seed)
    seed.selectAll()
    for key in (qt.Qt.Key_4, qt.Qt.Key_2):
        press(seed, key)
    assert drawn.session.draft.seed == 0, "it is still being typed"
    press(seed, qt.Qt.Key_Return)
    assert drawn.session.draft.seed == 42 and not seed.hasFocus()
    press(drawn.ui.seed.window(), "z")
    assert drawn.session.draft.seed == 0, "one step"


def test_undo_with_the_pen_down_takes_back_the_line_alone(drawn):
    import qt

    before = drawn.session.draft
    with drawn.pen_down(0.1):
        assert drawn.editor.tools.are_drawing
        drawn.desktop.press_key(drawn.desktop.slice_view("Red"), qt.Qt.Key_Z, qt.Qt.ControlModifier)
        assert not drawn.editor.tools.are_drawing
    assert drawn.session.draft == before and drawn.editor.is_in_hand("nodule")


def test_where_nothing_came_of_a_line_its_preview_goes(drawn):
    """A second outline that lies apart from the first one is refused."""
    drawn.editor.previews.set_live(True)
    drawn.wait()
    shown = slicer_array(drawn)
    view, beside = drawn.desktop.slice_view("Red"), drawn.path(0.06 * CIRCLE + (0.33, 0.0))
    drawn.desktop.drag(view, beside, hold=True)
    drawn.wait()
    assert not np.array_equal(slicer_array(drawn), shown), "with the line"
    drawn.desktop.release(view, beside[-1])
    drawn.wait()
    assert len(drawn.session.draft.strokes) == 1 and "apart" in drawn.ui.statusLabel.text
    assert np.array_equal(slicer_array(drawn), shown)


def slicer_array(reader: Reader) -> np.ndarray:
    """The voxels of the preview."""
    import slicer

    return slicer.util.arrayFromVolume(reader.editor.nodes.node("Preview")).copy()
