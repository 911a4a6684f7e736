"""A radiologist at the panel of the stand-in: clicks, drags and keys."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume

MODULE_VARIABLE = "SKETCH_NODULE_SYNTH_MODULE"
MODULE = Path(__file__).resolve().parent.parent / "SketchNoduleSynth" / "SketchNoduleSynth.py"
MODULE = Path(os.environ.get(MODULE_VARIABLE, MODULE))
ANGLES = np.linspace(0, 2 * np.pi, 40)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1)
PATIENCE_S = 120.0


class Reader:
    """Loads the module and uses it as a user does; what is out of sight is scrolled to first."""

    def __init__(self, desktop: Any) -> None:
        self.desktop = desktop
        self.module = desktop.load_module(MODULE)

    @property
    def widget(self) -> Any:
        """The module's."""
        return self.module.widget

    @property
    def ui(self) -> Any:
        """The panel's controls."""
        return self.widget.ui

    @property
    def editor(self) -> Any:
        """What is edited."""
        return self.widget.panel.editor

    @property
    def session(self) -> Any:
        """Its session."""
        return self.editor.session

    def show(self, volume: Volume, center_ras_mm: Sequence[float], name: str = "CT") -> Any:
        """A CT comes into the scene and is chosen; its node."""
        import slicer

        from SketchNoduleSynthLib.mrml import volumes

        node = volumes.node_from_volume(volume, name, slicer.mrmlScene)
        slicer.util.setSliceViewerLayers(background=node, fit=True)
        self.ui.inputSelector.setCurrentNode(node)
        for view in ("Red", "Green", "Yellow"):
            self.slice_node(view).JumpSliceByCentering(*center_ras_mm)
        self.desktop.process_events()
        return node

    def reload(self) -> None:
        """As Slicer's Reload button does."""
        self.module.reload()
        self.desktop.process_events()

    def slice_node(self, name: str) -> Any:
        """The node of a slice view."""
        return self.desktop.layout_manager.sliceWidget(name).mrmlSliceNode()

    def slice_to_ras(self, name: str) -> np.ndarray:
        """Its 4 x 4 pose."""
        import slicer

        return slicer.util.arrayFromVTKMatrix(self.slice_node(name).GetSliceToRAS())

    def composite(self, name: str) -> Any:
        """What it shows."""
        return self.desktop.layout_manager.sliceWidget(name).sliceLogic().GetSliceCompositeNode()

    def click(self, button: Any) -> None:
        """Click on a control."""
        self.scroll_to(button)
        self.desktop.click(button)

    def scroll_to(self, widget: Any) -> None:
        """Bring a control into sight."""
        import qt

        area = widget.parentWidget()
        while area is not None and not isinstance(area, qt.QScrollArea):
            area = area.parentWidget()
        if area is not None:
            self.desktop.process_events()  # What is still to be laid out.
            area.ensureWidgetVisible(widget)
            self.desktop.process_events()

    def choose(self, box: Any, text: str) -> None:
        """Choose in a combo box."""
        box.setCurrentText(text)
        self.desktop.process_events()

    def key(self, letter: str) -> None:
        """Press a key over the red view."""
        self.desktop.press_key(self.desktop.slice_view("Red"), letter)

    def wait(self) -> None:
        """Until nothing is being made."""
        end = time.monotonic() + PATIENCE_S
        self.desktop.process_events()
        while self.widget.logic.worker.is_busy:
            self.desktop.process_events(0.01)
            assert time.monotonic() < end, "the worker does not finish"
        self.desktop.process_events()

    def place(self, center_ras_mm: Sequence[float], view: str = "Green") -> None:
        """Place (P), then a click at a point of the CT."""
        self.click(self.ui.place)
        self.click_at(center_ras_mm, view)

    def click_at(self, center_ras_mm: Sequence[float], view: str) -> None:
        """With the tool at hand at a point of the CT, which the view shows."""
        import slicer

        widget = self.desktop.slice_view(view)
        xy_to_ras = slicer.util.arrayFromVTKMatrix(self.slice_node(view).GetXYToRAS())
        x, y = (np.linalg.inv(xy_to_ras) @ (*center_ras_mm, 1.0))[:2]
        self.desktop.click(widget, (x, widget.height - y))
        self.desktop.process_events()

    def path(self, shares: np.ndarray) -> list[tuple[float, float]]:
        """Points from the red view's middle, in shares of its narrower side, right and down."""
        view = self.desktop.slice_view("Red")
        middle = np.array([view.width, view.height]) / 2
        return [tuple(point) for point in (middle + min(view.width, view.height) * np.asarray(shares)).tolist()]

    def line(self, shares: Sequence[tuple[float, float]], steps: int = 12) -> None:
        """A straight line with the tool at hand."""
        (x0, y0), (x1, y1) = shares
        points = np.stack([np.linspace(x0, x1, steps), np.linspace(y0, y1, steps)], 1)
        self.desktop.drag(self.desktop.slice_view("Red"), self.path(points))

    def draw(self, share: float = 0.2, flat: float = 1.0) -> None:
        """An ellipse with the tool at hand, `share` of the view in its half width."""
        self.desktop.drag(self.desktop.slice_view("Red"), self.path(share * CIRCLE * (1.0, flat)))

    @contextmanager
    def pen_down(self, share: float) -> Iterator[None]:
        """The same, with the pen still down inside of the `with`."""
        view = self.desktop.slice_view("Red")
        points = self.path(share * CIRCLE)
        self.desktop.drag(view, points, hold=True)
        yield
        self.desktop.release(view, points[-1])
