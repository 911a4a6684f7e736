"""A user of desktop Slicer at its panel: clicks, pulls, keys and answers to dialogs, by real events through Qt.

Only what PythonQt and Qt 5.15 have: it has no QTest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import qt
import slicer

PATIENCE_S = 180.0
"""For what takes a while."""
IN_CHECK_BOX = 8
"""Pixels from its left side, in its sign."""
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


# Widgets


def descendants(root: Any, *classes: str) -> list[Any]:
    """All objects of one of the Qt classes below `root`."""
    found = list(root.children())
    for one in found:
        found += [child for child in one.children() if child]  # PythonQt gives some that are nothing.
    return [one for one in found if any(one.inherits(name) for name in classes)]


def scroll_areas(widget: Any) -> list[Any]:
    """Those that hold it, the innermost first: the panel's own, and Slicer's around it."""
    areas, around = [], widget.parentWidget()
    while around is not None:
        if around.inherits("QScrollArea"):
            areas.append(around)
        around = around.parentWidget()
    return areas


def scroll_to(widget: Any) -> None:
    for area in scroll_areas(widget):
        area.ensureWidgetVisible(widget)
    process_events()


def seen_height(widget: Any) -> int:
    """How much of it is in sight, in pixels."""
    return widget.visibleRegion().boundingRect().height()


def click(widget: Any, x: float | None = None, y: float | None = None) -> None:
    """With the left button, in its middle or at a place in it; what is out of sight is scrolled to."""
    scroll_to(widget)
    assert widget.enabled, f"{widget.objectName} is disabled"
    assert seen_height(widget) > 0, f"{widget.objectName} is not in sight"
    in_sign = widget.inherits("QCheckBox")  # Not all of its width can be clicked on in every style.
    x = x if x is not None else IN_CHECK_BOX if in_sign else widget.width / 2
    with _pressed(widget, x, widget.height / 2 if y is None else y):
        pass
    process_events()


def click_row(table: Any, row: int) -> None:
    scroll_to(table)
    middle = table.visualItemRect(table.item(row, 0)).center()
    click(table.viewport(), middle.x(), middle.y())


def pull(slider: Any, pixels: int, parts: int = 6) -> None:
    """Drag the handle of a ctkSliderWidget whose value is the middle one by so many pixels to the right."""
    (bar,) = descendants(slider, "QSlider")
    scroll_to(slider)
    assert abs(bar.value - (bar.minimum + bar.maximum) / 2) < 1, "where the handle is else, its style alone knows"
    x, y = bar.width / 2, bar.height / 2
    with _pressed(bar, x, y) as move:
        for part in range(1, parts + 1):
            move(x + pixels * part / parts, y)
            process_events()
    process_events()


@contextmanager
def _pressed(widget: Any, x: float, y: float) -> Iterator[Callable[[float, float], None]]:
    """The left button held on a widget; it is let go where the hand was moved last."""
    left, none, at = qt.Qt.LeftButton, qt.Qt.NoButton, [(x, y)]

    def send(kind: Any, button: Any, held: Any) -> None:
        send_mouse(widget, kind, qt.QPointF(float(at[-1][0]), float(at[-1][1])), button, held)

    def move(x: float, y: float) -> None:
        at.append((x, y))
        send(qt.QEvent.MouseMove, none, left)

    send(qt.QEvent.MouseButtonPress, left, left)
    try:
        yield move
    finally:
        send(qt.QEvent.MouseButtonRelease, left, none)


def send_mouse(widget: Any, kind: Any, place: Any, button: Any, held: Any) -> None:
    """One event of the mouse at `place`, a QPointF in the widget."""
    on_screen = qt.QPointF(widget.mapToGlobal(place.toPoint()))
    event = qt.QMouseEvent(kind, place, on_screen, button, held, qt.Qt.NoModifier)
    qt.QCoreApplication.sendEvent(widget, event)


def type_into(field: Any, text: str) -> None:
    """As one key would that gives the whole text, then Return."""
    _press_key(field, 0, text)
    _press_key(field, qt.Qt.Key_Return, "\r")


def _press_key(widget: Any, key: Any, text: str = "") -> None:
    for kind in (qt.QEvent.KeyPress, qt.QEvent.KeyRelease):
        qt.QCoreApplication.sendEvent(widget, qt.QKeyEvent(kind, key, qt.Qt.NoModifier, text))


def names_listed(selector: Any) -> Sequence[str]:
    """What a node selector offers, as it stands in its box."""
    box = _box_of(selector)
    return [box.itemText(number) for number in range(box.count)]


def choose(selector: Any, text: str) -> None:
    """In a combo box, or a node selector's, by the arrow keys."""
    box = _box_of(selector)
    steps = names_listed(selector).index(text) - box.currentIndex
    for _ in range(abs(steps)):
        _press_key(box, qt.Qt.Key_Down if steps > 0 else qt.Qt.Key_Up)
        process_events()
    assert box.currentText == text, f"{box.currentText} is chosen, not {text}"


def _box_of(selector: Any) -> Any:
    (box,) = [selector] if selector.inherits("QComboBox") else descendants(selector, "QComboBox")
    return box


def press(keys: str, window: Any) -> None:
    """A shortcut of `window`: Qt sends it to the one that has these keys, and to none where several have them."""
    sequence = qt.QKeySequence(keys)
    heard = [one for one in shortcuts(window) if one.key.toString() == sequence.toString()]
    assert len(heard) == 1, f"{keys} is heard by {len(heard)}"
    qt.QCoreApplication.sendEvent(heard[0], qt.QShortcutEvent(sequence, heard[0].id(), False))
    process_events()


def shortcuts(window: Any) -> list[Any]:
    """Those that hear their keys now."""
    return [one for one in descendants(window, "QShortcut") if one.enabled]


# The log


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
