"""The command line's words for cases: make, check, hand-out, read, score."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SketchNoduleSynthLib.command_line.app import add_address, imported
from SketchNoduleSynthLib.command_line.turing import add_pictures
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, MODELS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.truth_table import read_places
from SketchNoduleSynthLib.teaching.make import Form

if TYPE_CHECKING:
    from SketchNoduleSynthLib.generation.generate import Request

RANDOM = ("nodules", "seed", "difficulty", "sizes", "attenuation", "model")
"""Words that say what is drawn at random."""


def add_to(commands: Any) -> None:
    """Add `case` and what follows it to a parser's commands."""
    case = commands.add_parser("case", help="training cases: make, check, hand out, read, score")
    words = case.add_subparsers(required=True, metavar="COMMAND")
    _add_make(words)
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


def _add_make(words: Any) -> None:
    make = words.add_parser("make", help="a case, or many, from a CT")
    make.add_argument("ct", type=Path, help=".nrrd, .nii(.gz), .mha/.mhd or a folder of DICOM")
    make.add_argument("output", type=Path, help="a new folder: the case's, or with --count that of all cases")
    make.add_argument("--recipe", type=Path, help="these nodules; else they are drawn at random")
    make.add_argument("--count", type=int, help="so many cases, each in a folder of its own; goes on where it stopped")
    make.add_argument("--nodules", help="a case, as 2 or 0-4 (1-3)")
    make.add_argument("--seed", type=int, help="another seed, other nodules (0)")
    make.add_argument("--difficulty", help="conspicuous, moderate or subtle; else any")
    make.add_argument("--sizes", type=float, nargs=2, metavar=("LEAST", "MOST"), help="long diameters in mm")
    make.add_argument("--attenuation", action="append", choices=ATTENUATIONS, help="may be given again")
    make.add_argument("--model", action="append", choices=MODELS, help="may be given again")
    make.add_argument("--own", type=Path, help="CSV of the CT's own nodules: ras_r_mm, ras_a_mm, ras_s_mm, diameter_mm")
    make.add_argument("--format", choices=("dicom", "nrrd"), default="dicom")
    make.add_argument("--anonymous", action="store_true", help="a new study without the source's patient")
    make.add_argument("--burn-in", action="store_true", help="SYNTHETIC in the pixels of every slice")
    make.add_argument("--instructions", help="what the reader is told")
    make.add_argument("--workers", type=int, help="processes; default: all cores")
    make.add_argument("--scheduler", help="address of a Dask scheduler, instead of processes of this machine")
    make.set_defaults(run=_make)


def _make(given: argparse.Namespace) -> None:
    from tqdm import tqdm

    from SketchNoduleSynthLib.teaching.many import make_case, make_many
    from SketchNoduleSynthLib.teaching.plan import Plan

    given.ct, given.output = given.ct.resolve(), given.output.resolve()
    told = {"instructions": given.instructions} if given.instructions else {}
    form = Form(given.format, given.anonymous, given.burn_in, **told)
    if given.recipe is not None:
        asked = [name for name in ("count", *RANDOM) if getattr(given, name) is not None]
        if asked:
            raise InputError(f"A recipe makes one case with its own nodules; leave out --{asked[0]}, or --recipe.")
        _make_by_recipe(given, form)
        return
    own = read_places(given.own) if given.own else ()
    plan = Plan(
        str(given.ct),
        1 if given.count is None else given.count,
        _range(given.nodules or "1-3"),
        given.seed or 0,
        _request(given),
        form,
        own,
    )
    if given.count is None:
        make_case(plan, 0, given.output, given.output.name)
        print(f"The case {given.output.name}: {given.output}")
        return
    with tqdm(total=plan.count, disable=not sys.stderr.isatty(), desc="Cases") as bar:

        def progress(done: int, total: int) -> None:
            bar.n = done
            bar.refresh()

        summary = make_many(plan, given.output, given.workers, given.scheduler, progress)
    print(
        f"{summary['cases']} cases with {summary['nodules']} nodules in {given.output}; "
        f"pathology-coverage rate {summary['pathology_coverage_rate']:.0%}"
    )
    for name, why in summary["refused"].items():
        print(f"   {name}: {why}")


def _make_by_recipe(given: argparse.Namespace, form: Form) -> None:
    from SketchNoduleSynthLib.ct.volume import Volume
    from SketchNoduleSynthLib.dicom.grid import right_handed
    from SketchNoduleSynthLib.drawing.recipe import Recipe
    from SketchNoduleSynthLib.teaching.make import by_recipe, write_case

    recipe = Recipe.read(given.recipe)
    volume = right_handed(Volume.read(given.ct))
    source_folder = given.ct if given.ct.is_dir() else None
    own = read_places(given.own) if given.own else ()
    write_case(volume, by_recipe(recipe, volume), given.output, given.output.name, form, source_folder, own)
    print(f"The case {given.output.name}: {given.output}")


def _range(text: str) -> tuple[int, int]:
    parts = text.split("-")
    if not re.fullmatch(r"[0-9]{1,4}(-[0-9]{1,4})?", text):
        raise InputError(f"--nodules {text} is no number and no range; write it as 2 or as 0-4.")
    return int(parts[0]), int(parts[-1])


def _request(given: argparse.Namespace) -> Request:
    from SketchNoduleSynthLib.generation.generate import SIZES_MM, Request

    sizes = tuple(given.sizes or SIZES_MM)
    return Request(given.difficulty, (sizes[0], sizes[1]), given.attenuation, tuple(given.model or MODELS))


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
