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
        self._problems: list[str] = []
        """Of cases that could not be opened, a sentence each, not told yet."""
        self._paths = self._listed(paths)
        self._unfinished = [case_id for case_id, path in self._paths.items() if not self._is_read(case_id, path)]

    def open_first(self) -> OpenedCase:
        """The first case that is not finished; the first of all if there is none."""
        return self._open_one_of(self._unfinished or list(self._paths))

    def open_next(self, finished: OpenedCase) -> OpenedCase:
        self._unfinished = self._besides(finished.id)
        return self._open_one_of(self._unfinished)

    def _listed(self, paths: Sequence[Path]) -> dict[str, Path]:
        """The cases by their ids. Raises :class:`InputError` for two of one id, unless one is the zip of the other."""
        listed: dict[str, tuple[Case, Path]] = {}
        for path in case_paths(paths):
            try:
                case = header(path)
            except InputError as error:
                self._problems.append(str(error))
                continue
            known, other = listed.setdefault(case.id, (case, path))
            if path is not other and (known.sha256 != case.sha256 or is_zip(path) == is_zip(other)):
                raise InputError(f"{other} and {path} are both the case {case.id}; take one away.")
            if is_zip(other):
                listed[case.id] = case, path
        return {case_id: path for case_id, (_case, path) in listed.items()}

    def _open_one_of(self, ids: Sequence[str]) -> OpenedCase:
        for case_id in ids:
            try:
                case = self._open(case_id)
            except InputError as error:
                self._problems.append(str(error))
            else:
                return replace(case, problems=self._told())
        sentences = self._told()
        raise InputError("; ".join(one.rstrip(".") for one in sentences) + "." if sentences else "All cases are read.")

    def _told(self) -> tuple[str, ...]:
        problems, self._problems = tuple(dict.fromkeys(self._problems)), []
        return problems

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
        """Whether it is finished; what cannot be read is not, and is told when its turn comes."""
        try:
            file = reading_path(case_id, self._reader, self._readings(path))
            return file.exists() and Reading.read(file).finished is not None
        except InputError:
            return False
