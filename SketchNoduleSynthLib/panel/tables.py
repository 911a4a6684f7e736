"""Tables of rows to choose one from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.panel.controls import C, Controls


class RowTable:
    """Rows by the numbers of what they tell of; `choose` is told which one the user takes."""

    def __init__(
        self, controls: Controls[C], table: Any, heads: Sequence[str], choose: Callable[[C, int], object]
    ) -> None:
        self.table = table
        self._rows: Mapping[int, Sequence[str]] = {}
        self._chosen: int | None = None
        table.setColumnCount(len(heads))
        table.setHorizontalHeaderLabels([_(head) for head in heads])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        table.setSelectionBehavior(qt.QTableWidget.SelectRows)
        table.setSelectionMode(qt.QTableWidget.SingleSelection)
        table.setEditTriggers(qt.QTableWidget.NoEditTriggers)
        table.setMinimumHeight(120)

        def chosen(controller: C) -> None:
            row = table.currentRow()
            if 0 <= row < len(self._rows) and list(self._rows)[row] != self._chosen:
                choose(controller, list(self._rows)[row])

        def clicked(controller: C) -> None:
            self._chosen = None  # Also the row that is chosen already brings the views there.
            chosen(controller)

        controls.on(table.itemSelectionChanged, chosen)
        controls.on(table.cellClicked, clicked)

    def show(self, rows: Mapping[int, Sequence[str]], chosen: int | None) -> None:
        self._chosen = chosen
        if rows != self._rows:
            self._rows = rows
            self.table.setRowCount(len(rows))
            for row, cells in enumerate(rows.values()):
                for column, text in enumerate(cells):
                    self.table.setItem(row, column, qt.QTableWidgetItem(text))
        if chosen is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(list(rows).index(chosen))
