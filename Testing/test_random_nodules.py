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
