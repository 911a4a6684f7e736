"""Nodules added at random to a case that is edited: from the panel, on our stand-in for Slicer, and the console."""

from __future__ import annotations

import numpy as np
import pytest
from generation_phantom import patient
from reader import MODULE, Reader
from sphere import sphere

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.result import carry_out

pytest_plugins = ["standin"]
LEFT_RAS_MM = (-65.0, 0.0, -10.0)


@pytest.fixture(scope="module")
def ct():
    return patient()


@pytest.fixture
def reader(desktop, ct) -> Reader:
    reader = Reader(desktop)
    reader.show(ct.volume, LEFT_RAS_MM)
    return reader


def centers(session) -> list[np.ndarray]:
    return [np.array(nodule.recipe.voi.center_ras_mm) for nodule in session.nodules]


def test_they_stand_in_the_lungs_clear_of_each_other_and_of_what_is_there(reader, ct):
    ui = reader.ui
    reader.session.make = sphere  # The console's test has the networks.
    reader.place(LEFT_RAS_MM)
    reader.draw()
    reader.wait()
    reader.click(ui.insert)
    reader.wait()
    ui.random_count.setValue(2)
    ui.difficulty.setCurrentText("conspicuous")
    reader.click(ui.add_random)
    assert not ui.add_random.enabled and not ui.insert.enabled, "one thing at a time"
    reader.wait()
    session = reader.session
    assert len(session.nodules) == 3 and ui.nodulesTable.rowCount == 3
    lungs = ct.right | ct.left
    for nodule, center in zip(session.nodules[1:], centers(session)[1:], strict=True):
        index = np.rint(ct.volume.grid.to_index(center * (-1, -1, 1))).astype(int)[::-1]
        assert lungs[tuple(index)]
        others = [other for other in session.nodules if other is not nodule]
        for other in others:
            apart = np.linalg.norm(center - other.recipe.voi.center_ras_mm)
            assert apart > (nodule.recipe.voi.diameter_mm + other.recipe.voi.diameter_mm) / 2
    result = session.result()
    assert np.array_equal(carry_out(ct.volume, result.recipe, make=sphere).synthetic.array, result.synthetic.array)
    assert session.undoable == "Add random nodules"
    taken_back = centers(session)[1:]
    reader.key("z")
    assert len(session.nodules) == 1
    reader.key("y")
    assert len(session.nodules) == 3
    reader.key("z")
    ui.random_count.setValue(1)
    reader.click(ui.add_random)
    reader.wait()
    assert not any(np.allclose(centers(session)[1], first) for first in taken_back), "others, when asked again"
    ui.nodulesTable.selectRow(1)
    reader.click(ui.edit)
    assert reader.editor.session.state.edited == session.nodules[-1].key, "they are edited as any other"


def assert_looked_at(reader: Reader, place: np.ndarray) -> None:
    """All views show the slice through the place, with it in sight, and the 3D view turns around it."""
    import slicer

    for view in ("Red", "Green", "Yellow"):
        node = reader.slice_node(view)
        across, x, y = np.linalg.solve(reader.slice_to_ras(view), (*place, 1.0))[[2, 0, 1]]
        width, height, _depth = node.GetFieldOfView()
        assert abs(across) < 0.05 and abs(x) < width / 2 and abs(y) < height / 2, view
    (camera,) = slicer.util.getNodesByClass("vtkMRMLCameraNode")
    assert np.allclose(camera.GetFocalPoint(), place, atol=0.1)


def scroll_away(reader: Reader) -> None:
    for view in ("Red", "Green", "Yellow"):
        reader.slice_node(view).SetSliceOffset(reader.slice_node(view).GetSliceOffset() + 17.0)


def test_all_views_go_to_the_last_one_and_to_the_row_that_is_clicked_twice_too(reader):
    reader.session.make = sphere
    reader.ui.random_count.setValue(2)
    reader.click(reader.ui.add_random)
    reader.wait()
    table = reader.ui.nodulesTable
    first, last = (np.array(reader.session.place_of(key)) for key in (1, 2))
    assert np.linalg.norm(first - last) > 5
    assert_looked_at(reader, last)
    assert table.currentRow() == 1
    reader.scroll_to(table)
    for row, place in ((0, first), (0, first), (1, last)):
        scroll_away(reader)
        at = table.visualItemRect(table.item(row, 0)).center()
        reader.desktop.click(table.viewport(), (at.x(), at.y()))
        assert_looked_at(reader, place)


def test_who_draws_meanwhile_is_not_led_away(reader):
    reader.session.make = sphere
    reader.place(LEFT_RAS_MM)
    pose = reader.slice_to_ras("Red")
    reader.ui.random_count.setValue(1)
    reader.click(reader.ui.add_random)
    with reader.pen_down(share=0.2):
        reader.wait()
    assert reader.session.nodules and np.array_equal(reader.slice_to_ras("Red"), pose)
    assert reader.session.draft.is_drawn


def test_cancel_and_a_ct_without_lungs(desktop, reader):
    reader.click(reader.ui.add_random)
    reader.click(reader.ui.cancel)
    reader.wait()
    assert not reader.session.nodules and "Cancelled" in reader.ui.statusLabel.text
    block = np.full((30, 30, 30), 40, np.int16)
    block[:, :8] = -1000
    reader.show(Volume.of(block, np.full(3, 5.0)), (-100.0, -100.0, 70.0), "no lungs")
    reader.click(reader.ui.add_random)
    reader.wait()
    assert not reader.session.nodules and "lung" in reader.ui.statusLabel.text


def test_from_the_console(desktop, ct):
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    logic = desktop.load_module(MODULE).widget.logic
    logic.open(volumes.node_from_volume(ct.volume, "CT", slicer.mrmlScene))
    keys = logic.add_random(1, "conspicuous", seed=4) + logic.add_random(1, seed=4)
    assert keys == [1, 2] and [nodule.key for nodule in logic.session.nodules] == keys
    first, second = centers(logic.session)
    assert np.linalg.norm(first - second) > 5, "the same seed again goes elsewhere, since the place is taken"
