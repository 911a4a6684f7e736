"""Reading a training case: a mode that hides all other sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.editing.worker import Task
from SketchNoduleSynthLib.mrml.case_reader import HEADS, MARK, CaseReader
from SketchNoduleSynthLib.mrml.controller import FINISH_QUESTION
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.keys import READING_KEYS, toggle_mark
from SketchNoduleSynthLib.panel.mode import Mode
from SketchNoduleSynthLib.panel.views import slice_views
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase
from SketchNoduleSynthLib.teaching.work_list import WorkList

if TYPE_CHECKING:
    from SketchNoduleSynthLib.panel.panel import Panel
    from SketchNoduleSynthLib.reading.findings import Finding


class ReadingSection(Mode[CaseReader]):
    """Opens a case for a reader; its controls call the reader's case as those of other sections call the editor."""

    def __init__(self, panel: Panel, parent: Any) -> None:
        super().__init__(panel, parent, panel.ui.readingSection, READING_KEYS, panel.ui.leaveButton)
        self._shown: Sequence[Finding] = ()
        self._work: WorkList | None = None
        self._remarked: int | None = None
        """The finding whose remark stands in the field."""
        self.ui.readButton.clicked.connect(lambda *_checked: self._choose())
        self.on(self.ui.markButton.clicked, toggle_mark)
        self.on(self.ui.confidenceSlider.valueChanged, lambda reader: reader.rate(int(self.ui.confidenceSlider.value)))
        self.on(self.ui.remarkEdit.editingFinished, self._remark)
        self.on(self.ui.removeFindingButton.clicked, lambda reader: reader.remove())
        self.on(self.ui.sliceSlider.valueChanged, lambda reader: reader.slices.show(int(self.ui.sliceSlider.value)))
        self.on(self.ui.readingLungButton.clicked, lambda reader: reader.show_lung_window())
        self.on(self.ui.mediastinalButton.clicked, lambda reader: reader.show_mediastinal_window())
        self.on(self.ui.finishButton.clicked, self._finish)
        self.on(self.ui.nextCaseButton.clicked, self._open_next)
        table = self.ui.findingsTable
        table.setColumnCount(len(HEADS))
        table.setHorizontalHeaderLabels([_(head) for head in HEADS])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        table.setSelectionBehavior(qt.QTableWidget.SelectRows)
        table.setSelectionMode(qt.QTableWidget.SingleSelection)
        table.setEditTriggers(qt.QTableWidget.NoEditTriggers)
        table.setMinimumHeight(120)
        self.on(table.itemSelectionChanged, self._select)

    def open(self, folder: Path, reader: str) -> None:
        """Read the case in `folder`, or the cases one after the other, as soon as the first one's CT is there.

        What cannot be read is told in the panel.
        """

        def opened() -> tuple[WorkList, OpenedCase]:
            work = WorkList([folder], reader)
            return work, work.open_first()

        self._submit(opened)

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        reader, ui = self.controller, self.ui
        ui.readButton.setEnabled(self.panel.worker.task is None)
        if reader is None:
            return
        ui.caseLabel.setText(reader.title)
        ui.instructionsLabel.setText(reader.case.instructions)
        ui.markButton.setChecked(reader.tool == MARK)
        ui.confidenceSlider.setValue(reader.confidence)
        ui.sliceSlider.maximum = reader.slices.count
        ui.sliceSlider.setValue(reader.slices.number)
        is_finished, is_at_hand = reader.session.is_finished, reader.finding is not None
        for control in (ui.markButton, ui.finishButton):
            control.setEnabled(not is_finished)
        for control in (ui.confidenceSlider, ui.remarkEdit, ui.removeFindingButton):
            control.setEnabled(is_at_hand and not is_finished)
        ui.nextCaseButton.setVisible(reader.case.count > 1)
        ui.nextCaseButton.setEnabled(reader.has_next and self.panel.worker.task is None)
        if self._remarked != reader.active or not ui.remarkEdit.modified:  # Else it is being typed.
            self._remarked = reader.active
            ui.remarkEdit.setText(reader.finding.remark if reader.finding else "")
        self._show_findings(reader)

    def _show_findings(self, reader: CaseReader) -> None:
        table, findings = self.ui.findingsTable, reader.session.findings
        if findings is not self._shown:
            self._shown = findings
            table.setRowCount(len(findings))
            for row, finding in enumerate(findings):
                for column, text in enumerate((str(finding.number), str(finding.confidence), finding.remark)):
                    table.setItem(row, column, qt.QTableWidgetItem(text))
        if reader.active is None:
            table.clearSelection()
        else:
            table.selectRow([finding.number for finding in findings].index(reader.active))

    def _choose(self) -> None:
        parent: Any = self.ui.SketchNoduleSynth
        folder = qt.QFileDialog.getExistingDirectory(parent, _("The folder of a case, or of several"))
        reader = folder and qt.QInputDialog.getText(parent, _("Read a case"), _("Your name or number:"))
        if reader:
            self.open(Path(folder), reader)

    def _submit(self, opened: Callable[[], tuple[WorkList, OpenedCase]]) -> None:
        task: Task = Task(_("Opening the case"), lambda progress: opened(), self._begin, self.panel.tell)
        self.panel.worker.submit(task)
        self.panel.refresh()

    def _begin(self, opened: tuple[WorkList, OpenedCase]) -> None:
        self._work, case = opened
        self.begin(lambda: CaseReader(case, slice_views(), slicer.mrmlScene))

    def _select(self, reader: CaseReader) -> None:
        row = self.ui.findingsTable.currentRow()
        if 0 <= row < len(self._shown) and self._shown[row].number != reader.active:
            reader.select(self._shown[row].number)

    def _remark(self, reader: CaseReader) -> None:
        self.ui.remarkEdit.modified = False
        reader.remark(self.ui.remarkEdit.text)

    def _finish(self, reader: CaseReader) -> None:
        if slicer.util.confirmOkCancelDisplay(_(FINISH_QUESTION)):
            reader.finish()

    def _open_next(self, reader: CaseReader) -> None:
        work = self._work
        if work is not None and reader.has_next:
            self._submit(lambda: (work, work.open_next(reader.case)))
