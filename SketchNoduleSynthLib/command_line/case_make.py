"""The command line's words for making cases."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm import tqdm

from SketchNoduleSynthLib.command_line.app import STRAIGHTEN
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, Recipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import check_new
from SketchNoduleSynthLib.generation.generate import Request
from SketchNoduleSynthLib.generation.situation import situated
from SketchNoduleSynthLib.reading.truth_table import PLACE_COLUMNS
from SketchNoduleSynthLib.synthesis.result import carry_out, check_outside
from SketchNoduleSynthLib.teaching.copies import folder_or_zip, is_zip
from SketchNoduleSynthLib.teaching.make import Form, write_case
from SketchNoduleSynthLib.teaching.many import make_case, make_many
from SketchNoduleSynthLib.teaching.plan import Plan
from SketchNoduleSynthLib.teaching.source import Source, volume_of

RANDOM = ("nodules", "seed", "difficulty", "sizes", "attenuation", "model")
"""Words that say what is drawn at random."""


def add_make(words: Any) -> None:
    make = words.add_parser("make", help="a case, or many, from a CT")
    make.add_argument(
        "ct", type=Path, nargs="+", help=".nrrd, .nii(.gz), .mha/.mhd or a folder of DICOM; with --count several"
    )
    make.add_argument("output", type=Path, help="a new folder or zip for the case; with --count a folder")
    make.add_argument("--recipe", type=Path, help="these nodules; else they are drawn at random")
    make.add_argument("--count", type=int, help="so many cases, of the CTs by turns; goes on where it stopped")
    make.add_argument("--nodules", help="a case, as 2 or 0-4 (1-3; with --count 0-3)")
    make.add_argument("--seed", type=int, help="another seed, other nodules (0)")
    make.add_argument("--difficulty", help="conspicuous, moderate or subtle; else any")
    make.add_argument("--sizes", type=float, nargs=2, metavar=("LEAST", "MOST"), help="long diameters in mm")
    make.add_argument("--attenuation", action="append", choices=ATTENUATIONS, help="may be given again")
    make.add_argument("--model", action="append", help="may be given again; `models` lists them")
    make.add_argument(
        "--own",
        type=Path,
        action="append",
        help=f"CSV of the CT's own nodules: {', '.join(PLACE_COLUMNS)}; with several CTs one for each, in their order",
    )
    make.add_argument("--series", action="append", help="number or UID of one of several series; one for each CT")
    make.add_argument("--straighten", action="store_true", help=STRAIGHTEN)
    make.add_argument("--format", choices=("dicom", "nrrd"), default="dicom")
    make.add_argument("--anonymous", action="store_true", help="a new study without the source's patient")
    make.add_argument("--burn-in", action="store_true", help="SYNTHETIC in the pixels of every slice")
    make.add_argument("--instructions", help="what the reader is told")
    make.add_argument("--workers", type=int, help="processes; default: all cores")
    make.add_argument("--scheduler", help="address of a Dask scheduler, instead of processes of this machine")
    make.set_defaults(run=_make)


def _make(given: argparse.Namespace) -> int:
    given.ct, given.output = [ct.resolve() for ct in given.ct], given.output.resolve()
    told = {"instructions": given.instructions} if given.instructions else {}
    form = Form(given.format, given.anonymous, given.burn_in, **told)
    for ct in given.ct:
        check_outside(given.output, ct)
    for name in ("own", "series"):
        if (values := getattr(given, name)) and len(values) != len(given.ct):
            raise InputError(f"There are {len(given.ct)} CTs and {len(values)} --{name}; give one a CT, or none.")
    if given.recipe is not None:
        asked = [name for name in ("count", *RANDOM) if getattr(given, name) is not None]
        if asked:
            raise InputError(f"A recipe makes one case with its own nodules; leave out --{asked[0]}, or --recipe.")
    if given.count is not None:
        return _make_many(given, form)
    if len(given.ct) > 1:
        raise InputError(f"One case is of one CT, not of {len(given.ct)}; say with --count how many are to be made.")
    if not is_zip(given.output):
        check_new(given.output)  # Before the work, not after it.
    with folder_or_zip(given.output) as folder:
        if given.recipe is not None:
            _make_by_recipe(given, form, folder)
        else:
            make_case(_plan(given, form, 1, "1-3"), 0, folder, folder.name, _tell)
    print(f"The case {folder.name}: {given.output}")
    return 0


def _make_by_recipe(given: argparse.Namespace, form: Form, folder: Path) -> None:
    recipe = Recipe.read(given.recipe)
    _tell("Reading the CT")
    (source,) = _sources(given)
    form.check(source)
    volume = volume_of(source)
    _tell("Making the nodules")
    result = situated(carry_out(volume, recipe))
    _tell("Writing the case")
    write_case(result, folder, folder.name, form, source.folder, source.own, source.series)


def _make_many(given: argparse.Namespace, form: Form) -> int:
    """1 if some of the cases could not be made, else 0."""
    if is_zip(given.output):
        raise InputError("Many cases go into a folder; leave out .zip, and pack them with: case hand-out --zip.")
    plan = _plan(given, form, given.count, "0-3")
    with tqdm(total=plan.count, disable=not sys.stderr.isatty(), desc="Cases") as bar:

        def progress(done: int, total: int) -> None:
            bar.n = done
            bar.refresh()

        summary = make_many(plan, given.output, given.workers, given.scheduler, progress)
    print(
        f"{summary['cases']} cases with {summary['nodules']} nodules from {_counted(summary['cts'], 'CT')} in "
        f"{given.output}; pathology-coverage rate {summary['pathology_coverage_rate']:.0%}"
    )
    if plan.count > len(plan.sources):
        print("Cases of one CT show one patient: who reads several of them can compare them; more CTs avoid that.")
    for name, why in summary["refused"].items():
        print(f"   {name}: {why}")
    return 1 if summary["refused"] else 0


def _plan(given: argparse.Namespace, form: Form, count: int, nodules: str) -> Plan:
    """What is to be made; `nodules` as long as no others are asked for."""
    few = _range(given.nodules or nodules)
    request = Request(given.difficulty, tuple(given.sizes) if given.sizes else None, given.attenuation, given.model)
    _tell(f"Reading {_counted(len(given.ct), 'CT')}")
    return Plan(tuple(_sources(given)), count, few, given.seed or 0, request, form)


def _sources(given: argparse.Namespace) -> Iterator[Source]:
    nothing = [None] * len(given.ct)
    for ct, own, series in zip(given.ct, given.own or nothing, given.series or nothing, strict=True):
        try:
            yield Source.read(ct, own, series, given.straighten)
        except InputError as error:
            raise InputError(f"{ct.name}: {error}" if len(given.ct) > 1 else str(error)) from error


def _tell(stage: str) -> None:
    if sys.stderr.isatty():
        print(f"{stage} ...", file=sys.stderr)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _range(text: str) -> tuple[int, int]:
    parts = text.split("-")
    if not re.fullmatch(r"[0-9]{1,4}(-[0-9]{1,4})?", text):
        raise InputError(f"--nodules {text} is no number and no range; write it as 2 or as 0-4.")
    return int(parts[0]), int(parts[-1])
