"""Reading a case in the module's panel, on our stand-in for desktop Slicer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from reader import Reader
from reading_folder import CASE_ID, SECRET, SOURCE, write_case, write_cases

from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.teaching.case import INSTRUCTIONS

pytest_plugins = ["standin"]
OTHERS = ("ctSection", "voiSection", "sketchSection", "insertSection", "nodulesSection", "dependencyFrame")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_case(tmp_path_factory.mktemp("cases") / "case")


@pytest.fixture
def file(folder):
    path = folder.parent / "readings" / f"{CASE_ID}_R1.json"
    path.unlink(missing_ok=True)
    return path


@pytest.fixture
def reader(desktop, folder, file) -> Reader:
    """At the phantom, with a reader's copy of another one to be read."""
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    return reader


def begin(reader, folder, name="R1"):
    """Read a case… as a user does it; what is being read."""
    reader.desktop.dialogs.answers += [str(folder), name]
    reader.click(reader.ui.readButton)
    reader.wait()
    return reader.widget.panel.reading.controller


def pixel(reader, ras, view="Red"):
    """Where a point is in a slice view, in Qt's pixels."""
    import slicer

    node = reader.slice_node(view)
    x, y = np.linalg.solve(slicer.util.arrayFromVTKMatrix(node.GetXYToRAS()), [*ras, 1.0])[:2]
    return x, reader.desktop.slice_view(view).height - y


def mark(reader, ras, view="Red"):
    """M, then a click at a point; the view is turned to its slice first."""
    reader.slice_node(view).JumpSliceByOffsetting(*ras)
    reader.key("m")
    assert reader.ui.mark.checked
    reader.desktop.click(reader.desktop.slice_view(view), pixel(reader, ras, view))


def rows(reader):
    table = reader.ui.findingsTable
    return [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount)]


def write(reader, text):
    """Type a remark."""
    from PySide6.QtTest import QTest

    reader.click(reader.ui.remark)
    QTest.keyClicks(reader.ui.remark, text)
    QTest.keyClick(reader.ui.remark, "\r")


def test_mark_rate_remark_remove_finish(reader, folder, file):
    from qt import Qt

    case = begin(reader, folder)
    assert reader.ui.readingSection.isVisible() and reader.editor is None
    assert [name for name in OTHERS if getattr(reader.ui, name).isVisible()] == []
    assert (reader.ui.caseLabel.text, reader.ui.instructionsLabel.text) == (CASE_ID, INSTRUCTIONS)
    for view in ("Red", "Green", "Yellow"):
        assert reader.composite(view).GetBackgroundVolumeID() == case.ct.GetID()
    mark(reader, LUNG_RAS_MM)
    mark(reader, (-40.0, 12.0, 20.0), "Green")
    assert rows(reader) == [["1", "50", ""], ["2", "50", ""]]
    assert np.allclose(case.session.finding(1).at_ras_mm, LUNG_RAS_MM, atol=1.0), "a pixel is that large"
    reader.ui.confidence.setValue(85)
    write(reader, "m, at the fissure")
    assert rows(reader)[1] == ["2", "85", "m, at the fissure"] and not reader.ui.mark.checked
    reader.ui.findingsTable.selectRow(0)
    assert (case.active, reader.ui.confidence.value, reader.ui.remark.text) == (1, 50, "")
    assert reader.ui.slice_number.value == case.slices.number
    reader.click(reader.ui.remove_finding)
    assert rows(reader) == [["2", "85", "m, at the fissure"]] and not reader.ui.remove_finding.enabled
    mark(reader, LUNG_RAS_MM)
    reader.key(Qt.Key_Delete)
    assert len(rows(reader)) == 1
    reader.click(reader.ui.finish_reading)
    assert "cannot change" in reader.desktop.dialogs[-1].text and not case.session.is_finished, "nobody said yes"
    reader.desktop.dialogs.answers += [True]
    reader.click(reader.ui.finish_reading)
    assert case.session.is_finished and str(file) in reader.ui.statusLabel.text
    controls = ("mark", "confidence", "remark", "remove_finding", "finish_reading")
    assert [name for name in controls if getattr(reader.ui, name).enabled] == []
    reading = Reading.read(file)
    assert reading.minutes is not None and [finding.remark for finding in reading.findings] == ["m, at the fissure"]


def test_a_finding_is_dragged_with_the_mouse(reader, folder, file):
    case = begin(reader, folder)
    mark(reader, LUNG_RAS_MM)
    to = np.add(LUNG_RAS_MM, (14.0, 10.0, 0.0))
    start, end = (np.array(pixel(reader, ras)) for ras in (case.session.finding(1).at_ras_mm, to))
    view = reader.desktop.slice_view("Red")
    reader.desktop.move(view, tuple(start))
    reader.desktop.drag(view, [tuple(start + share * (end - start)) for share in (0, 0, 0.3, 0.6, 1)])
    assert np.allclose(Reading.read(file).findings[0].at_ras_mm, to, atol=2.0)


def test_a_remark_that_is_being_typed_is_not_lost_by_scrolling_and_never_another_finding_s(reader, folder):
    from PySide6.QtTest import QTest

    case = begin(reader, folder)
    mark(reader, LUNG_RAS_MM)
    mark(reader, (-40.0, 12.0, 20.0))
    QTest.keyClicks(reader.ui.remark, "half a rem")
    case.slices.show(3)
    assert reader.ui.remark.text == "half a rem"
    case.select(1)
    reader.widget.panel.refresh()
    assert reader.ui.remark.text == "" and case.session.finding(1).remark == ""


def test_slices_and_windows(reader, folder):
    case = begin(reader, folder)
    assert reader.ui.slice_number.maximum == case.slices.count == 48
    reader.ui.slice_number.setValue(5)
    assert case.slices.number == 5
    reader.slice_node("Red").JumpSliceByOffsetting(*LUNG_RAS_MM)
    assert reader.ui.slice_number.value == case.slices.number != 5
    display = case.ct.GetDisplayNode()
    reader.click(reader.ui.mediastinal_window)
    assert (display.GetLevel(), display.GetWindow()) == (40, 400)
    reader.key("l")
    assert (display.GetLevel(), display.GetWindow()) == (-600, 1600)


def test_leave_brings_back_what_was_edited_and_the_reading_is_kept(reader, folder, file):
    import slicer

    reader.place(LUNG_RAS_MM)
    reader.draw()
    reader.wait()
    session, pose, box = reader.session, reader.slice_to_ras("Red"), reader.editor.nodes.roi
    nodes = {slicer.mrmlScene.GetNthNode(n).GetID() for n in range(slicer.mrmlScene.GetNumberOfNodes())}
    begin(reader, folder)
    assert not box.GetDisplayVisibility()
    reader.key("n")
    reader.key("b")
    mark(reader, LUNG_RAS_MM)
    assert session.draft.is_drawn, "the editing keys rest"
    reader.click(reader.ui.leaveButton)
    reader.wait()
    assert reader.session is session and not reader.ui.readingSection.isVisible() and reader.ui.ctSection.isVisible()
    assert {slicer.mrmlScene.GetNthNode(n).GetID() for n in range(slicer.mrmlScene.GetNumberOfNodes())} == nodes
    assert np.allclose(reader.slice_to_ras("Red"), pose) and box.GetDisplayVisibility()
    assert Reading.read(file).finished is None
    reader.key("n")
    assert reader.editor.tools.current == "nodule", "and are back"
    begin(reader, folder)
    assert rows(reader) == [["1", "50", ""]]


def test_another_module_another_ct_and_a_reload_do_no_harm(reader, folder):
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    case = begin(reader, folder)
    reader.key("m")
    reader.desktop.select_module(None)
    assert case.tool is None, "the pen belongs to the module that is in front"
    other = volumes.node_from_volume(chest(), "other", slicer.mrmlScene)
    reader.desktop.select_module("SketchNoduleSynth")
    reader.ui.inputSelector.setCurrentNode(other)
    assert reader.editor is None and reader.ui.readingSection.isVisible()
    assert reader.composite("Red").GetBackgroundVolumeID() == case.ct.GetID()
    reader.click(reader.ui.leaveButton)
    assert reader.editor.nodes.source is other
    begin(reader, folder)
    reader.reload()
    assert slicer.mrmlScene.GetFirstNodeByName("Findings") is None
    assert not reader.ui.readingSection.isVisible() and reader.editor is not None


def test_closing_the_scene_ends_the_mode(reader, folder):
    import slicer

    begin(reader, folder)
    mark(reader, LUNG_RAS_MM)
    slicer.mrmlScene.Clear()
    reader.wait()
    assert not reader.ui.readingSection.isVisible() and reader.ui.ctSection.isVisible()
    begin(reader, folder)
    assert rows(reader) == [["1", "50", ""]]


def test_what_cannot_be_read_is_told_and_the_editor_stays(reader, folder, file, tmp_path):
    editor = reader.editor
    begin(reader, tmp_path)
    assert "no case" in reader.ui.statusLabel.text and reader.editor is editor
    begin(reader, folder, "../R1")
    assert "reader's name" in reader.ui.statusLabel.text and reader.editor is editor
    file.write_text("{}")
    begin(reader, folder)
    assert "version" in reader.ui.statusLabel.text and reader.editor is editor
    for answers in ([""], [str(folder), ""]):
        reader.desktop.dialogs.answers += answers
        reader.click(reader.ui.readButton)
        reader.wait()
        assert reader.editor is editor


def test_a_file_that_was_changed_meanwhile_is_told(reader, folder, file):
    case = begin(reader, folder)
    mark(reader, LUNG_RAS_MM)
    file.write_text("{}")
    reader.ui.confidence.setValue(70)
    assert "changed elsewhere" in reader.ui.statusLabel.text
    assert reader.ui.confidence.value == 50 == case.session.finding(1).confidence


def test_nothing_of_the_truth_is_in_the_scene_or_the_panel(reader, folder):
    import qt
    import slicer

    begin(reader, folder)
    mark(reader, LUNG_RAS_MM)
    scene = slicer.mrmlScene
    nodes = [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
    said = [str(node) for node in nodes]
    said += [str(node.GetAttribute(name)) for node in nodes for name in node.GetAttributeNames()]
    said += [label.text for label in reader.widget.ui.SketchNoduleSynth.findChildren(qt.QLabel)]
    assert any(CASE_ID in text for text in said)
    assert not [text for text in said for secret in (SECRET, SOURCE) if secret in text]


def finish(reader):
    reader.desktop.dialogs.answers += [True]
    reader.click(reader.ui.finish_reading)


def test_cases_are_read_one_after_the_other(reader, tmp_path):
    import slicer

    cases = write_cases(tmp_path / "cases", "R1")
    second = begin(reader, cases)
    assert reader.ui.caseLabel.text == "Case 2 of 4: c2" and second.slices.count == 20
    assert reader.ui.next_case.isVisible() and not reader.ui.next_case.enabled
    second.mark((5.0, 5.0, 0.0))
    finish(reader)
    assert "finished; 2 to go" in reader.ui.statusLabel.text
    packed = cases / "c3.zip"
    packed.rename(tmp_path / "c3.zip")
    reader.click(reader.ui.next_case)
    reader.wait()
    fourth = reader.widget.panel.reading.controller
    assert reader.ui.caseLabel.text == "Case 4 of 4: c4" and rows(reader) == [] and fourth.slices.count == 40
    assert "c3.zip" in reader.ui.statusLabel.text, "what cannot be opened is told, and waits"
    assert reader.composite("Red").GetBackgroundVolumeID() == fourth.ct.GetID()
    assert slicer.mrmlScene.GetFirstNodeByName("c2") is None, "the case before is gone"
    finish(reader)
    reader.click(reader.ui.next_case)
    reader.wait()
    assert "c3.zip" in reader.ui.statusLabel.text and reader.widget.panel.reading.controller is fourth
    (tmp_path / "c3.zip").rename(packed)
    reader.click(reader.ui.next_case)
    reader.wait()
    assert reader.ui.caseLabel.text == "Case 3 of 4: c3"
    finish(reader)
    assert all(word in reader.ui.statusLabel.text for word in ("All 4", str(cases / "readings")))
    assert not reader.ui.next_case.enabled
    reader.click(reader.ui.leaveButton)
    assert reader.editor is not None and not reader.ui.readingSection.isVisible()


def test_who_leaves_while_the_next_case_is_opened_is_not_brought_back(reader, tmp_path):
    begin(reader, write_cases(tmp_path / "cases", "R1"))
    finish(reader)
    reader.click(reader.ui.next_case)
    assert not reader.ui.next_case.enabled, "one at a time"
    reader.click(reader.ui.leaveButton)
    reader.wait()
    assert reader.editor is not None and not reader.ui.readingSection.isVisible()


def test_a_single_case_has_no_next_one(reader, folder, file):
    begin(reader, folder)
    assert not reader.ui.next_case.isVisible()
