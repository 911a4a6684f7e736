"""The nodules of the session, and the files that are made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.editing.rows import HEADS, row_of
from SketchNoduleSynthLib.mrml import long_tasks
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.tables import lay_out

if TYPE_CHECKING:
    from SketchNoduleSynthLib.editing.nodule import Nodule

LIGHTS = {"green": "#2e9e4f", "amber": "#e0a000"}


class NodulesSection:
    """A row a nodule: key, size, attenuation, model, quality light with its reasons."""

    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self._shown: tuple[Nodule, ...] = ()
        table = self.ui.nodulesTable
        lay_out(table, HEADS)
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        context.editing.on(table.itemSelectionChanged, self._select)
        context.editing.on(self.ui.save_result.clicked, self._save_result)
        context.editing.on(self.ui.load_recipe.clicked, self._load_recipe)
        context.editing.on(self.ui.save_training_case.clicked, self._save_training_case)
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        nodules = editor.session.nodules if editor else ()
        if nodules is not self._shown:
            self._shown = nodules
            self._fill()
        if editor is not None and editor.selected is not None:
            self.ui.nodulesTable.selectRow(nodules.index(editor.selected))

    def _fill(self) -> None:
        table = self.ui.nodulesTable
        table.setRowCount(len(self._shown))
        for row, nodule in enumerate(self._shown):
            said = row_of(nodule)
            for column, text in enumerate(said.cells):
                table.setItem(row, column, qt.QTableWidgetItem(text))
            light = table.item(row, len(said.cells) - 1)
            light.setToolTip(said.remarks)
            if said.light in LIGHTS:
                light.setForeground(qt.QBrush(qt.QColor(LIGHTS[said.light])))

    def _select(self, editor: Editor) -> None:
        row = self.ui.nodulesTable.currentRow()
        if 0 <= row < len(self._shown):
            editor.select(self._shown[row].key)

    def _save_training_case(self, editor: Editor) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.SketchNoduleSynth, _("A new folder for the training case"))
        if folder:
            long_tasks.export_case(editor, Path(folder))

    def _load_recipe(self, editor: Editor) -> None:
        path = qt.QFileDialog.getOpenFileName(self.ui.SketchNoduleSynth, _("A recipe"), "", _("Recipes (*.json)"))
        if path:
            editor.request_recipe(Path(path))

    def _save_result(self, editor: Editor) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.SketchNoduleSynth, _("A folder for the result"))
        if folder:
            long_tasks.export(editor, Path(folder))
