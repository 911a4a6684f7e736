"""Reading a training case: a mode that hides all other sections."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.editing.worker import Task
from SketchNoduleSynthLib.mrml.case_reader import HEADS, CaseReader
from SketchNoduleSynthLib.mrml.reading_actions import READING
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.mode import Mode
from SketchNoduleSynthLib.panel.tables import RowTable
from SketchNoduleSynthLib.panel.views import slice_views
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase
from SketchNoduleSynthLib.teaching.work_list import WorkList


class ReadingSection(Mode[CaseReader]):
    """Opens a case for a reader, or several one after the other."""

    asks = "The folder of a case, or of several"

    def __init__(self, context: Context) -> None:
        ui = context.ui
        super().__init__(context, READING, ui.readingSection, ui.readButton, ui.leaveButton)
        self._work: WorkList | None = None
        self._remarked: int | None = None
        """The finding whose remark stands in the field."""
        self.controls.on(ui.remark.editingFinished, self._remark)
        self.controls.on(ui.next_case.clicked, self._open_next)
        self._findings = RowTable(self.controls, ui.findingsTable, HEADS, CaseReader.select)
        self.controls.refresh_with(self._refresh)

    def open(self, folder: Path, reader: str) -> None:
        """Read the case in `folder`, or the cases one after the other, as soon as the first one's CT is there."""

        def opened() -> tuple[WorkList, OpenedCase]:
            work = WorkList([folder], reader)
            return work, work.open_first()

        self._submit(opened)

    def come_to_front(self, is_in_front: bool) -> None:
        """Nothing is marked while the user is elsewhere."""
        if not is_in_front:
            self.controls.do(lambda reader: reader.take(None))

    def _refresh(self, reader: CaseReader | None) -> None:
        ui = self.ui
        if reader is None:
            return
        ui.caseLabel.setText(reader.title)
        ui.instructionsLabel.setText(reader.case.instructions)
        ui.next_case.setVisible(reader.case.count > 1)
        ui.next_case.setEnabled(reader.has_next and self.context.worker.task is None)
        if self._remarked != reader.active or not ui.remark.modified:  # Else it is being typed.
            self._remarked = reader.active
            ui.remark.setText(reader.finding.remark if reader.finding else "")
        rows = {one.number: (str(one.number), str(one.confidence), one.remark) for one in reader.session.findings}
        self._findings.show(rows, reader.active)

    def _submit(self, opened: Callable[[], tuple[WorkList, OpenedCase]]) -> None:
        task: Task = Task(_("Opening the case"), lambda progress: opened(), self._begin, self.context.told.emit)
        self.context.worker.submit(task)
        self.context.changed.emit()

    def _begin(self, opened: tuple[WorkList, OpenedCase]) -> None:
        self._work, case = opened
        self.begin(lambda: CaseReader(case, slice_views(), slicer.mrmlScene))

    def _remark(self, reader: CaseReader) -> None:
        self.ui.remark.modified = False
        reader.remark = self.ui.remark.text

    def _open_next(self, reader: CaseReader) -> None:
        work = self._work
        if work is not None and reader.has_next:
            self._submit(lambda: (work, work.open_next(reader.case)))
