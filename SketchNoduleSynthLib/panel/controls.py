"""Qt's widgets bound to a table of actions: a widget that is named as an entry shows it and does it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.mrml.action import Action, Table, Value
from SketchNoduleSynthLib.mrml.controller import Controller

C = TypeVar("C", bound=Controller)


class Controls(Generic[C]):
    """The widgets of `ui` for `table`, and its keys, heard in Slicer's window, or in `parent` where there is none.

    `NAME_label` is the label of the widget NAME.
    """

    def __init__(self, ui: Any, parent: Any, table: Table[C]) -> None:
        self.ui, self.parent = ui, parent
        self.controller: C | None = None
        """What they act on; they are disabled while there is none."""
        self.is_refreshing = False
        """True while the panel itself sets its widgets."""
        self._is_pulling = False
        """True while the user pulls a slider: one step for undo."""
        self._refreshers: list[Callable[[C | None], object]] = []
        for action in table.actions:
            if hasattr(ui, action.id):
                self._bind_button(action, getattr(ui, action.id))
        for value in table.values:
            if hasattr(ui, value.id):
                self._bind_value(value, getattr(ui, value.id))
        self._shortcuts = [self._shortcut(key, action) for key, action in table.keys.items()]

    def listen(self, is_listening: bool) -> None:
        for shortcut in self._shortcuts:
            shortcut.setEnabled(is_listening)

    def remove(self) -> None:
        self.listen(False)
        for shortcut in self._shortcuts:
            shortcut.setParent(None)
        self._shortcuts = []

    def do(self, act: Callable[[C], object]) -> None:
        """An action of the user, unless the panel itself is just setting its widgets."""
        controller = self.controller
        if controller is not None and not self.is_refreshing:
            if not self._is_pulling:
                controller.end_gesture()
            controller.do(lambda: act(controller))

    def on(self, signal: Any, act: Callable[[C], object]) -> None:
        """Connect a widget's `signal` to an action."""
        signal.connect(lambda *_arguments: self.do(act))

    def refresh_with(self, refresh: Callable[[C | None], object]) -> None:
        """Call `refresh` whenever all else is refreshed, too."""
        self._refreshers.append(refresh)

    def refresh(self) -> None:
        if self.is_refreshing:
            return
        self.is_refreshing = True
        try:
            for refresh in self._refreshers:
                refresh(self.controller)
        finally:
            self.is_refreshing = False

    def _bind_button(self, action: Action[C], button: Any) -> None:
        button.setText(_(action.text()))
        button.setToolTip(_(action.hint))
        button.setCheckable(action.is_on is not None)
        if action.do is not None or action.do_with is not None:
            self.on(button.clicked, partial(self._act, action))

        def refresh(controller: C | None) -> None:
            button.setEnabled(controller is not None and action.enabled(controller))
            if action.is_on is not None:
                button.setChecked(controller is not None and action.is_on(controller))
            if action.words_now is not None:
                button.setText(_(action.text(controller)))
            if action.hint_now is not None:
                now = action.hint_now(controller) if controller is not None else ""
                button.setToolTip(now or _(action.hint))

        self.refresh_with(refresh)

    def _act(self, action: Action[C], controller: C) -> None:
        if action.do_with is not None:
            path = self._ask(action)
            if path:
                action.do_with(controller, Path(path))
        elif action.do is not None and (not action.question or slicer.util.confirmOkCancelDisplay(_(action.question))):
            action.do(controller)

    def _ask(self, action: Action[C]) -> str:
        title = _(action.asks)
        if action.is_new:  # A dialog for folders takes none that is not there.
            return qt.QFileDialog.getSaveFileName(self.parent, title)
        if not action.files:
            return qt.QFileDialog.getExistingDirectory(self.parent, title)
        kinds = " ".join(f"*{ending}" for ending in action.files)
        return qt.QFileDialog.getOpenFileName(self.parent, title, "", f"{title} ({kinds})")

    def _shortcut(self, key: str, action: Action[C]) -> Any:
        shortcut = qt.QShortcut(qt.QKeySequence(key), slicer.util.mainWindow() or self.parent)
        if action.do is not None:
            shortcut.activated.connect(lambda *_arguments, act=action.do: self.do(act))
        shortcut.setEnabled(False)
        return shortcut

    def _bind_value(self, value: Value[C], widget: Any) -> None:
        if hasattr(self.ui, f"{value.id}_label"):
            getattr(self.ui, f"{value.id}_label").setText(_(value.words))
        widget.setToolTip(_(value.hint))
        if value.choices:
            show = self._bind_choice(value, widget)
        elif isinstance(value.default, bool):
            show = self._bind_check(value, widget)
        elif isinstance(value.default, str):
            show = None  # A text is typed letter by letter: its section says when it counts.
        else:
            show = self._bind_number(value, widget)

        def refresh(controller: C | None) -> None:
            widget.setEnabled(controller is not None and value.enabled(controller))
            if controller is not None and show is not None:
                if value.limits_now is not None:
                    widget.minimum, widget.maximum = value.limits_now(controller)
                show(value.get(controller))

        self.refresh_with(refresh)

    def _bind_choice(self, value: Value[C], box: Any) -> Callable[[Any], object]:
        box.addItems(list(value.choices))
        # The signal has overloads: the value is read, not taken from it.
        self.on(box.currentIndexChanged, lambda controller: value.change(controller, box.currentText))
        return lambda text: box.setCurrentText(text)

    def _bind_check(self, value: Value[C], check: Any) -> Callable[[Any], object]:
        check.setText(_(value.words))
        check.setChecked(value.default)
        self.on(check.clicked, lambda controller: value.change(controller, check.checked))
        return lambda is_on: check.setChecked(is_on)

    def _pull(self, is_pulling: bool) -> None:
        self._is_pulling = is_pulling
        if self.controller is not None:
            self.controller.end_gesture()

    def _bind_number(self, value: Value[C], slider: Any) -> Callable[[Any], object]:
        slider.minimum, slider.maximum, slider.singleStep = value.limits
        slider.setValue(value.default)
        leave_when_typed(slider)
        self.on(slider.valueChanged, lambda controller: value.change(controller, slider.value))
        for child in slider.children():  # PythonQt does not give ctkSliderWidget.slider().
            if hasattr(child, "sliderPressed"):
                child.sliderPressed.connect(lambda *_none: self._pull(True))
                child.sliderReleased.connect(lambda *_none: self._pull(False))
        return lambda number: slider.setValue(number)


def leave_when_typed(widget: Any) -> None:
    """What is typed into it, or a field in it, counts once, when it is finished; then keys are the panel's again."""
    if widget.inherits("QAbstractSpinBox"):
        widget.keyboardTracking = False
        widget.editingFinished.connect(lambda: widget.clearFocus())
    for child in widget.children():
        leave_when_typed(child)
