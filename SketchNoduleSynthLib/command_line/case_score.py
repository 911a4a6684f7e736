"""The command line's words for scoring."""

from __future__ import annotations

import argparse
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import all_or_none, read_json, visible
from SketchNoduleSynthLib.reading.feedback import write_feedback
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.reading.rjafroc import LEGEND, WORKBOOK, write_rjafroc
from SketchNoduleSynthLib.reading.score_files import write
from SketchNoduleSynthLib.reading.scores import Score, score
from SketchNoduleSynthLib.reading.truth import Truth
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.copies import opened

FEEDBACK = "feedback"
MOST_NAMED = 5


def add_score(words: Any) -> None:
    one = words.add_parser("score", help="readings against the truth")
    one.add_argument("case", type=Path, nargs="+", help="cases with their truth")
    one.add_argument("output", type=Path, help="folder for the scores, in which those of an earlier run are replaced")
    one.add_argument("--readings", type=Path, required=True, help="folder with the readers' files")
    one.add_argument("--overlap", action="store_true", help="a mark must lie in the nodule, not only near its centre")
    one.add_argument("--feedback", action="store_true", help="images of what was found, missed and falsely marked")
    one.add_argument("--rjafroc", action="store_true", help="the workbook that RJafroc reads")
    one.set_defaults(run=_score)


def _score(given: argparse.Namespace) -> None:
    files = _readings(given.readings)
    with opened(given.case) as cases:
        truths = [case.truth() for case in cases]
        readings = _to_score(files, {case.id for case in cases}, given.readings)
        labels = {case.id: case.labels for case in cases}
        found = score(truths, readings, labels, "overlap" if given.overlap else "distance")
        _write(found, cases, given)
    for line in _summary(found, truths):
        print(line)
    print(f"Scores: {given.output}")


def _readings(folder: Path) -> dict[Path, Reading]:
    """The readings in `folder` by their files; raises :class:`InputError` for no folder, and a file that is none."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the folder with the readers' files.")
    readings = {}
    for path in visible(folder, "*.json"):
        data = read_json(path, "reader's file")
        try:
            readings[path] = Reading.from_dict(data)
        except InputError as error:
            raise InputError(
                f"{path.name} is no reading that can be scored; take it away, or mend it: {error}"
            ) from error
    return readings


def _to_score(files: Mapping[Path, Reading], case_ids: Container[str], folder: Path) -> list[Reading]:
    """The finished readings of the cases; the others are told and left out."""
    of_cases = {path: one for path, one in files.items() if one.case_id in case_ids}
    if others := len(files) - len(of_cases):
        print(f"Readings of other cases, left out: {others}.")
    finished: dict[tuple[str, str], Path] = {}
    for path, one in of_cases.items():
        if one.finished is None:
            print(f"{one.reader} has not finished {one.case_id}; it is left out.")
        elif (first := finished.setdefault((one.reader, one.case_id), path)) != path:
            raise InputError(
                f"{first.name} and {path.name} are both readings of {one.case_id} by {one.reader}; take one away."
            )
    if not finished:
        raise InputError(f"There is no finished reading in {folder} of what is to be scored; let the readers finish.")
    return [files[path] for path in finished.values()]


def _write(found: Score, cases: Sequence[Case], given: argparse.Namespace) -> None:
    """Write what was asked for in place of an earlier run's, all or none."""
    shown = found.outcomes if given.feedback else []
    of_id = {case.id: case for case in cases}
    for case_id in sorted({outcome.truth.case_id for outcome in shown}):
        for name in of_id[case_id].files:
            of_id[case_id].checked(name)
    with all_or_none(given.output, (WORKBOOK, LEGEND, FEEDBACK)) as draft:
        write(found, draft)
        if given.rjafroc:
            write_rjafroc(found, draft)
        for outcome in shown:
            case = of_id[outcome.truth.case_id]
            write_feedback(outcome, case.ct(), draft / FEEDBACK / f"{case.id}_{outcome.reading.reader}", case.labels())


def _summary(found: Score, truths: Sequence[Truth]) -> list[str]:
    lines = []
    controls = {truth.case_id for truth in truths if not truth.nodules}
    for reader in found.readers:
        who, seen, false = reader.reader, reader.sensitivity, reader.false_per_scan
        lines.append(f"{who}: {seen['count']} of {seen['of']} nodules, {false:.2f} false marks a case")
        read = {outcome.truth.case_id for outcome in reader.outcomes}
        if missing := [truth.case_id for truth in truths if truth.case_id not in read]:
            more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
            lines.append(
                f"   {who} has not read {len(missing)} of the {len(truths)} cases "
                f"({', '.join(missing[:MOST_NAMED])}{more}); the figures are of the others."
            )
        if controls and not controls & read:
            lines.append(
                f"   No AFROC and wAFROC of {who}: they need cases without nodules, of which {who} has read none."
            )
    if not controls:
        lines.append("No AFROC and wAFROC: they need cases without nodules, and the set has none (--nodules 0-3).")
    return lines
