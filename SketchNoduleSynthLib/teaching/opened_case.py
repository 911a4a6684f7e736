"""A training case as a reader opens it: the CT and the reader's own file; the truth stays where it is."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import check_name
from SketchNoduleSynthLib.reading.session import ReadingSession
from SketchNoduleSynthLib.teaching.case import Case

READINGS_FOLDER = "readings"


@dataclass(frozen=True)
class OpenedCase:
    """What a reader gets of a case. `session` keeps what is marked in the reader's file.

    Of a work list of `count` cases it is number `place`; `left` others are not finished. `problems`: sentences on those
    that could not be opened.
    """

    id: str
    instructions: str
    ct: Volume
    session: ReadingSession
    place: int = 1
    count: int = 1
    left: int = 0
    problems: tuple[str, ...] = ()


def open_case(folder: Path, reader: str, readings_folder: Path | None = None) -> OpenedCase:
    """Open the case in `folder` for a reader; what the reader has marked in it before is taken up again.

    `readings_folder`: where the reader's file is kept; beside the case by default. Raises :class:`InputError` if there
    is no case in `folder`, its CT was changed, the reader has no name that a file can bear, or the file cannot be kept
    or is not this reader's of this case.
    """
    case = Case.open(folder)
    path = reading_path(case.id, reader, readings_folder or folder.resolve().parent / READINGS_FOLDER)
    ct = case.ct()
    session = ReadingSession(path, reader.strip(), case.id, case.sha256, ct.grid)
    return OpenedCase(case.id, case.instructions, ct, session)


def reading_path(case_id: str, reader: str, readings_folder: Path) -> Path:
    """The file of `reader` for a case in `readings_folder`, which is made if need be.

    Raises :class:`InputError` if nothing can be written there: who reads must not learn that at the end.
    """
    check_name("reader's name", reader.strip())
    try:
        readings_folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=readings_folder).close()
    except OSError as error:
        raise InputError(f"Readings cannot be written to {readings_folder}: {error.strerror}.") from error
    return readings_folder / f"{case_id}_{reader.strip()}.json"
