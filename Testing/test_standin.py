"""The stand-in for desktop Slicer, by a small made-up module; what passes here says nothing of PythonQt."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pytest

pytest_plugins = ["standin"]


@pytest.fixture
def made_up(desktop, tmp_path):
    """The made-up module, loaded."""
    from standin.made_up import MODULE, UI

    (tmp_path / "MadeUp.py").write_text(MODULE)
    (tmp_path / "Resources" / "UI").mkdir(parents=True)
    (tmp_path / "Resources" / "UI" / "MadeUp.ui").write_text(UI)
    return desktop.load_module(tmp_path / "MadeUp.py")


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


def test_module_is_loaded_as_slicer_does(desktop, made_up):
    import slicer

    assert slicer.modules.madeup.path.endswith("MadeUp.py") and slicer.modules.madeup.title == "Made up"
    assert slicer.util.getModuleWidget("MadeUp") is made_up.widget is slicer.modules.MadeUpWidget
    assert slicer.util.getModuleLogic("MadeUp") is made_up.widget.logic is made_up.logic
    assert slicer.util.getModuleLogic("Markups").GetClassName() == "vtkSlicerMarkupsLogic"
    assert made_up.widget.said == ["setup", "enter"] and made_up.widget.parent.isEntered
    slicer.util.selectModule("")
    assert made_up.widget.said[-1] == "exit" and not made_up.widget.parent.isEntered
    slicer.util.selectModule("MadeUp")
    desktop.scene.Clear()
    assert made_up.widget.said[-2:] == ["enter", "entered"]
    assert slicer.util.mainWindow() is None


def test_reload_reads_the_source_again(desktop, made_up):
    import slicer

    old, path = made_up.widget, slicer.modules.madeup.path
    with open(path) as file:
        source = file.read().replace('"setup"', '"another setup"')
    with open(path, "w") as file:
        file.write(source)
    new = made_up.reload()
    assert old.said[-1] == "cleanup" and new is not old and new.said == ["another setup"]
    desktop.process_events()
    assert new.ui.inputs.isVisible() and not old.ui.inputs.isVisible()


def test_properties_are_attributes_both_ways(desktop, made_up):
    import qt

    ui = made_up.widget.ui
    assert (ui.sizeSlider.value, ui.sizeSlider.minimum, ui.sizeSlider.suffix) == (12.0, 4.0, " mm")
    assert ui.applyButton.enabled is False is ui.applyButton.isEnabled()
    ui.applyButton.enabled = True
    assert ui.applyButton.isEnabled()
    ui.applyButton.setText("Go")
    assert ui.applyButton.text == "Go" == ui.applyButton.property("text")
    ui.closedBox.checked = True
    assert ui.closedBox.isChecked()
    ui.modelBox.currentIndex = 1
    assert ui.modelBox.currentText == "mcgan" and ui.modelBox.count == 2
    ui.label.visible = False
    assert ui.label.isHidden()
    table = qt.QTableWidget()
    table.rowCount = 3
    table.setColumnCount(2)
    assert (table.rowCount, table.columnCount) == (3, 2)
    timer = qt.QTimer()
    timer.singleShot = True
    fired = []
    qt.QTimer.singleShot(0, lambda: fired.append(1))
    desktop.process_events(0.02)
    assert timer.singleShot is True and timer.active is False and fired == [1]


@pytest.mark.parametrize("name", ["txt", "setText", "clicked"])
def test_misspelt_property_raises(made_up, name):
    with pytest.raises(AttributeError, match="has no property"):
        setattr(made_up.widget.ui.applyButton, name, "x")
    with pytest.raises(AttributeError, match="has no property"):
        setattr(made_up.widget.ui.sizeSlider, name, "x")
    with pytest.raises(AttributeError):
        made_up.widget.ui.applyButton.txt  # noqa: B018


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('name="suffix"', 'name="sufix"', "no property sufix"),
        ("<slot>setEnabled(bool)", "<slot>setEnable(bool)", "No such slot"),
        ('class="QCheckBox"', 'class="ctkCheckBox"', "no widget ctkCheckBox"),
    ],
)
def test_ui_file_that_would_silently_do_nothing_is_refused(desktop, tmp_path, old, new, match):
    import slicer
    from standin.made_up import UI

    (tmp_path / "bad.ui").write_text(UI.replace(old, new))
    with pytest.raises(RuntimeError, match=match):
        slicer.util.loadUI(str(tmp_path / "bad.ui"))
    desktop.log.begin()


def test_connections_of_the_ui_file(desktop, made_up, volume):
    ui = made_up.widget.ui
    assert ui.volumeSelector.mrmlScene() is desktop.scene
    ui.closedBox.checked = True
    ui.closedBox.checked = False
    assert not ui.modelBox.isEnabled()


def test_slider_tells(desktop, made_up):
    import qt

    ui = made_up.widget.ui
    ui.sizeSlider.value = 20.04
    assert ui.sizeSlider.value == 20.0 and ui.label.text == "20.0 mm"
    ui.sizeSlider.value = 99.0
    assert ui.sizeSlider.value == 30.0
    ui.sizeSlider.setValue(10.0)
    desktop.press_key(ui.sizeSlider.slider().findChild(qt.QSlider), qt.Qt.Key_Right)
    assert ui.sizeSlider.value == 10.5 and ui.label.text == "10.5 mm"


def test_collapsible_button_hides_its_contents(desktop, made_up):
    ui = made_up.widget.ui
    assert ui.advanced.collapsed and not ui.closedBox.isVisible()
    with pytest.raises(AssertionError, match="cannot be seen"):
        desktop.click(ui.closedBox)
    desktop.click(ui.advanced, at=(30, 8))
    assert not ui.advanced.collapsed and ui.closedBox.isVisible()
    desktop.click(ui.closedBox, at=(10, 10))
    assert ui.closedBox.checked
    ui.advanced.collapsed = True
    desktop.process_events()
    assert not ui.closedBox.isVisible() and ui.advanced.height < 40


def test_node_combo_box_lists_the_scene(desktop, made_up, volume):
    selector, told = made_up.widget.ui.volumeSelector, []
    selector.currentNodeChanged.connect(told.append)
    assert selector.nodeCount() == 1 and selector.currentNode() is None and selector.currentNodeID == ""
    desktop.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    other = desktop.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "other")
    assert selector.nodeCount() == 2
    selector.setCurrentNode(other)
    assert selector.currentNodeID == other.GetID() and told == [other]
    assert made_up.widget.ui.applyButton.enabled
    desktop.scene.RemoveNode(other)
    assert selector.currentNode() is volume and told == [other, volume] and selector.nodeCount() == 1
    selector.setCurrentNode(None)
    volume.SetName("renamed")
    box = selector.children()[0]
    assert [box.itemText(i) for i in range(box.count)] == ["None", "renamed"]
    desktop.scene.Clear()
    assert selector.nodeCount() == 0


def test_parameter_node_survives_the_scene_file(desktop, made_up, volume, tmp_path):
    import slicer

    parameters = made_up.logic.getParameterNode()
    assert (parameters.volume, parameters.model, parameters.seed) == (None, "pix2pix", 7)
    modified = []
    tag = parameters.AddObserver("ModifiedEvent", lambda *_: modified.append(1))
    parameters.volume, parameters.model, parameters.seed = volume, "mcgan", 11
    parameters.opacity, parameters.closed = 0.25, False
    assert len(modified) == 5
    parameters.RemoveObserver(tag)
    with pytest.raises(ValueError, match="seed"):
        parameters.seed = "eleven"
    assert desktop.scene.WriteToMRB(str(tmp_path / "scene.mrb"))
    desktop.scene.Clear()
    assert made_up.logic.getParameterNode().seed == 7
    assert desktop.scene.ReadFromMRB(str(tmp_path / "scene.mrb"))
    parameters = made_up.logic.getParameterNode()
    assert parameters.volume.GetName() == "ramp" and slicer.util.arrayFromVolume(parameters.volume).max() == 780
    assert (parameters.model, parameters.seed, parameters.opacity, parameters.closed) == ("mcgan", 11, 0.25, False)


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
    x, y, _ = view.convertRASToXYZ(list(ras))
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


def test_views_follow_layout_and_pause(desktop, volume):
    import slicer

    manager = slicer.app.layoutManager()
    assert manager.sliceViewNames()[:3] == ("Red", "Yellow", "Green")  # Views of other layouts stay.
    manager.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutOneUpRedSliceView)
    desktop.process_events()
    assert not manager.threeDWidget(0).isVisible()
    view = manager.sliceWidget("Red").sliceView()
    assert view.mrmlSliceNode().GetDimensions()[:2] == (view.width, view.height)
    before = rgb(view.grab().toImage())
    with slicer.util.RenderBlocker():
        volume.GetDisplayNode().SetAutoWindowLevel(False)
        volume.GetDisplayNode().SetWindowLevel(10, 0)
        desktop.process_events()
        assert (rgb(view.grab().toImage()) == before).all()
    desktop.process_events()
    assert (rgb(view.grab().toImage()) != before).any()


def test_helpers_of_slicer_util_run(desktop, volume):
    import slicer

    with slicer.util.WaitCursor(), slicer.util.MessageDialog("Working"):
        progress = slicer.util.createProgressDialog(value=2, maximum=5, labelText="Voxels")
        progress.value = 3
        assert progress.value == 3 and progress.labelText == "Voxels"
        progress.close()
    with pytest.raises(ValueError, match="no"), slicer.util.tryWithErrorDisplay("Failed", waitCursor=True):
        raise ValueError("no")
    assert desktop.dialogs[-1].kind == "error" and desktop.dialogs[-1].text == "Failed\n\nno"
    with pytest.raises(AssertionError, match="Failed"):
        desktop.log.check()
    slicer.util.resetSliceViews()
    slicer.util.forceRenderAllViews()
    seen, tags = observed(desktop.slice_view().interactor())
    slicer.util.clickAndDrag(desktop.slice_view(), start=(10, 10), end=(20, 10), steps=2)
    assert seen[0] == ("LeftButtonPressEvent", (10, 10)) and seen[-1] == ("LeftButtonReleaseEvent", (20, 10))
    for tag in tags:
        desktop.slice_view().interactor().RemoveObserver(tag)


def test_dialogs_are_recorded_and_answered(desktop, made_up, volume):
    import qt
    import slicer

    made_up.widget.ui.volumeSelector.setCurrentNode(volume)
    desktop.click(made_up.widget.ui.applyButton)
    assert [(one.kind, one.text) for one in desktop.dialogs] == [("question", "Really?"), ("error", "Refused")]
    with pytest.raises(AssertionError, match="Refused"):
        desktop.log.check()
    desktop.dialogs.clear()
    desktop.dialogs.answers.append(True)
    desktop.click(made_up.widget.ui.applyButton)
    assert [(one.kind, one.text) for one in desktop.dialogs] == [("question", "Really?"), ("info", "Done")]
    desktop.dialogs.answers += ["/data/sketch.png", True]
    assert qt.QFileDialog.getOpenFileName(None, "Sketch", "", "*.png") == "/data/sketch.png"
    assert qt.QMessageBox.question(None, "t", "?") == qt.QMessageBox.Yes
    assert slicer.util.messageBox("m") == qt.QMessageBox.Ok
    slicer.util.showStatusMessage("working")
    assert desktop.dialogs.status == ["working"]


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


def test_disabled_button_cannot_be_clicked(desktop, made_up):
    with pytest.raises(AssertionError, match="disabled"):
        desktop.click(made_up.widget.ui.applyButton)


def test_settings_and_folders_are_the_tests_own(desktop):
    import os

    import slicer

    assert slicer.util.settingsValue("MadeUp/asked", False, converter=slicer.util.toBool) is False
    slicer.app.settings().setValue("MadeUp/asked", True)
    assert slicer.util.settingsValue("MadeUp/asked", False, converter=slicer.util.toBool) is True
    assert os.path.isdir(slicer.util.tempDirectory())
    started = []
    slicer.app.connect("startupCompleted()", lambda: started.append(1))
    slicer.app.startupCompleted.emit()
    assert started == [1]


def test_screenshot_shows_panel_and_views(desktop, made_up, volume, tmp_path):
    import qt

    closed_curve(desktop.scene, desktop.slice_view().sliceLogic().GetSliceOffset())
    picture = rgb(qt.QImage(str(desktop.screenshot(tmp_path / "shot.png"))))
    assert picture.shape[0] >= 800 and picture.shape[1] >= 1280, "as large as the window is, another test may widen it"
    assert picture[:, :420].std() > 5 and picture[:430, 430:900].std() > 20
    assert (picture[:430, 920:] == picture[0, 920]).mean() < 0.9
