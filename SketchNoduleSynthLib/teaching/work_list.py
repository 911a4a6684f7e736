"""The cases that one reader reads, one after the other. Nothing of their truth is looked at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import Reading, check_name
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.copies import case_paths, header, is_zip, opened
from SketchNoduleSynthLib.teaching.opened_case import READINGS_FOLDER, OpenedCase, open_case, reading_path


class WorkList:
    """The cases at `paths` for `reader`: a case's folder or zip, or a folder of such; a zip is unpacked when its turn
    comes. `readings_folder`: for the reader's files; beside each case by default.

    A case that cannot be opened does not keep the reader from the others: it is told with the next one that can, and
    tried again after each. Raises :class:`InputError` if none can be opened, the reader has no name that a file can
    bear, or two cases have the same id, unless one is the zip of the other.
    """

    def __init__(self, paths: Sequence[Path], reader: str, readings_folder: Path | None = None) -> None:
        check_name("reader's name", reader.strip())
        self._reader, self._readings_folder = reader, readings_folder
        self._paths: dict[str, Path] = {}
        self._unfinished: list[str] = []
        self._problems: list[str] = []
        """Of cases that could not be opened, a sentence each, not told yet."""
        known: dict[str, Case] = {}
        for path in case_paths(paths):
            try:
                case = header(path)
                is_read = self._is_read(case.id, path)
            except InputError as error:
                self._problems.append(str(error))
                continue
            if case.id in known:
                other = self._paths[case.id]
                if case.sha256 != known[case.id].sha256 or is_zip(path) == is_zip(other):
                    raise InputError(f"{other.name} and {path.name} are both the case {case.id}; take one away.")
                self._paths[case.id] = other if is_zip(path) else path
                continue
            known[case.id], self._paths[case.id] = case, path
            if not is_read:
                self._unfinished.append(case.id)

    def open_first(self) -> OpenedCase:
        """The first case that is not finished; the first of all if there is none."""
        return self._open_one_of(self._unfinished or list(self._paths))

    def open_next(self, finished: OpenedCase) -> OpenedCase:
        """The first of those that are left when `finished` is."""
        self._unfinished = self._besides(finished.id)
        return self._open_one_of(self._unfinished)

    def _open_one_of(self, ids: Sequence[str]) -> OpenedCase:
        for case_id in ids:
            try:
                case = self._open(case_id)
            except InputError as error:
                self._problems.append(str(error))
            else:
                problems, self._problems = tuple(dict.fromkeys(self._problems)), []
                return replace(case, problems=problems)
        problems, self._problems = tuple(dict.fromkeys(self._problems)), []
        raise InputError(" ".join(problems) or "All cases are read.")

    def _open(self, case_id: str) -> OpenedCase:
        path = self._paths[case_id]
        with opened([path]) as (case,):
            one = open_case(case.folder, self._reader, self._readings(path))
        place = list(self._paths).index(case_id) + 1
        return replace(one, place=place, count=len(self._paths), left=len(self._besides(case_id)))

    def _besides(self, case_id: str) -> list[str]:
        return [other for other in self._unfinished if other != case_id]

    def _readings(self, path: Path) -> Path:
        return self._readings_folder or Path(os.path.abspath(path)).parent / READINGS_FOLDER

    def _is_read(self, case_id: str, path: Path) -> bool:
        file = reading_path(case_id, self._reader, self._readings(path))
        return file.exists() and Reading.read(file).finished is not None
