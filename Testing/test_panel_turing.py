"""Real or synthetic? in the module's panel, on our stand-in for desktop Slicer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import Reader
from turing_folder import SHAPE, write_pictures

from SketchNoduleSynthLib.turing.patch_set import KEY
from SketchNoduleSynthLib.turing.report import scored

pytest_plugins = ["standin"]
OTHERS = ("ctSection", "voiSection", "sketchSection", "noduleSection", "nodulesSection", "readingSection")


@pytest.fixture
def hand_out(tmp_path) -> Path:
    return write_pictures(tmp_path / "set")


@pytest.fixture
def reader(desktop) -> Reader:
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    return reader


def begin(reader, hand_out, name="R1"):
    """Real or synthetic?… as a user does it; what is being judged."""
    reader.desktop.dialogs.answers += [str(hand_out), name]
    reader.click(reader.ui.turingButton)
    return reader.widget.panel.turing.controller


def layout(reader):
    return reader.desktop.layout_manager.layout


def test_every_picture_is_judged_and_the_test_finished(reader, hand_out):
    import slicer

    test = begin(reader, hand_out)
    ui = reader.ui
    assert ui.turingSection.isVisible() and [name for name in OTHERS if getattr(ui, name).isVisible()] == []
    assert layout(reader) == slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView
    assert "Picture 1 of 4" in ui.pictureLabel.text and not ui.previous_picture.enabled
    reader.key("s")
    assert ui.synthetic.checked and not ui.real.checked
    reader.key("5")
    assert ui.answer_confidence.value == 5 and "3 of 4" in ui.statusLabel.text
    reader.key("n")
    assert "Picture 2 of 4" in ui.pictureLabel.text and ui.answer_confidence.value == 3 and not ui.synthetic.checked
    ui.answer_confidence.setValue(2)
    reader.click(ui.real)
    assert ui.real.checked and test.answer.confidence == 2
    for _ in range(2):
        reader.click(ui.next_picture)
        reader.click(ui.synthetic)
    assert not ui.next_picture.enabled
    reader.key("b")
    assert "Picture 3 of 4" in ui.pictureLabel.text
    reader.click(ui.real)
    reader.click(ui.finish_test)
    assert not test.session.is_finished, "nobody said yes"
    reader.desktop.dialogs.answers += [True]
    reader.click(ui.finish_test)
    path = hand_out.parent / "answers" / "R1.csv"
    assert str(path) in ui.statusLabel.text
    controls = ("real", "synthetic", "answer_confidence", "finish_test")
    assert [name for name in controls if getattr(ui, name).enabled] == []
    rows = path.read_text().split()[1:]
    assert [row.split(",", 1)[1] for row in rows] == ["synthetic,5", "real,2", "real,3", "synthetic,3"]
    assert scored([path], hand_out.parent / KEY)["readers"]["R1"]["patches"] == 4


def test_the_picture_is_shown_upright_alone_and_whole(reader, hand_out):
    import slicer

    test = begin(reader, hand_out)
    reader.key("n")
    logic = reader.desktop.layout_manager.sliceWidget("Red").sliceLogic()
    shown = logic.GetBackgroundLayer().GetVolumeNode()
    assert np.array_equal(slicer.util.arrayFromVolume(shown)[0], test.session.picture(1))
    node = reader.slice_node("Red")
    # By Slicer's own slice geometry: the picture's corners (column, row) lie in the view, first row above.
    ras_to_xy = np.linalg.inv(slicer.util.arrayFromVTKMatrix(node.GetXYToRAS()))
    columns, rows = SHAPE[1] - 1, SHAPE[0] - 1
    corners = [ras_to_xy @ (-column, -row, 0, 1) for column, row in ((0, 0), (columns, 0), (0, rows))]
    width, height = node.GetDimensions()[:2]
    for x, y, *_rest in corners:
        assert 0 <= x <= width and 0 <= y <= height
    first, right, below = (corner[:2] for corner in corners)
    assert right[0] > first[0] and abs(right[1] - first[1]) < 1e-6
    assert below[1] < first[1] and abs(below[0] - first[0]) < 1e-6, "a view's y goes up"
    assert right[0] - first[0] > 0.9 * width or first[1] - below[1] > 0.9 * height, "as large as the view"
    display = shown.GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 255)
    for view in ("Red", "Green", "Yellow"):
        assert reader.composite(view).GetBackgroundVolumeID() == shown.GetID()


def test_leave_brings_everything_back_and_the_answers_are_kept(reader, hand_out):
    import slicer

    reader.place(LUNG_RAS_MM)
    reader.draw()
    reader.wait()
    session, pose, before = reader.session, reader.slice_to_ras("Red"), layout(reader)
    count = slicer.mrmlScene.GetNumberOfNodes()
    begin(reader, hand_out)
    reader.key("r")
    assert session.draft.is_drawn and session.draft.seed == 0, "the editing keys rest"
    reader.click(reader.ui.leaveTuringButton)
    reader.wait()
    assert reader.session is session and layout(reader) == before and np.allclose(reader.slice_to_ras("Red"), pose)
    assert slicer.mrmlScene.GetNumberOfNodes() == count and reader.ui.ctSection.isVisible()
    again = begin(reader, hand_out)
    assert again.place == 1, "the first without an answer"
    slicer.mrmlScene.Clear()
    reader.wait()
    assert not reader.ui.turingSection.isVisible() and layout(reader) == before


def test_the_layout_is_slicers_while_another_module_is_in_front(reader, hand_out):
    """Also when Slicer ends, which leaves the module first and keeps the layout for the next time."""
    before = layout(reader)
    test = begin(reader, hand_out)
    alone = layout(reader)
    reader.desktop.select_module(None)
    assert layout(reader) == before != alone
    reader.desktop.select_module(reader.module.module)
    assert layout(reader) == alone and reader.widget.panel.turing.controller is test
    reader.click(reader.ui.leaveTuringButton)
    assert layout(reader) == before


def test_what_is_no_set_is_told_and_the_editor_stays(reader, hand_out, tmp_path):
    session, before = reader.session, layout(reader)
    begin(reader, tmp_path)
    assert "no set of pictures" in reader.ui.statusLabel.text
    begin(reader, hand_out, "../R1")
    assert "reader's name" in reader.ui.statusLabel.text
    for picture in (hand_out / "patches").iterdir():
        picture.write_bytes(b"\x89PNG")
    begin(reader, hand_out)
    assert "cannot be read" in reader.ui.statusLabel.text
    assert reader.session is session and layout(reader) == before and reader.ui.ctSection.isVisible()
    for answers in ([""], [str(hand_out), ""]):
        reader.desktop.dialogs.answers += answers
        reader.click(reader.ui.turingButton)
        assert reader.session is session
