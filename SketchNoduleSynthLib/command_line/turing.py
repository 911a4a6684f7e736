"""The command line's words for the Visual Turing Test: real or synthetic?"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.command_line.app import add_address, imported
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.teaching.copies import opened
from SketchNoduleSynthLib.turing.patch_set import HAND_OUT, KEY, write_set
from SketchNoduleSynthLib.turing.pictures import write_pictures
from SketchNoduleSynthLib.turing.report import report, scored
from SketchNoduleSynthLib.turing.sheets import REAL, SYNTHETIC, unfinished_at
from SketchNoduleSynthLib.turing.sources import FOLDER_COLUMNS, in_equal_shares, of_folders


def add_to(commands: Any) -> None:
    words = commands.add_parser("turing", help="real or synthetic? a test for readers").add_subparsers(
        required=True, metavar="COMMAND"
    )
    make = words.add_parser("make", help="a shuffled set of pictures, a page to answer on, and a key")
    make.add_argument("real", type=Path, help="a folder of pictures of real nodules")
    make.add_argument("synthetic", type=Path, help="a folder of pictures of synthetic ones, or of a folder a model")
    make.add_argument("output", type=Path, help="a new folder for the set")
    make.add_argument(
        "--count", type=int, help="pictures, an even number, half of them synthetic; default: all that can be"
    )
    make.add_argument("--seed", type=int, default=0, help="another seed, another set (%(default)s)")
    make.set_defaults(run=_make)
    read = words.add_parser("read", help="tell the pictures apart in a browser")
    read.add_argument("hand_out", type=Path, help="the folder that was handed out")
    read.add_argument("--reader", required=True, help="the reader's name or code")
    read.add_argument("--answers", type=Path, help="folder for the answers; default: answers/ beside the set")
    add_address(read)
    read.set_defaults(run=_read)
    score = words.add_parser("score", help="readers' answers against the key")
    score.add_argument("key", type=Path, help="the set's key.csv")
    score.add_argument("answers", type=Path, nargs="+", help="readers' answer sheets, or the folder that they are in")
    score.add_argument("--json", type=Path, help="write the figures here too")
    score.set_defaults(run=_score)


def add_pictures(commands: Any) -> None:
    """Add to the commands for cases the one that cuts pictures for the test out of cases."""
    cut = commands.add_parser("pictures", help="pictures of a case's nodules, real and synthetic, for `turing make`")
    cut.add_argument(
        "case", type=Path, nargs="+", help="cases with their truth; the CT's own nodules are the real ones"
    )
    cut.add_argument("output", type=Path, help="a new folder, for real/ and synthetic/MODEL/")
    cut.set_defaults(run=_pictures)


def _make(given: argparse.Namespace) -> None:
    patches = in_equal_shares(of_folders(given.real, given.synthetic), given.seed, given.count)
    write_set(patches, FOLDER_COLUMNS, given.output, given.seed)
    print(f"For the readers: {given.output / HAND_OUT}\nKeep apart from them: {given.output / KEY}")


def _read(given: argparse.Namespace) -> None:
    imported("turing_app", given).run(given.hand_out, given.reader, given.answers, given.host, given.port)


def _score(given: argparse.Namespace) -> None:
    for reader in unfinished_at(given.answers):
        print(f"{reader} has not finished; the answers are left out.")
    figures = scored(given.answers, given.key)
    if given.json:
        write_json(given.json, figures)
    print(report(figures))


def _pictures(given: argparse.Namespace) -> None:
    with opened(given.case) as cases:
        counts = write_pictures(cases, given.output)
    print(f"{counts[REAL]} real and {counts[SYNTHETIC]} synthetic pictures: {given.output}")
    if not counts[REAL]:
        print("The cases know of no real nodules; name those of the CT when you make them: case make --own CSV.")
