"""One window: the module panel on the left, the views on the right."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

PANEL_WIDTH = 420
SIZE = (1400, 860)


class Window(QWidget):
    """The whole of the stand-in's screen."""

    def __init__(self, viewport: QWidget):
        super().__init__()
        self.setObjectName("standinWindow")
        self.setWindowTitle("Slicer stand-in")
        self._panel = QWidget()
        self._panel_layout = QVBoxLayout(self._panel)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setFixedWidth(PANEL_WIDTH)
        area.setWidget(self._panel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        layout.addWidget(viewport, 1)
        self.resize(*SIZE)
        self.show()

    def show_panel(self, panel: QWidget | None) -> None:
        """Show this panel in the place of the last."""
        while self._panel_layout.count():
            old = self._panel_layout.takeAt(0).widget()
            old.setParent(None)
        if panel is not None:
            self._panel_layout.addWidget(panel)
            panel.show()
