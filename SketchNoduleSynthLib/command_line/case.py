"""The command line's words for cases: make, check, hand-out, read, score."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.command_line.app import add_address, imported
from SketchNoduleSynthLib.command_line.case_make import add_make
from SketchNoduleSynthLib.command_line.case_score import add_score
from SketchNoduleSynthLib.command_line.turing import add_pictures
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_folder
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.copies import case_paths, hand_out, keeps_patient, opened, zipped


def add_to(commands: Any) -> None:
    case = commands.add_parser("case", help="training cases: make, check, hand out, read, score")
    words = case.add_subparsers(required=True, metavar="COMMAND")
    add_make(words)
    one = words.add_parser("check", help="is a case what it was when it was made?")
    one.add_argument("case", type=Path, nargs="+", help="a case's folder or zip, or a folder of cases")
    one.add_argument("--source", type=Path, help="the CT that it was made from, to be compared with")
    one.add_argument("--series", help="of several in its folder: number or UID")
    one.set_defaults(run=_check)
    add_pictures(words)
    one = words.add_parser("hand-out", help="a copy for readers, without the truth")
    one.add_argument("case", type=Path, nargs="+", help="a case's folder or zip, or a folder of cases")
    one.add_argument("output", type=Path, help="a new folder for the copies")
    one.add_argument("--zip", action="store_true", help="each as a zip")
    one.set_defaults(run=_hand_out)
    one = words.add_parser("read", help="read cases in a browser, one after the other")
    one.add_argument("case", type=Path, nargs="+", help="cases, or folders of them; their truth is not looked at")
    one.add_argument("--reader", required=True, help="the reader's name or code")
    one.add_argument("--readings", type=Path, help="folder for the reader's file; default: readings/ beside the case")
    add_address(one)
    one.set_defaults(run=_read)
    add_score(words)


def _check(given: argparse.Namespace) -> None:
    paths, failed = case_paths(given.case), 0
    for path in paths:
        try:
            with opened([path]) as (case,):
                print(check(case, given.source, given.series))
        except InputError as error:
            if len(paths) == 1:
                raise
            failed += 1
            print(f"{path.name}: {error}")
    if failed:
        raise InputError(f"{failed} of the {len(paths)} cases are not as they were made; see above.")


def _hand_out(given: argparse.Namespace) -> None:
    with opened(given.case) as cases:
        ids = [case.id for case in cases]
        if twice := {case_id for case_id in ids if ids.count(case_id) > 1}:
            raise InputError(f"Two of the cases have the same id, {min(twice)}; their copies would be one.")
        with new_folder(given.output) as draft:
            for case in cases:
                hand_out(case, draft / case.id)
                if given.zip:
                    zipped(draft / case.id, draft / f"{case.id}.zip")
                    shutil.rmtree(draft / case.id)
        kept = ", ".join(case.id for case in cases if keeps_patient(case))
    print(f"For readers, without the truth: {given.output} ({', '.join(ids)})")
    if kept:
        print(f"The headers of {kept} have the source's patient; `case make --anonymous` leaves that out.")


def _read(given: argparse.Namespace) -> None:
    imported("reading_app", given).run(given.case, given.reader, given.readings, given.host, given.port)
