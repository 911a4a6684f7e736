"""A user's hands: clicks, drags and keys, only on what can be seen and used."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

Point = tuple[float, float]
_NOTHING = Qt.KeyboardModifier.NoModifier


def process_events(seconds: float = 0.0) -> None:
    """Let Qt work, at least once and for so long."""
    end = time.monotonic() + seconds
    QApplication.processEvents()
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def click(widget: QWidget, at: Point | None = None, modifiers: Any = _NOTHING, double: bool = False) -> None:
    """Click with the left button; `at` is in Qt's pixels, y down, the middle where it is not given."""
    _assert_usable(widget)
    place = QPoint(*map(round, at)) if at else QWidget.rect(widget).center()
    assert QWidget.rect(widget).contains(place), f"{place} is outside {_name(widget)}"
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind in (QEvent.Type.MouseButtonPress, *([QEvent.Type.MouseButtonDblClick] if double else [])):
        _mouse(widget, kind, QPointF(place), left, left, modifiers)
        _mouse(widget, QEvent.Type.MouseButtonRelease, QPointF(place), left, none, modifiers)


def drag(
    widget: QWidget,
    points: Sequence[Point],
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    modifiers: Any = _NOTHING,
    hold: bool = False,
) -> None:
    """Move to the first point, press, move through the others, release at the last unless `hold`; Qt's pixels.

    What is drawn is painted at both ends, not at every point, which costs most of the time.
    """
    _assert_usable(widget)
    places = [QPointF(*point) for point in points]
    assert all(QWidget.rect(widget).contains(place.toPoint()) for place in places), f"leaves {_name(widget)}"
    none = Qt.MouseButton.NoButton
    _mouse(widget, QEvent.Type.MouseMove, places[0], none, none, modifiers)
    _mouse(widget, QEvent.Type.MouseButtonPress, places[0], button, button, modifiers)
    for place in places[1:]:
        _send(widget, QEvent.Type.MouseMove, place, none, button, modifiers)
    process_events()
    if not hold:
        release(widget, points[-1], button, modifiers)


def move(
    widget: QWidget, at: Point, button: Qt.MouseButton = Qt.MouseButton.LeftButton, modifiers: Any = _NOTHING
) -> None:
    """Move with the button held."""
    _mouse(widget, QEvent.Type.MouseMove, QPointF(*at), Qt.MouseButton.NoButton, button, modifiers)


def release(
    widget: QWidget, at: Point, button: Qt.MouseButton = Qt.MouseButton.LeftButton, modifiers: Any = _NOTHING
) -> None:
    """Let a held button go."""
    _mouse(widget, QEvent.Type.MouseButtonRelease, QPointF(*at), button, Qt.MouseButton.NoButton, modifiers)


def press_key(widget: QWidget, key: Any, modifiers: Any = _NOTHING) -> None:
    """Press and release a key, a letter or one of Qt's; shortcuts of the window hear it too."""
    _assert_usable(widget)
    widget.window().activateWindow()
    widget.setFocus()
    process_events()
    QTest.keyClick(widget, key, modifiers)
    process_events()


def _mouse(widget: QWidget, kind: Any, place: QPointF, button: Any, held: Any, modifiers: Any) -> None:
    _send(widget, kind, place, button, held, modifiers)
    process_events()


def _send(widget: QWidget, kind: Any, place: QPointF, button: Any, held: Any, modifiers: Any) -> None:
    event = QMouseEvent(kind, place, QPointF(widget.mapToGlobal(place)), button, held, modifiers)
    QApplication.sendEvent(widget, event)


def _assert_usable(widget: QWidget) -> None:
    process_events()
    assert widget.isVisible(), f"{_name(widget)} cannot be seen"
    assert widget.isEnabled(), f"{_name(widget)} is disabled"
    assert not widget.visibleRegion().isEmpty(), f"{_name(widget)} is covered or scrolled out of sight"


def _name(widget: QWidget) -> str:
    return f"{type(widget).__name__} {QWidget.objectName(widget)!r}"
