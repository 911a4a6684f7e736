"""The cases that one reader reads, one after the other. Nothing of their truth is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.teaching.copies import case_paths, id_of, opened
from SketchNoduleSynthLib.teaching.opened_case import READINGS_FOLDER, OpenedCase, open_case, reading_path


class WorkList:
    """The cases at `paths` for `reader`: a case's folder or zip, or a folder of such; a zip is unpacked when its turn
    comes. `readings_folder`: for the reader's files; beside each case by default.

    Raises :class:`InputError` if there is no case, two cases have the same id, the reader has no name that a file can
    bear, or a file of the reader's cannot be read. Opening a case raises what :func:`open_case` raises.
    """

    def __init__(self, paths: Sequence[Path], reader: str, readings_folder: Path | None = None) -> None:
        self._reader, self._readings_folder = reader, readings_folder
        cases = [(id_of(path), path) for path in case_paths(paths)]
        self._paths = dict(cases)
        if len(self._paths) < len(cases):
            raise InputError("Two of the cases have the same id; read them one by one.")
        files = {case_id: reading_path(case_id, reader, self._readings(path)) for case_id, path in cases}
        self._unfinished = [case_id for case_id, file in files.items() if not _is_finished(file)]

    def open_first(self) -> OpenedCase:
        """The first case that is not finished; the first of all if there is none."""
        return self._open((self._unfinished or list(self._paths))[0])

    def open_next(self, finished: OpenedCase) -> OpenedCase:
        """The first of those that are left when `finished` is."""
        self._unfinished = self._besides(finished.id)
        return self._open(self._unfinished[0])

    def _open(self, case_id: str) -> OpenedCase:
        path = self._paths[case_id]
        with opened([path]) as (case,):
            one = open_case(case.folder, self._reader, self._readings(path))
        place = list(self._paths).index(case_id) + 1
        return replace(one, place=place, count=len(self._paths), left=len(self._besides(case_id)))

    def _besides(self, case_id: str) -> list[str]:
        return [other for other in self._unfinished if other != case_id]

    def _readings(self, path: Path) -> Path:
        return self._readings_folder or path.resolve().parent / READINGS_FOLDER


def _is_finished(path: Path) -> bool:
    return path.exists() and Reading.read(path).finished is not None
