"""ctk's slider of real numbers; the names and properties are ctk's."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget


def _of_box(kind: type, name: str, **more: Any) -> Property:
    """A property of the spin box, which the slider follows."""

    def put(self: Any, value: Any) -> None:
        setattr(self._box, name, value)
        self._show()

    return Property(kind, lambda self: getattr(self._box, name), put, **more)


class ctkSliderWidget(QWidget):
    """A slider with a spin box that shows the same number."""

    valueChanged = Signal(float)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._slider, self._box = QSlider(Qt.Orientation.Horizontal, self), QDoubleSpinBox(self)
        self._box.setKeyboardTracking(False)
        self._slider.valueChanged.connect(lambda tick: self.setValue(self.minimum + tick * self.singleStep))
        self._box.valueChanged.connect(self._follow)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._box)

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Set the value, held within the range and rounded to the decimals."""
        self._box.setValue(value)

    def _follow(self, value: float) -> None:
        self._show()
        self.valueChanged.emit(value)

    def _show(self) -> None:
        with QSignalBlocker(self._slider):
            self._slider.setRange(0, round((self.maximum - self.minimum) / self.singleStep))
            self._slider.setValue(round((self.value - self.minimum) / self.singleStep))

    value = _of_box(float, "value", notify=valueChanged)
    minimum, maximum, singleStep = (_of_box(float, name) for name in ("minimum", "maximum", "singleStep"))
    decimals, suffix = _of_box(int, "decimals"), _of_box(str, "suffix")
