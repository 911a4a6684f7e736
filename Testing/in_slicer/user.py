"""A user of desktop Slicer: real events through Qt to the widgets that get them, and what is read off the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import qt
import slicer

PATIENCE_S = 180.0
LEVELS = ("[WARNING]", "[ERROR]", "[CRITICAL]", "[FATAL]")


def process_events(seconds: float = 0.0) -> None:
    """Let Slicer work, at least once and for so long."""
    end = time.perf_counter() + seconds
    slicer.app.processEvents()
    while time.perf_counter() < end:
        slicer.app.processEvents()
        time.sleep(0.002)


def wait_until(is_done: Callable[[], bool]) -> list[float]:
    """Until it is; the seconds between two turns of the event loop, the longest of which is a gap of the interface."""
    gaps, last, end = [0.0], time.perf_counter(), time.perf_counter() + PATIENCE_S
    while not is_done():
        slicer.app.processEvents()
        now = time.perf_counter()
        gaps.append(now - last)
        last = now
        assert now < end, "it does not finish"
        time.sleep(0.001)
    return gaps


class Hand:
    """The mouse in a slice view; places are device pixels of the view with y up, as its interactor has them."""

    def __init__(self, name: str = "Red") -> None:
        self.widget = slicer.app.layoutManager().sliceWidget(name)
        self.view = self.widget.sliceView()
        self.node = self.widget.mrmlSliceNode()
        self.composite = self.widget.sliceLogic().GetSliceCompositeNode()
        # In Slicer the view holds the widget that VTK draws in, which gets the events.
        self.target = self.view.VTKWidget() if hasattr(self.view, "VTKWidget") else self.view

    @property
    def size(self) -> np.ndarray:
        return np.array(self.node.GetDimensions()[:2], float)

    def xy_of(self, ras: Sequence[float]) -> np.ndarray:
        to_ras = slicer.util.arrayFromVTKMatrix(self.node.GetXYToRAS())
        return (np.linalg.inv(to_ras) @ (*ras, 1.0))[:2]

    def ras_of(self, xy: Sequence[float]) -> np.ndarray:
        return (slicer.util.arrayFromVTKMatrix(self.node.GetXYToRAS()) @ (*xy, 0.0, 1.0))[:3]

    def circle(self, share: float) -> np.ndarray:
        """Whole pixels around the middle of the view, `share` of its narrower side away."""
        turns = np.linspace(0, 2 * np.pi, 40)
        return np.round(self.size / 2 + self.size.min() * share * np.stack([np.cos(turns), np.sin(turns)], 1))

    def drag(self, places: Sequence[Sequence[float]], hold: bool = False) -> list[float]:
        """Press at the first place, move through the others, let go unless `hold`; the seconds of each move."""
        left, none = qt.Qt.LeftButton, qt.Qt.NoButton
        self._send(qt.QEvent.MouseMove, places[0], none, none)
        self._send(qt.QEvent.MouseButtonPress, places[0], left, left)
        seconds = []
        for place in places[1:]:
            began = time.perf_counter()
            self._send(qt.QEvent.MouseMove, place, none, left)
            process_events()
            seconds.append(time.perf_counter() - began)
        if not hold:
            self.release(places[-1])
        return seconds

    def release(self, place: Sequence[float]) -> None:
        self._send(qt.QEvent.MouseButtonRelease, place, qt.Qt.LeftButton, qt.Qt.NoButton)

    def click(self, ras: Sequence[float]) -> None:
        self.drag([self.xy_of(ras)])
        process_events()

    def background(self) -> str | None:
        return self.composite.GetBackgroundVolumeID()

    def foreground(self) -> str | None:
        return self.composite.GetForegroundVolumeID() or None

    def _send(self, kind: Any, place: Sequence[float], button: Any, held: Any) -> None:
        scale = self.target.devicePixelRatioF() if hasattr(self.target, "devicePixelRatioF") else 1.0
        at = qt.QPointF(place[0] / scale, (self.size[1] - 1 - place[1]) / scale)
        qt.QCoreApplication.sendEvent(self.target, qt.QMouseEvent(kind, at, button, held, qt.Qt.NoModifier))


def log_lines() -> list[str]:
    """The lines of Slicer's log that are worse than information; none where the host has no log."""
    if not hasattr(slicer.app, "errorLogModel"):
        return []
    process_events(0.2)
    path = slicer.app.errorLogModel().filePath
    if not path:
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        return [line.strip() for line in file if line.startswith(LEVELS)]
