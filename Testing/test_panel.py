"""The module's panel on our stand-in for desktop Slicer: real mouse events on the real scene; nothing of PythonQt."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest

pytest_plugins = ["standin"]
MODULE = Path(__file__).resolve().parent.parent / "SketchNoduleSynth" / "SketchNoduleSynth.py"
CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 40)), np.sin(np.linspace(0, 2 * np.pi, 40))], 1)


class Reader:
    """A radiologist at the panel."""

    def __init__(self, desktop) -> None:
        self.desktop = desktop
        self.module = desktop.load_module(MODULE)
        self.widget = self.module.widget
        self.ui = self.widget.ui

    @property
    def editor(self):
        return self.widget.panel.editor

    @property
    def session(self):
        return self.editor.session

    def click(self, button) -> None:
        self.widget.parent.parent().ensureWidgetVisible(button) if hasattr(
            self.widget.parent.parent(), "ensureWidgetVisible"
        ) else None
        self.desktop.click(button)

    def wait(self, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while self.widget.logic.worker.is_busy or self.widget.panel._timer.isActive():
            self.desktop.process_events(0.02)
            assert time.monotonic() < end, "the worker does not finish"
        self.desktop.process_events()

    def place(self) -> None:
        """Click into the lung in the green view."""
        self.click(self.ui.placeButton)
        view = self.desktop.slice_view("Green")
        self.desktop.click(view, self.at("Green", LUNG_RAS_MM))

    def at(self, name, ras) -> tuple[float, float]:
        import slicer

        view = self.desktop.slice_view(name)
        node = self.desktop.layout_manager.sliceWidget(name).mrmlSliceNode()
        xy_to_ras = slicer.util.arrayFromVTKMatrix(node.GetXYToRAS())
        x, y = (np.linalg.inv(xy_to_ras) @ (*ras, 1.0))[:2]
        return x, view.height - y

    def draw(self, share: float = 0.2) -> None:
        """A circle in the red view, `share` of its width in radius."""
        view = self.desktop.slice_view("Red")
        middle = np.array([view.width, view.height]) / 2
        self.desktop.drag(view, (middle + share * min(view.width, view.height) * CIRCLE).tolist())


@pytest.fixture
def reader(desktop) -> Reader:
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    node = volumes.node_from_volume(chest(), "CT", slicer.mrmlScene)
    slicer.util.setSliceViewerLayers(background=node, fit=True)
    for name in ("Red", "Green", "Yellow"):
        desktop.layout_manager.sliceWidget(name).mrmlSliceNode().JumpSliceByCentering(*LUNG_RAS_MM)
    return Reader(desktop)


def test_place_draw_preview_insert_undo(reader, tmp_path):
    import slicer

    source = slicer.util.arrayFromVolume(reader.editor.case.source).copy()
    assert not reader.ui.insertButton.enabled
    assert "click into the lung" in reader.ui.statusLabel.text
    reader.place()
    assert np.abs(np.subtract(reader.session.draft.voi.center_ras_mm, LUNG_RAS_MM)).max() < 3.0
    assert reader.ui.nodulePen.checked and "Draw the nodule" in reader.ui.statusLabel.text
    reader.draw()
    assert reader.session.draft.is_drawn
    reader.wait()
    reader.desktop.screenshot("/tmp/panel1.png")
    reader.click(reader.ui.insertButton)
    reader.wait()
    assert len(reader.session.nodules) == 1
    result = slicer.util.arrayFromVolume(reader.editor.case.result)
    assert not np.array_equal(result, source)
    assert reader.ui.nodulesTable.rowCount == 1
    reader.desktop.screenshot("/tmp/panel2.png")
    reader.click(reader.ui.undoButton)
    assert np.array_equal(result, source)
