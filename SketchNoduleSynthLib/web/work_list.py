"""The cases that one reader reads, one after the other. Nothing of their truth is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase, open_case, reading_path


class WorkList:
    """`cases` for `reader`, in their order; beside each stands the folder for the reader's file.

    Raises :class:`InputError` if two cases have the same id, the reader has no name that a file can bear, or a file of
    the reader's cannot be read. Opening a case raises what :func:`open_case` raises.
    """

    def __init__(self, cases: Sequence[tuple[Case, Path]], reader: str) -> None:
        self.ids = [case.id for case, _readings in cases]
        if len(set(self.ids)) < len(self.ids):
            raise InputError("Two of the cases have the same id; read them one by one.")
        self._cases, self._reader = list(cases), reader
        self._unfinished = [
            case.id for case, readings in cases if not _is_finished(reading_path(case, reader, readings))
        ]

    def open_first(self) -> OpenedCase:
        """The first case that is not finished; the first of all if there is none."""
        return self._open((self._unfinished or self.ids)[0])

    def left(self, finished: OpenedCase) -> list[str]:
        """The ids of the cases that are not finished when `finished` is."""
        return [case_id for case_id in self._unfinished if case_id != finished.id]

    def open_next(self, finished: OpenedCase) -> OpenedCase:
        """The first of those that are left."""
        self._unfinished = self.left(finished)
        return self._open(self._unfinished[0])

    def _open(self, case_id: str) -> OpenedCase:
        case, readings = self._cases[self.ids.index(case_id)]
        return open_case(case.folder, self._reader, readings)


def _is_finished(path: Path) -> bool:
    return path.exists() and Reading.read(path).finished is not None
