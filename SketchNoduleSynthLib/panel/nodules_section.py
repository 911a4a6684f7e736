"""The nodules of the session: a row each, with the quality light and its reasons."""

from __future__ import annotations

import qt

from SketchNoduleSynthLib.editing.rows import HEADS, Row, color_of, rows_of
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.pictures import icon_of
from SketchNoduleSynthLib.panel.tables import RowTable

LIGHTS = {"green": "#2e9e4f", "amber": "#e0a000"}


class NodulesSection:
    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self._rows: list[Row] = []
        table = context.ui.nodulesTable
        self._table = RowTable(context.editing, table, HEADS, Editor.select)
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        rows = rows_of(editor.session) if editor else []
        selected = editor.selected if editor else None
        self._table.show({row.key: row.cells for row in rows}, selected.key if selected else None)
        chosen = next((row for row in rows if selected is not None and row.key == selected.key), None)
        self.ui.reasonLabel.setVisible(chosen is not None and bool(chosen.light))
        if chosen is not None:
            self.ui.reasonLabel.setText(f"{chosen.name}, {chosen.light}: {chosen.remarks}")
        if rows != self._rows:  # A stroke need not wait for the marks of all nodules.
            self._rows = rows
            self._mark(rows)

    def _mark(self, rows: list[Row]) -> None:
        for number, row in enumerate(rows):
            self._table.table.item(number, 0).setIcon(icon_of(color_of(row.key)))
            light = self._table.table.item(number, HEADS.index("Quality"))
            light.setToolTip(row.remarks)
            if row.light in LIGHTS:
                light.setForeground(qt.QBrush(qt.QColor(LIGHTS[row.light])))
