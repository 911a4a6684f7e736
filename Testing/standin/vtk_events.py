"""Qt's mouse, wheel and key events as events of VTK's interactor: device pixels, y up."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QWheelEvent

_BUTTONS = {
    Qt.MouseButton.LeftButton: "Left",
    Qt.MouseButton.MiddleButton: "Middle",
    Qt.MouseButton.RightButton: "Right",
}
_PHASES = {
    QEvent.Type.MouseButtonPress: "ButtonPressEvent",
    QEvent.Type.MouseButtonRelease: "ButtonReleaseEvent",
    QEvent.Type.MouseButtonDblClick: "ButtonDoubleClickEvent",
}
_KEYS = {
    Qt.Key.Key_Escape: "Escape",
    Qt.Key.Key_Return: "Return",
    Qt.Key.Key_Enter: "KP_Enter",
    Qt.Key.Key_Backspace: "BackSpace",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Space: "space",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_Shift: "Shift_L",
    Qt.Key.Key_Control: "Control_L",
    Qt.Key.Key_Alt: "Alt_L",
}


def send(event: QEvent, interactor: Any, ratio: float) -> bool:
    """Hand a Qt event to the interactor, `ratio` device pixels to Qt's pixel; whether it was one that VTK knows."""
    if isinstance(event, QMouseEvent):
        _place(event, interactor, ratio, int(event.type() == QEvent.Type.MouseButtonDblClick))
        if event.type() == QEvent.Type.MouseMove:
            interactor.MouseMoveEvent()
        elif event.button() in _BUTTONS and event.type() in _PHASES:
            interactor.InvokeEvent(_BUTTONS[event.button()] + _PHASES[event.type()])
    elif isinstance(event, QWheelEvent):
        _place(event, interactor, ratio)
        turn = event.angleDelta().y()
        if turn:
            interactor.InvokeEvent("MouseWheelForwardEvent" if turn > 0 else "MouseWheelBackwardEvent")
    elif isinstance(event, QEnterEvent):
        _place(event, interactor, ratio)
        interactor.EnterEvent()
    elif event.type() == QEvent.Type.Leave:
        interactor.LeaveEvent()
    elif isinstance(event, QKeyEvent) and event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        _key(event, interactor)
    else:
        return False
    return True


def _place(event: Any, interactor: Any, ratio: float, repeat: int = 0) -> None:
    """Tell where the cursor is, and which keys are held."""
    x, y = (int(ratio * part) for part in event.position().toTuple())
    held = event.modifiers()
    control, shift = _has(held, Qt.ControlModifier), _has(held, Qt.ShiftModifier)
    interactor.SetEventInformationFlipY(x, y, control, shift, "\0", repeat)
    interactor.SetAltKey(_has(held, Qt.AltModifier))


def _has(held: Any, key: Any) -> int:
    return int(bool(held & key))


def _key(event: QKeyEvent, interactor: Any) -> None:
    """Press or release a key, with VTK's name for it."""
    held, text = event.modifiers(), event.text()
    key = event.key()
    symbol = _KEYS.get(key) or (chr(key).lower() if 32 < key < 127 else text or "None")
    interactor.SetKeyEventInformation(
        _has(held, Qt.ControlModifier), _has(held, Qt.ShiftModifier), text[:1] or "\0", event.count(), symbol
    )
    interactor.SetAltKey(_has(held, Qt.AltModifier))
    if event.type() == QEvent.Type.KeyPress:
        interactor.KeyPressEvent()
        if text:
            interactor.CharEvent()
    else:
        interactor.KeyReleaseEvent()
