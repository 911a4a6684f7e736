"""The command line's words for scoring."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SketchNoduleSynthLib.errors import InputError

if TYPE_CHECKING:
    from SketchNoduleSynthLib.reading.findings import Reading
    from SketchNoduleSynthLib.reading.scores import Score
    from SketchNoduleSynthLib.teaching.case import Case


def add_score(words: Any) -> None:
    """Add `score` to the words for cases."""
    one = words.add_parser("score", help="readings against the truth")
    one.add_argument("case", type=Path, nargs="+", help="cases with their truth")
    one.add_argument("output", type=Path, help="folder for the scores")
    one.add_argument("--readings", type=Path, required=True, help="folder with the readers' files")
    one.add_argument("--overlap", action="store_true", help="a mark must lie in the nodule, not only near its centre")
    one.add_argument("--feedback", action="store_true", help="images of what was found, missed and falsely marked")
    one.add_argument("--rjafroc", action="store_true", help="the workbook that RJafroc reads")
    one.set_defaults(run=_score)


def _score(given: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.reading.scores import score
    from SketchNoduleSynthLib.teaching.copies import opened

    readings = _finished(given.readings)
    with opened(given.case) as cases:
        labels = {case.id: case.labels for case in cases}
        found = score([case.truth() for case in cases], readings, labels, "overlap" if given.overlap else "distance")
        _write(found, cases, given)
    for line in _summary(found, len(cases)):
        print(line)
    print(f"Scores: {given.output}")


def _finished(folder: Path) -> list[Reading]:
    """The readings in `folder`; those that are not finished are told and left out."""
    from SketchNoduleSynthLib.reading.findings import Reading

    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the folder with the readers' files.")
    readings = [Reading.read(path) for path in sorted(folder.glob("*.json"))]
    for one in readings:
        if one.finished is None:
            print(f"{one.reader} has not finished {one.case_id}; it is left out.")
    finished = [one for one in readings if one.finished is not None]
    if not finished:
        raise InputError(f"There is no finished reading in {folder}; let the readers finish theirs.")
    return finished


def _write(found: Score, cases: Sequence[Case], given: argparse.Namespace) -> None:
    """Write what was asked for; what can be refused is refused before anything is there."""
    from SketchNoduleSynthLib.files import all_or_none
    from SketchNoduleSynthLib.reading.feedback import write_feedback
    from SketchNoduleSynthLib.reading.rjafroc import write_rjafroc
    from SketchNoduleSynthLib.reading.score_files import write

    shown = found.outcomes if given.feedback else []
    of_id = {case.id: case for case in cases}
    for case_id in sorted({outcome.truth.case_id for outcome in shown}):
        for name in of_id[case_id].files:
            of_id[case_id].check_file(name)
    with all_or_none(given.output) as draft:
        write(found, draft)
        if given.rjafroc:
            write_rjafroc(found, draft)
    for outcome in shown:
        case = of_id[outcome.truth.case_id]
        where = given.output / "feedback" / f"{case.id}_{outcome.reading.reader}"
        write_feedback(outcome, case.ct(), where, case.labels())


def _summary(found: Score, cases: int) -> list[str]:
    """What is printed: a line a reader, and what is missing."""
    lines = []
    for reader in found.readers:
        seen, false = reader.sensitivity, reader.false_per_scan
        lines.append(f"{reader.reader}: {seen['count']} of {seen['of']} nodules, {false:.2f} false marks a case")
        if missing := cases - len(reader.outcomes):
            lines.append(
                f"   {reader.reader} has not read {missing} of the {cases} cases; the figures are of the others."
            )
    without = [one.reader for one in found.readers if all(outcome.truth.nodules for outcome in one.outcomes)]
    if without:
        lines.append(f"No AFROC and wAFROC of {', '.join(without)}: they need cases without nodules (--nodules 0-3).")
    return lines
