"""Reading a training case: a mode that hides all other sections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.cases.worker import Task
from SketchNoduleSynthLib.mrml.case_reader import FINISH_QUESTION, HEADS, MARK, CaseReader
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.keys import toggle_mark
from SketchNoduleSynthLib.panel.views import slice_views
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase, open_case

if TYPE_CHECKING:
    from SketchNoduleSynthLib.panel.panel import Panel
    from SketchNoduleSynthLib.reading.findings import Finding


class ReadingSection:
    """Opens a case for a reader; its controls call the reader's case as those of other sections call the editor."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.ui = panel, panel.ui
        self.reader: CaseReader | None = None
        """What is being read; None while there is an editor, or nothing."""
        self._shown: Sequence[Finding] = ()
        self._remarked: int | None = None
        """The finding whose remark stands in the field."""
        self.ui.readButton.clicked.connect(lambda *_checked: self._choose())
        self.ui.leaveButton.clicked.connect(lambda *_checked: self.leave())
        self._on(self.ui.markButton.clicked, toggle_mark)
        self._on(self.ui.confidenceSlider.valueChanged, lambda reader: reader.rate(int(self.ui.confidenceSlider.value)))
        self._on(self.ui.remarkEdit.editingFinished, self._remark)
        self._on(self.ui.removeFindingButton.clicked, lambda reader: reader.remove())
        self._on(self.ui.sliceSlider.valueChanged, lambda reader: reader.slices.show(int(self.ui.sliceSlider.value)))
        self._on(self.ui.readingLungButton.clicked, lambda reader: reader.show_lung_window())
        self._on(self.ui.mediastinalButton.clicked, lambda reader: reader.show_mediastinal_window())
        self._on(self.ui.finishButton.clicked, self._finish)
        table = self.ui.findingsTable
        table.setColumnCount(len(HEADS))
        table.setHorizontalHeaderLabels([_(head) for head in HEADS])
        table.verticalHeader().setVisible(False)
        table.horizontalHeader().setStretchLastSection(True)
        table.setSelectionBehavior(qt.QTableWidget.SelectRows)
        table.setSelectionMode(qt.QTableWidget.SingleSelection)
        table.setEditTriggers(qt.QTableWidget.NoEditTriggers)
        table.setMinimumHeight(120)
        self._on(table.itemSelectionChanged, self._select)

    @property
    def is_on(self) -> bool:
        """Whether a case is being read."""
        return self.reader is not None

    def do(self, action: Callable[[CaseReader], object]) -> None:
        """An action of the reader, unless the panel itself is just setting its controls."""
        reader = self.reader
        if reader is not None and not self.panel.is_refreshing:
            reader.do(lambda: action(reader))

    def open(self, folder: Path, reader: str) -> None:
        """Read the case in `folder`, as soon as its CT is there; a case that cannot be read is told in the panel."""
        name = _("Opening the case")
        work: Task = Task(name, lambda progress: open_case(folder, reader), self._begin, self.panel.tell)
        self.panel.worker.submit(work)
        self.panel.refresh()

    def leave(self) -> None:
        """Back to what was edited before; the reader's file stays as it is."""
        self.panel.close()
        self.panel.ct.open_chosen()

    def close(self) -> None:
        """Let go of the case."""
        if self.reader is not None:
            reader, self.reader = self.reader, None
            reader.close()

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        reader, ui = self.reader, self.ui
        ui.readingSection.setVisible(reader is not None)
        for section in (ui.ctSection, ui.voiSection, ui.sketchSection, ui.noduleSection, ui.nodulesSection):
            section.setVisible(reader is None)
        ui.readButton.setEnabled(self.panel.worker.task is None)
        if reader is None:
            return
        ui.dependencyFrame.setVisible(False)
        ui.caseLabel.setText(reader.case.id)
        ui.instructionsLabel.setText(reader.case.instructions)
        ui.markButton.setChecked(reader.tool == MARK)
        ui.confidenceSlider.setValue(reader.confidence)
        ui.sliceSlider.maximum = reader.slices.count
        ui.sliceSlider.setValue(reader.slices.number)
        is_finished, is_at_hand = reader.session.is_finished, reader.finding is not None
        for control in (ui.markButton, ui.confidenceSlider, ui.finishButton):
            control.setEnabled(not is_finished)
        for control in (ui.remarkEdit, ui.removeFindingButton):
            control.setEnabled(is_at_hand and not is_finished)
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
        folder = qt.QFileDialog.getExistingDirectory(parent, _("The folder of a case"))
        reader = folder and qt.QInputDialog.getText(parent, _("Read a case"), _("Your name or number:"))
        if reader:
            self.open(Path(folder), reader)

    def _begin(self, case: OpenedCase) -> None:
        self.panel.close()
        self.reader = CaseReader(case, slice_views(), slicer.mrmlScene)
        self.reader.changed = self.panel.refresh
        self.panel.refresh()

    def _select(self, reader: CaseReader) -> None:
        row = self.ui.findingsTable.currentRow()
        if 0 <= row < len(self._shown) and self._shown[row].number != reader.active:
            reader.select(self._shown[row].number)

    def _remark(self, reader: CaseReader) -> None:
        self.ui.remarkEdit.modified = False
        reader.remark(self.ui.remarkEdit.text)

    def _on(self, signal: Any, action: Callable[[CaseReader], object]) -> None:
        signal.connect(lambda *_arguments: self.do(action))

    def _finish(self, reader: CaseReader) -> None:
        if slicer.util.confirmOkCancelDisplay(_(FINISH_QUESTION)):
            reader.finish()
