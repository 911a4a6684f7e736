"""The command line's words for making cases."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, MODELS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.truth_table import read_places
from SketchNoduleSynthLib.teaching.make import Form

if TYPE_CHECKING:
    from SketchNoduleSynthLib.generation.generate import Request

RANDOM = ("nodules", "seed", "difficulty", "sizes", "attenuation", "model")
"""Words that say what is drawn at random."""


def add_make(words: Any) -> None:
    """Add `make` to the words for cases."""
    make = words.add_parser("make", help="a case, or many, from a CT")
    make.add_argument("ct", type=Path, help=".nrrd, .nii(.gz), .mha/.mhd or a folder of DICOM")
    make.add_argument("output", type=Path, help="a new folder or zip for the case; with --count a folder")
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
        with _new_case(given) as folder:
            make_case(plan, 0, folder, folder.name)
        return
    if given.output.suffix.lower() == ".zip":
        raise InputError("Many cases go into a folder; leave out .zip, and pack them with: case hand-out --zip.")
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
    with _new_case(given) as folder:
        write_case(volume, by_recipe(recipe, volume), folder, folder.name, form, source_folder, own)


@contextmanager
def _new_case(given: argparse.Namespace) -> Iterator[Path]:
    """Where the case is to be written; it is told when that is done."""
    from SketchNoduleSynthLib.teaching.copies import folder_or_zip
    from SketchNoduleSynthLib.teaching.make import check_outside

    check_outside(given.output, given.ct if given.ct.is_dir() else None)
    with folder_or_zip(given.output) as folder:
        yield folder
    print(f"The case {folder.name}: {given.output}")


def _range(text: str) -> tuple[int, int]:
    parts = text.split("-")
    if not re.fullmatch(r"[0-9]{1,4}(-[0-9]{1,4})?", text):
        raise InputError(f"--nodules {text} is no number and no range; write it as 2 or as 0-4.")
    return int(parts[0]), int(parts[-1])


def _request(given: argparse.Namespace) -> Request:
    from SketchNoduleSynthLib.generation.generate import SIZES_MM, Request

    sizes = tuple(given.sizes or SIZES_MM)
    return Request(given.difficulty, (sizes[0], sizes[1]), given.attenuation, tuple(given.model or MODELS))
