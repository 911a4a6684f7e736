"""A user's mouse in a slice view of desktop Slicer: real events through Qt to the widget that VTK draws in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import qt
import slicer

from in_slicer.user import process_events, send_mouse

WHEEL_STEP = 120
"""Qt's angle of one notch."""


class Hand:
    """Places are device pixels of the view with y up, as its interactor has them."""

    def __init__(self, name: str = "Red") -> None:
        self.widget = slicer.app.layoutManager().sliceWidget(name)
        self.view = self.widget.sliceView()
        self.node = self.widget.mrmlSliceNode()
        self.composite = self.widget.sliceLogic().GetSliceCompositeNode()
        # In Slicer the view holds the widget that VTK draws in, which gets the events.
        self.target = self.view.VTKWidget() if hasattr(self.view, "VTKWidget") else self.view

    # What the view shows

    @property
    def size(self) -> np.ndarray:
        return np.array(self.node.GetDimensions()[:2], float)

    @property
    def pose(self) -> np.ndarray:
        """(4, 4), from the slice to RAS mm."""
        return slicer.util.arrayFromVTKMatrix(self.node.GetSliceToRAS()).copy()

    @property
    def middle(self) -> np.ndarray:
        """In RAS mm."""
        return self.pose[:3, 3]

    def xy_of(self, ras: Sequence[float]) -> np.ndarray:
        to_ras = slicer.util.arrayFromVTKMatrix(self.node.GetXYToRAS())
        return (np.linalg.inv(to_ras) @ (*ras, 1.0))[:2]

    def ras_of(self, xy: Sequence[float]) -> np.ndarray:
        return (slicer.util.arrayFromVTKMatrix(self.node.GetXYToRAS()) @ (*xy, 0.0, 1.0))[:3]

    def layers(self) -> tuple[str | None, ...]:
        """The IDs of background, foreground and label volume."""
        shown = self.composite
        ids = shown.GetBackgroundVolumeID(), shown.GetForegroundVolumeID(), shown.GetLabelVolumeID()
        return tuple(one or None for one in ids)

    @property
    def background(self) -> str | None:
        return self.layers()[0]

    @property
    def foreground(self) -> str | None:
        return self.layers()[1]

    # What the hand does

    def circle(self, share: float) -> np.ndarray:
        """Whole pixels around the middle of the view, `share` of its narrower side away."""
        turns = np.linspace(0, 2 * np.pi, 40)
        return np.round(self.size / 2 + self.size.min() * share * np.stack([np.cos(turns), np.sin(turns)], 1))

    def path(self, *shares: Sequence[float]) -> np.ndarray:
        """Whole pixels through points that lie `shares` (right, up) of the narrower side from the view's middle."""
        ends = self.size / 2 + self.size.min() * np.array(shares)
        along = np.linspace(0, len(ends) - 1, 12)
        return np.round(np.stack([np.interp(along, np.arange(len(ends)), ends[:, axis]) for axis in (0, 1)], 1))

    def drag(self, places: Sequence[Sequence[float]]) -> None:
        """Press at the first place, move through the others, let go."""
        with self.held(places):
            pass

    @contextmanager
    def held(self, places: Sequence[Sequence[float]], moves_a_frame: int = 8) -> Iterator[list[float]]:
        """The same, but let go only after the `with`, which gets the seconds of each move.

        So many moves come before Slicer can draw: as of a mouse that is faster than it; 1: of one that is slower.
        """
        left, none = qt.Qt.LeftButton, qt.Qt.NoButton
        self._send(qt.QEvent.MouseMove, places[0], none, none)
        self._send(qt.QEvent.MouseButtonPress, places[0], left, left)
        seconds: list[float] = []
        try:
            for number, place in enumerate(places[1:], 1):
                began = time.perf_counter()
                self._send(qt.QEvent.MouseMove, place, none, left)
                if number % moves_a_frame == 0 or number == len(places) - 1:
                    process_events()
                seconds.append(time.perf_counter() - began)
            yield seconds
        finally:
            self._send(qt.QEvent.MouseButtonRelease, places[-1], left, none)
            process_events()

    def click(self, ras: Sequence[float]) -> None:
        self.drag([self.xy_of(ras)])

    def wheel(self, notches: int) -> None:
        """Turn it over the middle of the view; slices forward where `notches` is positive."""
        at, none = self._place(self.size / 2), qt.QPoint(0, 0)
        for _ in range(abs(notches)):
            turn = qt.QPoint(0, WHEEL_STEP if notches > 0 else -WHEEL_STEP)
            event = (at, at, none, turn, qt.Qt.NoButton, qt.Qt.NoModifier, qt.Qt.NoScrollPhase, False)
            qt.QCoreApplication.sendEvent(self.target, qt.QWheelEvent(*event))
            process_events()

    def _place(self, xy: Sequence[float]) -> Any:
        scale = self.target.devicePixelRatioF() if hasattr(self.target, "devicePixelRatioF") else 1.0
        return qt.QPointF(float(xy[0]) / scale, float(self.size[1] - 1 - xy[1]) / scale)

    def _send(self, kind: Any, place: Sequence[float], button: Any, held: Any) -> None:
        send_mouse(self.target, kind, self._place(place), button, held)
