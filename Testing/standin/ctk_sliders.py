"""ctk's sliders of real numbers; the names and properties are ctk's."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Qt, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget


class ctkDoubleSlider(QWidget):
    """A slider of real numbers."""

    valueChanged = Signal(float)
    sliderMoved = Signal(float)
    sliderPressed = Signal()
    sliderReleased = Signal()

    def __init__(self, *arguments: Any):
        super().__init__(*[argument for argument in arguments if isinstance(argument, QWidget)])
        self._value, self._minimum, self._maximum, self._step = 0.0, 0.0, 100.0, 1.0
        orientation = next((a for a in arguments if isinstance(a, Qt.Orientation)), Qt.Orientation.Horizontal)
        self._slider = QSlider(orientation, self)
        self._slider.valueChanged.connect(lambda tick: self.setValue(self._at(tick)))
        self._slider.sliderMoved.connect(lambda tick: self.sliderMoved.emit(self._at(tick)))
        self._slider.sliderPressed.connect(self.sliderPressed)
        self._slider.sliderReleased.connect(self.sliderReleased)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider)
        self._show()

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Set the value, held within the range."""
        value = min(max(float(value), self._minimum), self._maximum)
        changed, self._value = value != self._value, value
        self._show()
        if changed:
            self.valueChanged.emit(value)

    def setRange(self, minimum: float, maximum: float) -> None:
        """Set both ends."""
        self._minimum, self._maximum = float(minimum), max(float(minimum), float(maximum))
        self.setValue(self._value)

    def setMinimum(self, minimum: float) -> None:
        """Set the lower end."""
        self.setRange(minimum, max(minimum, self._maximum))

    def setMaximum(self, maximum: float) -> None:
        """Set the upper end."""
        self.setRange(min(self._minimum, maximum), maximum)

    def setSingleStep(self, step: float) -> None:
        """Set what the arrow keys and a drag step by."""
        if step <= 0:
            raise ValueError(f"a step of {step}")
        self._step = float(step)
        self._show()

    def _at(self, tick: int) -> float:
        return min(self._minimum + self._step * tick, self._maximum)

    def _show(self) -> None:
        self._slider.blockSignals(True)
        self._slider.setRange(0, round((self._maximum - self._minimum) / self._step))
        self._slider.setValue(round((self._value - self._minimum) / self._step))
        self._slider.blockSignals(False)

    value = Property(float, lambda self: self._value, setValue, notify=valueChanged)
    minimum = Property(float, lambda self: self._minimum, setMinimum)
    maximum = Property(float, lambda self: self._maximum, setMaximum)
    singleStep = Property(float, lambda self: self._step, setSingleStep)


class ctkSliderWidget(QWidget):
    """A slider with a spin box that shows the same number."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._slider, self._box = ctkDoubleSlider(self), QDoubleSpinBox(self)
        self._box.setKeyboardTracking(False)
        self._slider.valueChanged.connect(self._box.setValue)
        self._slider.sliderMoved.connect(self.valueIsChanging)
        self._box.valueChanged.connect(self._follow)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._box)
        self.setRange(0.0, 99.0)
        self.setSingleStep(1.0)

    def slider(self) -> ctkDoubleSlider:
        """The slider in it."""
        return self._slider

    @Slot(float)
    def setValue(self, value: float) -> None:
        """Set the value, held within the range and rounded to the decimals."""
        self._box.setValue(value)

    def setRange(self, minimum: float, maximum: float) -> None:
        """Set both ends."""
        self._slider.setRange(minimum, maximum)
        self._box.setRange(minimum, maximum)

    def setMinimum(self, minimum: float) -> None:
        """Set the lower end."""
        self.setRange(minimum, max(minimum, self.maximum))

    def setMaximum(self, maximum: float) -> None:
        """Set the upper end."""
        self.setRange(min(self.minimum, maximum), maximum)

    def setSingleStep(self, step: float) -> None:
        """Set what the arrow keys, a drag and the spin box step by."""
        self._slider.setSingleStep(step)
        self._box.setSingleStep(step)

    def setDecimals(self, decimals: int) -> None:
        """Set how many digits follow the point."""
        self._box.setDecimals(decimals)

    def setSuffix(self, suffix: str) -> None:
        """Set what stands after the number."""
        self._box.setSuffix(suffix)

    def _follow(self, value: float) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(value)
        self._slider.blockSignals(False)
        self.valueChanged.emit(value)

    value = Property(float, lambda self: self._box.value, setValue, notify=valueChanged)
    minimum = Property(float, lambda self: self._box.minimum, setMinimum)
    maximum = Property(float, lambda self: self._box.maximum, setMaximum)
    singleStep = Property(float, lambda self: self._box.singleStep, setSingleStep)
    decimals = Property(int, lambda self: self._box.decimals, setDecimals)
    suffix = Property(str, lambda self: self._box.suffix, setSuffix)
