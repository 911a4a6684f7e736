"""What adds an entry to a recipe: a real nodule at a click, or a drawing that nobody drew."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from SketchNoduleSynthLib.command_line.app import add_reading
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, FOUND, REMOVED, Draft, NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.models import bundled, default

DRAWING = "drawing"
RECIPE_HELP = "JSON; one that is there gets one entry more"


def add_to(commands: argparse._SubParsersAction) -> None:
    find = commands.add_parser("find", help="measure the real nodule at a point of a CT, and say what becomes of it")
    find.add_argument("ct", type=Path, help=".nrrd, .nii(.gz), .mha/.mhd or a folder of DICOM")
    _add_point(find, "a point in the nodule")
    find.add_argument("recipe", type=Path, nargs="?", help=RECIPE_HELP)
    ways = (FOUND, REMOVED, DRAWING)
    find.add_argument("--as", dest="kind", choices=ways, default=FOUND, help="how it enters the recipe")
    find.add_argument("--model", choices=tuple(bundled()), default=default().name, help="of a drawing")
    add_reading(find)
    find.set_defaults(run=_find)
    suggest = commands.add_parser("suggest", help="a plausible drawing of a nodule as a recipe")
    _add_point(suggest, "the nodule's middle")
    suggest.add_argument("recipe", type=Path, help=RECIPE_HELP)
    suggest.add_argument("--diameter", type=float, default=12.0, help="long diameter in mm")
    suggest.add_argument("--attenuation", choices=ATTENUATIONS, default=ATTENUATIONS[0])
    suggest.add_argument("--model", choices=tuple(bundled()), default=default().name)
    suggest.add_argument("--seed", type=int, default=0, help="another seed, another drawing")
    for wish in ("spicules", "lobulation", "tags"):
        suggest.add_argument(f"--{wish}", action="store_true")
    suggest.set_defaults(run=_suggest)


def _add_point(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("point", type=float, nargs=3, metavar=("R", "A", "S"), help=f"{what}, RAS mm as in Slicer")


def _find(given: argparse.Namespace) -> None:
    from SketchNoduleSynthLib.ct.volume import Volume
    from SketchNoduleSynthLib.editing.real_nodules import drawing_of
    from SketchNoduleSynthLib.synthesis.pipeline import synthesize
    from SketchNoduleSynthLib.synthesis.real_nodule import at_click
    from SketchNoduleSynthLib.synthesis.result import headings

    earlier = _entries(given.recipe)
    volume = Volume.read(given.ct, given.series, given.straighten)
    found = synthesize(volume, at_click(volume, given.point))
    print(*headings([found]), *found.report.quality.reasons, sep="\n   ")
    entry = replace(found.recipe, kind=REMOVED, weights_sha256=None) if given.kind == REMOVED else found.recipe
    if given.kind == DRAWING:
        entry = drawing_of(found, volume.grid, Draft(model=given.model)).recipe()
    _write(given.recipe, [*earlier, entry])


def _suggest(given: argparse.Namespace) -> None:
    import numpy as np

    from SketchNoduleSynthLib.generation.suggestion import Wishes, suggest

    earlier = _entries(given.recipe)
    x, y, z = given.point
    draft = Draft(Voi((x, y, z), given.diameter), given.model, given.seed, given.attenuation)
    wishes = Wishes(given.spicules, given.lobulation, given.tags)
    strokes = suggest(given.diameter, given.attenuation, np.random.default_rng(given.seed), wishes)
    _write(given.recipe, [*earlier, replace(draft, strokes=strokes).recipe()])


def _entries(path: Path | None) -> list[NoduleRecipe]:
    return list(Recipe.read(path).nodules) if path is not None and path.exists() else []


def _write(path: Path | None, entries: list[NoduleRecipe]) -> None:
    if path is not None:
        Recipe(tuple(entries)).write(path)
        print(f"Recipe: {path} ({len(entries)} {'entry' if len(entries) == 1 else 'entries'})")
