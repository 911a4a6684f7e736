"""The command line's words for cases: make, check, hand-out, read, score."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.command_line.app import add_address, imported
from SketchNoduleSynthLib.command_line.case_make import add_make
from SketchNoduleSynthLib.command_line.turing import add_pictures
from SketchNoduleSynthLib.errors import InputError


def add_to(commands: Any) -> None:
    """Add `case` and what follows it to a parser's commands."""
    case = commands.add_parser("case", help="training cases: make, check, hand out, read, score")
    words = case.add_subparsers(required=True, metavar="COMMAND")
    add_make(words)
    one = words.add_parser("check", help="is a case what it was when it was made?")
    one.add_argument("case", type=Path, nargs="+", help="a case's folder or zip, or a folder of cases")
    one.add_argument("--source", type=Path, help="the CT that it was made from, to be compared with")
    one.set_defaults(run=_check)
    add_pictures(words)
    one = words.add_parser("hand-out", help="a copy for readers, without the truth")
    one.add_argument("case", type=Path, nargs="+", help="a case's folder or zip, or a folder of cases")
    one.add_argument("output", type=Path, help="a new folder for the copies")
    one.add_argument("--zip", action="store_true", help="each as a zip")
    one.set_defaults(run=_hand_out)
    one = words.add_parser("read", help="read a case in a browser")
    one.add_argument("case", type=Path, help="a case's folder or zip; its truth is not looked at")
    one.add_argument("--reader", required=True, help="the reader's name or code")
    one.add_argument("--readings", type=Path, help="folder for the reader's file; default: readings/ beside the case")
    add_address(one)
    one.set_defaults(run=_read)
    one = words.add_parser("score", help="readings against the truth")
    one.add_argument("case", type=Path, nargs="+", help="cases with their truth")
    one.add_argument("output", type=Path, help="folder for the scores")
    one.add_argument("--readings", type=Path, required=True, help="folder with the readers' files")
    one.add_argument("--overlap", action="store_true", help="a mark must lie in the nodule, not only near its centre")
    one.add_argument("--feedback", action="store_true", help="images of what was found, missed and falsely marked")
    one.add_argument("--rjafroc", action="store_true", help="the workbook that RJafroc reads")
    one.set_defaults(run=_score)


def _check(given: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.teaching.check import check
    from SketchNoduleSynthLib.teaching.copies import opened

    with opened(given.case) as cases:
        for case in cases:
            print(check(case, given.source))


def _hand_out(given: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.teaching.copies import hand_out, opened, zipped

    with opened(given.case) as cases:
        ids = [case.id for case in cases]
        if len(set(ids)) < len(ids):
            raise InputError("Two of the cases have the same id; their copies would be one.")
        for case in cases:
            hand_out(case, given.output / case.id)
            if given.zip:
                zipped(given.output / case.id, given.output / f"{case.id}.zip")
                shutil.rmtree(given.output / case.id)
    print(f"Readers' copies of {len(cases)} cases, without the truth: {given.output}")


def _read(given: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.teaching.copies import opened

    served = imported("reading_app", given)
    readings = given.readings or given.case.resolve().parent / "readings"
    with opened([given.case]) as cases:
        if len(cases) > 1:
            raise InputError(f"{given.case} holds {len(cases)} cases; give the one to read.")
        served.run(cases[0].folder, given.reader, readings, given.host, given.port)


def _score(given: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.reading.feedback import write_feedback
    from SketchNoduleSynthLib.reading.findings import Reading
    from SketchNoduleSynthLib.reading.rjafroc import write_rjafroc
    from SketchNoduleSynthLib.reading.score_files import write
    from SketchNoduleSynthLib.reading.scores import score
    from SketchNoduleSynthLib.teaching.copies import opened

    if not given.readings.is_dir():
        raise InputError(f"There is no folder {given.readings}; give the folder with the readers' files.")
    readings = [Reading.read(path) for path in sorted(given.readings.glob("*.json"))]
    with opened(given.case) as cases:
        labels = {case.id: case.labels for case in cases}
        found = score([case.truth() for case in cases], readings, labels, "overlap" if given.overlap else "distance")
        write(found, given.output)
        if given.rjafroc:
            write_rjafroc(found, given.output)
        for outcome in found.outcomes if given.feedback else ():
            case = next(case for case in cases if case.id == outcome.truth.case_id)
            where = given.output / "feedback" / f"{case.id}_{outcome.reading.reader}"
            write_feedback(outcome, case.ct(), where, case.labels())
    for reader in found.readers:
        seen = reader.sensitivity
        print(
            f"{reader.reader}: {seen['count']} of {seen['of']} nodules, {reader.false_per_scan:.2f} false marks a case"
        )
    print(f"Scores: {given.output}")
