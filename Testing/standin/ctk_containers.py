"""ctk's collapsible containers; the names and properties are ctk's."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QEvent, QPoint, QRect, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle, QStyleOptionButton, QWidget


class _Collapsible:
    """A checkable container that hides its children while it is not checked, and shows again what it hid."""

    contentsCollapsed: Any

    def _begin(self) -> None:
        self._hidden: list[QWidget] = []
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._follow)

    def _follow(self, _checked: bool = True) -> None:
        self._arrange()
        self.contentsCollapsed.emit(self.collapsed)

    def _arrange(self) -> None:
        if self.collapsed:
            # Not by name of a Qt property: children that the file of Qt Designer adds later come here too.
            shown = [child for child in self.children() if child.isWidgetType() and not child.isHidden()]
            self._hidden += shown
            for child in shown:
                child.hide()
        else:
            for child in self._hidden:
                child.show()
            self._hidden = []
        self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        """Hide children that come while the contents are collapsed."""
        late = (QEvent.Type.ChildPolished, QEvent.Type.LayoutRequest, QEvent.Type.Polish, QEvent.Type.Show)
        if event.type() in late and self.collapsed:
            self._arrange()
        return super().event(event)

    def _is_collapsed(self) -> bool:
        return not self.isChecked()

    def setCollapsed(self, collapsed: bool) -> None:
        """Hide or show the contents."""
        self.setChecked(not collapsed)


class ctkCollapsibleButton(_Collapsible, QAbstractButton):
    """A header that hides and shows what lies under it."""

    contentsCollapsed = Signal(bool)
    collapsed = Property(bool, _Collapsible._is_collapsed, _Collapsible.setCollapsed)

    def __init__(self, *arguments: Any):
        texts = [argument for argument in arguments if isinstance(argument, str)]
        super().__init__(*[argument for argument in arguments if not isinstance(argument, str)])
        self.setText("".join(texts))
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Preferred)
        self.setContentsMargins(0, self._header(), 0, 0)
        self._begin()

    def _header(self) -> int:
        return self.fontMetrics().height() + 10

    def _arrange(self) -> None:
        super()._arrange()
        self.setMaximumHeight(self._header() if self.collapsed else 16777215)

    def sizeHint(self) -> QSize:
        """The header, and the contents where they are shown."""
        contents = self.layout().totalSizeHint() if self.layout() and not self.collapsed else QSize(0, 0)
        width = self.fontMetrics().horizontalAdvance(self.text) + 40
        return QSize(max(width, contents.width()), max(self._header(), contents.height()))

    def minimumSizeHint(self) -> QSize:
        """The header, and the least of the contents where they are shown."""
        contents = self.layout().totalMinimumSize() if self.layout() and not self.collapsed else QSize(0, 0)
        return QSize(contents.width(), max(self._header(), contents.height()))

    def hitButton(self, position: QPoint) -> bool:
        """Only the header can be clicked."""
        return position.y() < self._header()

    def paintEvent(self, event: QEvent) -> None:
        """A button with an arrow, as wide as the contents."""
        option = QStyleOptionButton()
        option.initFrom(self)
        option.rect = QRect(0, 0, self.width, self._header())
        option.text = ("▸ " if self.collapsed else "▾ ") + self.text
        painter = QPainter(self)
        self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
        painter.end()
