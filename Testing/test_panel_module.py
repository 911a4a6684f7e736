"""The panel as a module of Slicer: loaded, reloaded, without its packages or a network, busy, and its self test."""

from __future__ import annotations

import sys
import unittest
from types import SimpleNamespace

import numpy as np
import pytest
from panel_fixtures import insert, layers
from phantom import LUNG_RAS_MM, chest
from reader import MODULE, Reader
from refusal import refused

pytest_plugins = ["standin", "panel_fixtures", "generation_fixtures"]
SITE_RAS_MM = (83.7, 197.2, 687.2)
"""A point of the sample CT."""


def test_reload_leaves_no_pen_behind(drawn):
    drawn.reload()
    drawn.place(LUNG_RAS_MM)
    drawn.draw()
    assert len(drawn.session.draft.strokes) == 1


def test_the_panel_that_was_before_a_reload_edits_nothing_more(drawn):
    """Slicer only hides it; its selector would choose another CT when its own is deleted."""
    import slicer

    first, other = drawn.editor.nodes.source, drawn.show(chest(), LUNG_RAS_MM, name="another")
    drawn.reload()
    assert drawn.editor.nodes.source is other, "the choice is kept"
    slicer.mrmlScene.RemoveNode(other)
    drawn.wait()
    assert drawn.editor.nodes.source is first and layers(drawn)[1] is not None
    drawn.desktop.select_module(None)
    assert layers(drawn)[1] is None, "no panel is in front, so no preview is shown"


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


@pytest.mark.parametrize("from_folder", [False, True])
def test_install_asks_once_and_previews_come_without_a_restart(desktop, monkeypatch, tmp_path, from_folder):
    import skimage
    import slicer

    from SketchNoduleSynthLib.panel import dependencies
    from SketchNoduleSynthLib.synthesis import bundle, generators

    lacking, asked = ["scikit-image"], []

    def pip_install(words):
        asked.append(words)
        lacking.clear()
        monkeypatch.setitem(sys.modules, "skimage", skimage)

    for cached in (bundle.load, generators.generator):
        cached.cache_clear()
    monkeypatch.setitem(sys.modules, "skimage", None)
    monkeypatch.setattr(dependencies, "missing", lambda: list(lacking))
    monkeypatch.setattr(slicer.util, "pip_install", pip_install)
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    reader.place(LUNG_RAS_MM)
    reader.draw()
    reader.wait()
    assert "skimage is missing" in reader.ui.statusLabel.text
    desktop.dialogs.answers += [str(tmp_path), True] if from_folder else [True]
    reader.click(reader.ui.installFolderButton if from_folder else reader.ui.installButton)
    assert asked == [[*(["--no-index", "--find-links", str(tmp_path)] if from_folder else []), "scikit-image"]]
    assert [one.kind for one in desktop.dialogs].count("question") == 1 and not reader.ui.dependencyFrame.isVisible()
    reader.click(reader.ui.next_seed)
    reader.wait()
    assert reader.composite("Red").GetForegroundVolumeID()


def test_the_self_test_says_so_when_it_could_not_test(desktop, monkeypatch):
    from SketchNoduleSynthLib.panel import dependencies

    desktop.load_module(MODULE)
    monkeypatch.setattr(dependencies, "missing", lambda: ["openvino"])
    test, told = sys.modules["SketchNoduleSynth"].SketchNoduleSynthTest(), []
    monkeypatch.setattr(test, "delayDisplay", told.append)
    test.runTest()  # The button Reload and Test, which would show any exception as an error.
    assert len(told) == 1 and "lacks openvino" in told[0]
    with pytest.raises(unittest.SkipTest, match="lacks openvino"):
        test.test_insert_and_undo()


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


def test_the_size_of_the_runtime_is_named_only_where_it_is_missing(reader, monkeypatch):
    from SketchNoduleSynthLib.panel import dependencies

    monkeypatch.setattr(dependencies, "missing", lambda: ["scikit-image"])
    reader.editor.changed.emit()
    assert "60 MB" not in reader.ui.dependencyLabel.text
    reader.click(reader.ui.installButton)
    assert "60 MB" not in reader.desktop.dialogs[-1].text


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


def test_a_picture_is_told_and_nothing_is_made(reader):
    import slicer

    node = slicer.util.addVolumeFromArray(np.zeros((5, 6, 7), np.uint8), name="picture")
    reader.ui.inputSelector.setCurrentNode(node)
    assert "a picture, not a CT" in reader.ui.statusLabel.text
    assert reader.editor is None and not reader.ui.place.enabled


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


def test_the_console_takes_points_of_the_sample_ct_without_a_ct_in_the_panel(desktop, demo):
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    widget = desktop.load_module(MODULE, enter=False).widget
    logic = slicer.util.getModuleLogic("SketchNoduleSynth")
    for call in (logic.insert, lambda: logic.place(SITE_RAS_MM)):
        with refused("No CT is open; call open(volumeNode) first."):
            call()
    assert widget.ui.inputSelector.currentNode() is None
    ct = volumes.node_from_volume(demo, "CTChest", slicer.mrmlScene)
    nodes = logic.open(ct)
    logic.place(SITE_RAS_MM, diameter_mm=12)
    logic.draw([(-4, 0), (-2, 4), (3, 3), (5, -1), (0, -4)])
    logic.choose(model="pix2pix", attenuation="part-solid", seed=3)
    key = logic.insert()
    assert 5 < logic.report(key)["long_diameter_mm"] < 16
    changed = np.argwhere(slicer.util.arrayFromVolume(nodes.result) != demo.array).mean(0)[::-1]
    assert np.allclose(demo.grid.to_lps(changed) * (-1, -1, 1), SITE_RAS_MM, atol=4.0)
    desktop.select_module("SketchNoduleSynth")
    assert widget.ui.inputSelector.currentNode() is ct and widget.ui.nodulesTable.rowCount == 1
