"""The browser's front for reading: one case and one reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.mrml.case_reader import CaseReader
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase, open_case
from SketchNoduleSynthLib.web import reading_page
from SketchNoduleSynthLib.web.reading_shown import ACTIONS, KEYS, SETTERS, ReadingShown, of_reader
from SketchNoduleSynthLib.web.serving import Front, serve
from SketchNoduleSynthLib.web.views import READING


class ReadingApp(Front[CaseReader]):
    """The front with `case`. `token`: as of a front."""

    def __init__(self, case: OpenedCase, token: str | None = None) -> None:
        super().__init__(ReadingShown(), READING, KEYS, ACTIONS, SETTERS, token)
        self._case = case
        reading_page.build(self.server)

    async def begin(self) -> None:
        """See :class:`Front`."""
        self.desk = CaseReader(self._case, self.views.slice_views(), self.slicer.scene)
        self.desk.changed = self.refresh
        self.refresh()

    def values(self, desk: CaseReader) -> dict[str, Any]:
        """See :class:`Front`."""
        return of_reader(desk)


def run(case_folder: Path, reader: str, readings_folder: Path | None, host: str, port: int) -> None:
    """Serve the case to `reader` until it is stopped, and say where.

    What is marked is kept in `readings_folder`; beside the case if that is None. Raises :class:`InputError` for what
    :func:`open_case` refuses, and if the port is taken.
    """
    case = open_case(case_folder, reader, readings_folder)
    serve(lambda: ReadingApp(case), host, port)
