"""The browser's app for reading: a work list of cases, one reader, three views. Nothing of the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trame.widgets import html

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.case_reader import HEADS, CaseReader
from SketchNoduleSynthLib.mrml.reading_actions import READING
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase
from SketchNoduleSynthLib.teaching.work_list import WorkList
from SketchNoduleSynthLib.web.controls import action_button, chosen_row, slider
from SketchNoduleSynthLib.web.frame import reading_frame
from SketchNoduleSynthLib.web.layouts import READING_LAYOUT
from SketchNoduleSynthLib.web.serving import serve
from SketchNoduleSynthLib.web.web_app import WebApp

STATE: dict[str, Any] = {
    "title": "",
    "reader": "",
    "count": 1,
    "instructions": "",
    "findings": [],
    "active": 0,
    "is_finished": False,
}


class ReadingApp(WebApp[CaseReader]):
    """The app with `work`, of which `first` is open. `token`: as of every app."""

    def __init__(self, work: WorkList, first: OpenedCase, token: str | None = None) -> None:
        super().__init__(READING, STATE, READING_LAYOUT, token)
        self.acts["select"] = lambda reader, number: reader.select(int(number))
        # Slicer's own views have these keys already.
        self.listen("F", lambda reader: reader.slices.show(reader.slices.number + 1))
        self.listen("B", lambda reader: reader.slices.show(reader.slices.number - 1))
        self._work, self._first = work, first
        self._opening = asyncio.Lock()
        self.server.trigger("next_case")(self._on_next_case)
        reading_frame(self.server, READING_LAYOUT, _panel, READING.action("finish_reading"), "reading")

    async def begin(self) -> None:
        self._read(self._first)

    def values(self, controller: CaseReader) -> dict[str, Any]:
        session = controller.session
        return {
            "title": controller.title,
            "reader": session.reading.reader,
            "count": controller.case.count,
            "instructions": controller.case.instructions,
            "findings": [
                {"number": finding.number, "confidence": finding.confidence, "remark": finding.remark}
                for finding in session.findings
            ],
            "active": controller.active or 0,
            "is_finished": session.is_finished,
        }

    def _read(self, case: OpenedCase) -> None:
        if self.controller is not None:
            self.controller.close()
        reader = CaseReader(case, self.views.slice_views(), self.slicer.scene)
        self.views.follow(reader.ct)
        self.work_at(reader)

    async def _on_next_case(self) -> None:
        controller = self.controller
        if controller is None or self._opening.locked() or not controller.has_next:
            return
        async with self._opening:
            self.tell("Opening the next case ...")
            try:
                self._read(await asyncio.to_thread(self._work.open_next, controller.case))
            except InputError as error:
                self.tell(str(error))


def _panel() -> None:
    with html.Details(open=True):
        html.Summary("Reading")
        html.P("{{ title }}", classes="name")
        html.P("Reader: {{ reader }}", classes="name")
        html.P("{{ instructions }}", classes="instructions")
        _findings()
        slider(READING.value("slice_number"), unit="of {{ limits.slice_number[1] }}")
        with html.Div(classes="row pairs"):
            action_button(READING.action("reading_lung_window"))
            action_button(READING.action("mediastinal_window"))
        wide: dict[str, Any] = {"color": "primary", "classes": "block"}
        action_button(READING.action("finish_reading"), **wide)
        action_button(READING.action("next_case"), "trigger('next_case')", v_if=("count > 1",), **wide)


def _findings() -> None:
    action_button(READING.action("mark"), classes="block")
    slider(READING.value("confidence"))
    with html.Table(), chosen_row(HEADS, "findings", "number", "active"):
        for cell in ("number", "confidence", "remark"):
            html.Td("{{ row." + cell + " }}")
    remark = READING.value("remark")
    with html.Label(classes="control remark", title=remark.hint):
        html.Span(remark.words)
        change = "remark = $event.target.value"
        html.Input(type="text", value=("remark",), change=change, disabled=("!enabled.remark",))
    action_button(READING.action("remove_finding"), classes="block")


def run(paths: Sequence[Path], reader: str, readings_folder: Path | None, host: str, port: int) -> None:
    """Serve the cases at `paths` to `reader`, one after the other, until it is stopped, and say where.

    Raises :class:`InputError` for what a :class:`WorkList` refuses, and if the port is taken.
    """
    work = WorkList(paths, reader, readings_folder)
    first = work.open_first()
    serve(lambda: ReadingApp(work, first), host, port)
