"""The stand-in for desktop Slicer, by our own module; what passes here says nothing of PythonQt."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pytest
from reader import MODULE

pytest_plugins = ["standin"]


@pytest.fixture
def module(desktop):
    """Ours, loaded."""
    return desktop.load_module(MODULE)


@pytest.fixture
def ui(module):
    """Its widgets."""
    return module.widget.ui


@pytest.fixture
def volume(desktop):
    """A ramp along z, shown in all slice views."""
    import slicer

    array = np.repeat(np.arange(40, dtype=np.int16), 50 * 60).reshape(40, 50, 60) * 20
    node = slicer.util.addVolumeFromArray(array, name="ramp")
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    return node


def rgb(image):
    """A QImage as an array: rows, columns, 3."""
    import qt

    image = image.convertToFormat(qt.QImage.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def test_module_is_loaded_and_reloaded_as_slicer_does(desktop, module):
    import slicer

    assert slicer.modules.sketchnodulesynth.path == str(MODULE)
    widget = slicer.util.getModuleWidget("SketchNoduleSynth")
    assert widget is module.widget is slicer.modules.SketchNoduleSynthWidget and widget.parent.isEntered
    assert slicer.util.getModuleLogic("SketchNoduleSynth") is widget.logic is module.logic
    assert slicer.util.getModuleLogic("Markups").GetClassName() == "vtkSlicerMarkupsLogic"
    assert slicer.util.mainWindow() is None
    new = module.reload()
    desktop.process_events()
    assert new is not widget and new.parent is widget.parent
    assert new.ui.place.isVisible() and not widget.ui.place.isVisible()
    slicer.util.selectModule("")
    assert slicer.util.selectedModule() == "" and not new.parent.isEntered


def test_properties_are_attributes_both_ways(desktop, ui):
    import qt

    assert (ui.diameter_mm.value, ui.diameter_mm.decimals, ui.diameter_mm.suffix) == (12.0, 1, " mm")
    assert ui.insert.enabled is False is ui.insert.isEnabled()
    ui.insert.enabled = True
    assert ui.insert.isEnabled()
    ui.insert.setText("Go")
    assert ui.insert.text == "Go" == ui.insert.property("text")
    ui.spicules.checked = True
    assert ui.spicules.isChecked()
    ui.model.currentIndex = 1
    assert ui.model.currentText == ui.model.itemText(1)
    ui.statusLabel.visible = False
    assert ui.statusLabel.isHidden()
    timer = qt.QTimer()
    timer.singleShot = True
    fired = []
    qt.QTimer.singleShot(0, lambda: fired.append(1))
    desktop.process_events(0.02)
    assert timer.singleShot is True and timer.active is False and fired == [1]


@pytest.mark.parametrize("name", ["txt", "setText", "clicked"])
def test_misspelt_property_raises(ui, name):
    for widget in (ui.insert, ui.diameter_mm):
        with pytest.raises(AttributeError, match="has no property"):
            setattr(widget, name, "x")
    with pytest.raises(AttributeError):
        ui.insert.txt  # noqa: B018


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('name="decimals"', 'name="decimal"', "no property decimal"),
        ("<slot>setMRMLScene(", "<slot>setScene(", "No such slot"),
        ('class="QCheckBox"', 'class="ctkCheckBox"', "no widget ctkCheckBox"),
    ],
)
def test_ui_file_that_would_silently_do_nothing_is_refused(desktop, tmp_path, old, new, match):
    import slicer

    ours = MODULE.parents[1] / "Resources" / "UI" / "SketchNoduleSynth.ui"
    (tmp_path / "bad.ui").write_text(ours.read_text().replace(old, new))
    with pytest.raises(RuntimeError, match=match):
        slicer.util.loadUI(str(tmp_path / "bad.ui"))
    desktop.log.begin()


def test_slider_tells(desktop, ui):
    import qt

    slider, told = ui.diameter_mm, []
    slider.valueChanged.connect(told.append)
    slider.setEnabled(True)
    slider.value = 20.04
    assert slider.value == 20.0 and told == [20.0]
    slider.value = 999.0
    assert slider.value == slider.maximum
    slider.setValue(10.0)
    desktop.press_key(slider.findChild(qt.QSlider), qt.Qt.Key_Right)
    assert slider.value == 10.5 == told[-1]


def test_collapsible_button_hides_its_contents(desktop, ui):
    ui.voiSection.collapsed = True
    desktop.process_events()
    assert not ui.place.isVisible() and ui.voiSection.height < 40
    with pytest.raises(AssertionError, match="cannot be seen"):
        desktop.click(ui.place)
    desktop.click(ui.voiSection, at=(30, 8))
    assert not ui.voiSection.collapsed and ui.place.isVisible()


def test_node_combo_box_lists_the_scene(desktop, ui):
    selector, told = ui.inputSelector, []
    box = selector.children()[0]
    selector.currentNodeChanged.connect(told.append)
    assert selector.mrmlScene() is desktop.scene and selector.currentNode() is None and selector.currentNodeID == ""
    first, other = (desktop.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name) for name in ("first", "other"))
    other.SetHideFromEditors(False)
    selector.setCurrentNode(other)
    assert selector.currentNodeID == other.GetID() and told == [other]
    desktop.scene.RemoveNode(other)
    assert selector.currentNode() is first and told == [other, first]
    selector.setCurrentNode(None)
    first.SetName("renamed")
    assert [box.itemText(i) for i in range(box.count)] == ["None", "renamed"]
    desktop.scene.Clear()
    assert box.count == 1


def observed(interactor):
    """What the interactor's observers see of the left button: event and position."""
    seen = []
    events = ("LeftButtonPressEvent", "MouseMoveEvent", "LeftButtonReleaseEvent")
    tags = [
        interactor.AddObserver(event, lambda caller, name: seen.append((name, caller.GetEventPosition())), 10.0)
        for event in events
    ]
    return seen, tags


def test_mouse_in_the_red_view_reaches_the_interactor(desktop, volume):
    import qt
    from PySide6.QtTest import QTest

    view = desktop.slice_view("Red")
    seen, tags = observed(view.interactor())
    bottom = view.height - 1
    desktop.click(view, at=(30, 50))
    buttons = [entry for entry in seen if "Button" in entry[0]]
    assert buttons == [("LeftButtonPressEvent", (30, bottom - 50)), ("LeftButtonReleaseEvent", (30, bottom - 50))]
    seen.clear()
    desktop.drag(view, [(30, 50), (40, 60), (45, 70)])
    assert seen == [
        ("MouseMoveEvent", (30, bottom - 50)),
        ("LeftButtonPressEvent", (30, bottom - 50)),
        ("MouseMoveEvent", (40, bottom - 60)),
        ("MouseMoveEvent", (45, bottom - 70)),
        ("LeftButtonReleaseEvent", (45, bottom - 70)),
    ]
    seen.clear()
    QTest.mousePress(view, qt.Qt.LeftButton, qt.Qt.NoModifier, qt.QPoint(30, 50))
    QTest.mouseMove(view, qt.QPoint(60, 80))
    desktop.process_events(0.02)
    QTest.mouseRelease(view, qt.Qt.LeftButton, qt.Qt.NoModifier, qt.QPoint(60, 80))
    assert [place for _, place in seen] == [(30, bottom - 50), (60, bottom - 80), (60, bottom - 80)]
    for tag in tags:
        view.interactor().RemoveObserver(tag)


def test_observer_can_keep_an_event_from_slicer(desktop, volume):
    import qt

    view = desktop.slice_view("Red")
    interactor, seen = view.interactor(), []
    tags = [
        interactor.AddObserver("LeftButtonPressEvent", lambda *_: interactor.GetCommand(tags[0]).SetAbortFlag(1), 10.0),
        interactor.AddObserver("LeftButtonPressEvent", lambda *_: seen.append("later"), 0.5),
        interactor.AddObserver("KeyPressEvent", lambda *_: seen.append(interactor.GetKeySym()), 10.0),
    ]
    desktop.click(view)
    assert seen == []
    desktop.press_key(view, qt.Qt.Key_Escape)
    desktop.press_key(view, "f")
    assert seen == ["Escape", "f"]
    for tag in tags:
        interactor.RemoveObserver(tag)
    offset = view.sliceLogic().GetSliceOffset()
    desktop.press_key(view, "f")  # Slicer's: one slice forward
    assert abs(view.sliceLogic().GetSliceOffset() - offset) == pytest.approx(1.0)
    assert all("no current renderer" in line for line in desktop.log.lines), "VTK's own of that key, in Slicer too"
    desktop.log.begin()


def place(view, ras):
    """Where a point lies in the view, in Qt's pixels."""
    import slicer

    to_ras = slicer.util.arrayFromVTKMatrix(view.mrmlSliceNode().GetXYToRAS())
    x, y = np.linalg.solve(to_ras, (*ras, 1.0))[:2]
    return x, view.height - 1 - y


def closed_curve(scene, z):
    """A circle of 10 mm around (30, 25), drawn in red."""
    curve = scene.AddNewNodeByClass("vtkMRMLMarkupsClosedCurveNode", "outline")
    for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        curve.AddControlPoint(30 + 10 * np.cos(angle), 25 + 10 * np.sin(angle), z)
    curve.GetDisplayNode().SetSelectedColor(1, 0, 0)
    return curve


def test_closed_curve_is_seen_and_can_be_dragged(desktop, volume):
    view = desktop.slice_view("Red")
    before = rgb(view.grab().toImage())
    assert before.max() > 60 and before.shape == (view.height, view.width, 3)
    curve = closed_curve(desktop.scene, view.sliceLogic().GetSliceOffset())
    desktop.process_events()
    red = rgb(view.grab().toImage())
    ys, xs = np.nonzero((red[..., 0] > 150) & (red[..., 1] < 80))
    left, top = place(view, (40, 35, 0))  # R is left
    right, bottom = place(view, (20, 15, 0))
    assert (xs.min(), xs.max()) == pytest.approx((left, right), abs=45)  # a label stands beside it
    assert (ys.min(), ys.max()) == pytest.approx((top, bottom), abs=45)
    start, stop = place(view, (40, 25, 0)), place(view, (46, 29, 0))
    desktop.drag(view, [start, *zip(*np.linspace(start, stop, 6).T, strict=True)])
    assert curve.GetNthControlPointPosition(0)[:2] == pytest.approx((46, 29), abs=0.3)


def test_views_follow_the_layout(desktop, volume):
    import slicer

    manager = slicer.app.layoutManager()
    assert manager.sliceViewNames()[:3] == ("Red", "Yellow", "Green")  # Views of other layouts stay.
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    desktop.process_events()
    assert not manager.threeDWidget(0).isVisible()
    view = manager.sliceWidget("Red").sliceView()
    assert view.mrmlSliceNode().GetDimensions()[:2] == (view.width, view.height)


def test_dialogs_are_recorded_and_answered(desktop):
    import qt
    import slicer

    assert not slicer.util.confirmOkCancelDisplay("Really?")
    desktop.dialogs.answers += [True, "/data/sketch.png"]
    assert slicer.util.confirmOkCancelDisplay("Really?")
    assert qt.QFileDialog.getOpenFileName(None, "Sketch", "", "*.png") == "/data/sketch.png"
    assert qt.QFileDialog.getExistingDirectory(None, "Folder") == "" and not desktop.log.lines
    with pytest.raises(ValueError, match="no"), slicer.util.tryWithErrorDisplay("Failed", waitCursor=True):
        raise ValueError("no")
    kinds = ["question", "question", "getOpenFileName", "getExistingDirectory", "error"]
    assert [one.kind for one in desktop.dialogs] == kinds and desktop.dialogs[-1].text == "Failed\n\nno"
    with pytest.raises(AssertionError, match="Failed"):
        desktop.log.check()


def fail(*_):
    raise KeyError("in a callback")


def in_a_slot(desktop, volume):
    import qt

    button = qt.QPushButton()
    button.clicked.connect(fail)
    button.click()


def in_an_observer(desktop, volume):
    tag = volume.AddObserver("ModifiedEvent", fail)
    volume.Modified()
    volume.RemoveObserver(tag)


def of_vtk(desktop, volume):
    import vtk

    vtk.vtkImageReslice().Update()


def of_mrml(desktop, volume):
    volume.SetAndObserveNthDisplayNodeID(-1, "nothing")


def of_qt(desktop, volume):
    import qt

    qt.qWarning("of Qt")


def of_python(desktop, volume):
    logging.getLogger("deep.below").warning("of Python")


@pytest.mark.parametrize(
    ("provoke", "line"),
    [
        (in_a_slot, r"\[CRITICAL\]\[Python\] Traceback(.|\n)*KeyError: 'in a callback'"),
        (in_an_observer, r"\[CRITICAL\]\[Python\] Traceback(.|\n)*KeyError: 'in a callback'"),
        (of_vtk, r"\[ERROR\]\[VTK\] (.|\n)*has 0 connections"),
        (of_mrml, r"\[ERROR\]\[VTK\] (.|\n)*vtkMRML"),
        (of_qt, r"\[WARNING\]\[Qt\] of Qt"),
        (of_python, r"\[WARNING\]\[Python\] of Python"),
    ],
)
def test_the_error_log_has_what_slicer_s_would_have_and_fails_a_test(desktop, volume, provoke, line):
    desktop.log.check()
    provoke(desktop, volume)
    assert re.match(line, Path(desktop.app.errorLogModel().filePath).read_text())
    with pytest.raises(AssertionError, match=line):
        desktop.log.check()
    desktop.log.check()


def test_disabled_button_cannot_be_clicked(desktop, ui):
    with pytest.raises(AssertionError, match="disabled"):
        desktop.click(ui.undo)


def test_screenshot_shows_panel_and_views(desktop, ui, volume, tmp_path):
    import qt

    closed_curve(desktop.scene, desktop.slice_view().sliceLogic().GetSliceOffset())
    picture = rgb(qt.QImage(str(desktop.screenshot(tmp_path / "shot.png"))))
    assert picture.shape[0] >= 800 and picture.shape[1] >= 1280, "as large as the window is, another test may widen it"
    assert picture[:, :420].std() > 5 and picture[:430, 430:900].std() > 20
    assert (picture[:430, 920:] == picture[0, 920]).mean() < 0.9
