"""The browser's app for reading: a work list of cases and one reader."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.case_reader import CaseReader
from SketchNoduleSynthLib.mrml.reading_actions import READING
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase
from SketchNoduleSynthLib.teaching.work_list import WorkList
from SketchNoduleSynthLib.web import reading_page
from SketchNoduleSynthLib.web.reading_state import ACTS, KEYS, ReadingState, of_reader
from SketchNoduleSynthLib.web.views import READING_LAYOUT
from SketchNoduleSynthLib.web.web_app import WebApp, serve


class ReadingApp(WebApp[CaseReader]):
    """The app with `work`, of which `first` is open. `token`: as of every app."""

    def __init__(self, work: WorkList, first: OpenedCase, token: str | None = None) -> None:
        super().__init__(READING, ReadingState(), READING_LAYOUT, ACTS, KEYS, token)
        self._work, self._first = work, first
        self._opening = asyncio.Lock()
        self.server.trigger("next_case")(self._on_next_case)
        reading_page.build(self.server)

    async def begin(self) -> None:
        self._read(self._first)

    def values(self, controller: CaseReader) -> dict[str, Any]:
        return of_reader(controller)

    def _read(self, case: OpenedCase) -> None:
        if self.controller is not None:
            self.controller.close()
        self.controller = CaseReader(case, self.views.slice_views(), self.slicer.scene)
        self.controller.changed.connect(self.refresh)
        self.refresh()

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


def run(paths: Sequence[Path], reader: str, readings_folder: Path | None, host: str, port: int) -> None:
    """Serve the cases at `paths` to `reader`, one after the other, until it is stopped, and say where.

    Raises :class:`InputError` for what a :class:`WorkList` refuses, and if the port is taken.
    """
    work = WorkList(paths, reader, readings_folder)
    first = work.open_first()
    serve(lambda: ReadingApp(work, first), host, port)
