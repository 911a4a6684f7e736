"""The nodules of the case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.editing.rows import HEADS, row_of
from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.mrml import long_tasks
from SketchNoduleSynthLib.mrml.editor import Editor

if TYPE_CHECKING:
    from SketchNoduleSynthLib.editing.nodule import Nodule
    from SketchNoduleSynthLib.panel.panel import Panel

LIGHTS = {"green": "#2e9e4f", "amber": "#e0a000"}


class NodulesSection:
    """A row a nodule: key, size, attenuation, model, quality light with its reasons."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.ui = panel, panel.ui
        self._shown: tuple[Nodule, ...] = ()
        table = self.ui.nodulesTable
        table.setColumnCount(len(HEADS))
        table.setHorizontalHeaderLabels([_(head) for head in HEADS])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        table.horizontalHeader().setStretchLastSection(True)
        table.setSelectionBehavior(qt.QTableWidget.SelectRows)
        table.setSelectionMode(qt.QTableWidget.SingleSelection)
        table.setEditTriggers(qt.QTableWidget.NoEditTriggers)
        table.setMinimumHeight(120)
        table.itemSelectionChanged.connect(self._on_selection)
        panel.on(self.ui.editButton.clicked, self._with_selected(lambda editor, key: editor.edit(key)))
        panel.on(self.ui.duplicateButton.clicked, self._with_selected(lambda editor, key: editor.duplicate(key)))
        panel.on(self.ui.hideButton.clicked, self._with_selected(lambda editor, key: editor.toggle(key)))
        panel.on(self.ui.removeButton.clicked, self._with_selected(lambda editor, key: editor.remove(key)))
        panel.on(self.ui.exportButton.clicked, self._export)
        panel.on(self.ui.recipeButton.clicked, self._load_recipe)
        panel.on(self.ui.caseButton.clicked, self._export_case)
        panel.on(self.ui.randomButton.clicked, self._add_random)

    @property
    def selected(self) -> Nodule | None:
        """The nodule of the selected row."""
        row = self.ui.nodulesTable.currentRow()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        nodules = editor.session.nodules if editor else ()
        if nodules is not self._shown:
            key = self.selected.key if self.selected else None
            self._shown = nodules
            self._fill(key)
        self._show_buttons()
        for button in (self.ui.exportButton, self.ui.caseButton):
            button.setEnabled(bool(nodules))
        for button in (self.ui.recipeButton, self.ui.randomButton):
            button.setEnabled(editor is not None and self.panel.worker.task is None)

    def _fill(self, key: int | None) -> None:
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
            if nodule.key == key:
                table.selectRow(row)
        if key not in [nodule.key for nodule in self._shown] and self._shown:
            table.selectRow(len(self._shown) - 1)

    def _show_buttons(self) -> None:
        nodule = self.selected
        for button in (self.ui.editButton, self.ui.duplicateButton, self.ui.hideButton, self.ui.removeButton):
            button.setEnabled(nodule is not None)
        self.ui.hideButton.setText(_("Hide") if nodule is None or nodule.is_shown else _("Show"))

    def _on_selection(self) -> None:
        nodule = self.selected
        self._show_buttons()
        if nodule is not None:
            self.panel.do(lambda editor: editor.jump(nodule.key))

    def _with_selected(self, action: Callable[[Editor, int], object]) -> Callable[[Editor], object]:
        def act(editor: Editor) -> None:
            if self.selected is not None:
                action(editor, self.selected.key)

        return act

    def _add_random(self, editor: Editor) -> None:
        level = self.ui.difficultyBox.currentText
        long_tasks.add_random(editor, self.ui.randomCountBox.value, level if level in LEVELS else None)

    def _export_case(self, editor: Editor) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.SketchNoduleSynth, _("A new folder for the training case"))
        if folder:
            long_tasks.export_case(editor, Path(folder))

    def _load_recipe(self, editor: Editor) -> None:
        path = qt.QFileDialog.getOpenFileName(self.ui.SketchNoduleSynth, _("A recipe"), "", _("Recipes (*.json)"))
        if path:
            editor.load_recipe(Path(path))

    def _export(self, editor: Editor) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.ui.SketchNoduleSynth, _("A folder for the case"))
        if folder:
            long_tasks.export(editor, Path(folder))
