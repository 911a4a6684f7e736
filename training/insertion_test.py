"""The insertion test: does an inserted nodule look like the real ones?

    python -m training.insertion_test VALIDATION TRAINING [--sizes 13-30] [--by-kind]

Places in the very patches that the real nodules come from, so that the scanner cannot be what tells them apart; free
of other nodules, none of the real one in sight, each chosen for one of the real ones by what lies around it (the shares
of dense tissue 6 to 9 and 9 to 12 mm away), so that the place cannot be it either. Three orthogonal planes through the
centre, 128 x 128, lung window, 24 mm wide; FID, KID (x 1000) and a machine Turing test on Inception features: ROC AUC,
cross-validated by patient, of a logistic regression on 64 principal components (0.5 is ideal). A nodule too faint to
see fools these: so size, density, fine noise, edge width, and the AUC of each of some plain features alone.

Nodules above 12 mm are seen 48 mm wide; no place in a patch of 50 mm is free for them, so each stands where a real one
was taken out, as large and dense as that, twice, with outlines drawn from all. With --by-kind a test for each of
solid, part-solid, ground-glass and calcified (solid with a core of 200 HU or more) nodules; where VALIDATION has under
20 of a kind, those of TRAINING are among the real ones. `training.figures.insertion` says how a script tests an
inserter of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.synthesis.runtime import of_module
from training.command import at_least, models_of, run_command
from training.data.nodules import Nodule, read_nodules
from training.figures.inserters import Inserter, networked, simple
from training.figures.insertion import DIAMETER_MM, LEAST_NODULES, InsertionTest, Row, of_test, sheet
from training.figures.insertion_figures import Seen, tissue
from training.figures.insertion_tables import features_printed, printed
from training.run_folder import network_of

LEAST_SITES = 40


def insertion_test(
    validation: Sequence[Nodule],
    training: Sequence[Nodule],
    inserters: dict[str, Inserter],
    sizes: tuple[float, float] = DIAMETER_MM,
    seed: int = 0,
    baselines: bool = True,
    figures: Path | None = None,
) -> dict[str, Row]:
    """A row of figures for each inserter, `real` and the floor (other real nodules) among them.

    Raises :class:`InputError` if there are too few nodules or free sites.
    """
    test, donors = InsertionTest.of(validation, sizes, seed=seed), of_test(training, sizes)
    if min(len(test.real), len(donors)) < LEAST_NODULES or len(test.asked) < LEAST_SITES:
        raise InputError(
            f"The insertion test needs {LEAST_SITES} free sites in the validation set, which has {len(test.asked)}, "
            f"and {LEAST_NODULES} nodules of {sizes[0]:g} to {sizes[1]:g} mm in each set, which have {len(test.real)} "
            f"and {len(donors)}; give larger sets."
        )
    table = {"real": test.real_row}
    if figures:
        sheet(test.images(test.seen), figures / "insertion-real.png")
    if baselines:
        chosen = np.random.default_rng(seed).permutation(len(donors))[: len(test.asked)]
        table["floor: other real nodules"] = test.against([Seen.of(donors[k]) for k in chosen])
        density = tissue([Seen.of(donor) for donor in donors])["core_hu"]
        inserters = simple(donors, {kind: float(hu) for kind, hu in density.items()}) | inserters
    return table | {name: timed(test, name, insert, figures) for name, insert in inserters.items()}


def timed(test: InsertionTest, name: str, insert: Inserter, figures: Path | None = None) -> Row:
    row = test.row(name, insert, figures)
    took = f"{row['insertion_s']:.0f} s to insert, {row['figures_s']:.0f} s to measure"
    print(f"{name}: {row['sites']} nodules, {row['refused']} refused, {took}", file=sys.stderr)
    return row


def by_kind(
    validation: Sequence[Nodule], training: Sequence[Nodule], inserters: dict[str, Inserter], sizes: tuple[float, float]
) -> dict[str, dict[str, Row]]:
    """The rows of a test of each kind; the training nodules are among the real ones where there are too few others."""
    tables = {}
    for kind in ATTENUATIONS:
        few = len(of_test(validation, sizes, kind)) < LEAST_NODULES
        test = InsertionTest.of([*validation, *training] if few else validation, sizes, kind)
        if test.asked:
            rows = {name: timed(test, name, insert) for name, insert in inserters.items()}
            own = len(of_test(validation, sizes, kind))
            others = f", and {len(test.real) - own} training nodules" if few else ""
            tables[f"{kind}: {own} real validation nodules{others}"] = {"real": test.real_row} | rows
    return tables


def sizes_of(words: str) -> tuple[float, float]:
    low, high = (float(word) for word in words.split("-"))
    return low, high


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("validation", type=Path)
    options.add_argument("training", type=Path)
    options.add_argument("--sizes", type=sizes_of, default=DIAMETER_MM, help="in mm, default: 4-12; 13-30")
    options.add_argument("--by-kind", action="store_true", help="a test for each kind of nodule, without baselines")
    options.add_argument("--model", action="append", help="default: all that are bundled")
    options.add_argument("--models", type=Path, default=MODELS_FOLDER)
    options.add_argument("--tissue", type=Path, help="the run of a tissue network to take for the bundled one")
    options.add_argument("--no-baselines", action="store_true")
    options.add_argument("--seed", type=at_least(0), default=0)
    options.add_argument("--figures", type=Path, help="a folder for contact sheets")
    options.add_argument("--table", type=Path, help="write the tables here too, as Markdown")

    def main() -> None:
        given = options.parse_args()
        sets = [read_nodules(path) for path in (given.validation, given.training)]
        makes = {model: generator(model, given.models) for model in models_of(given)}
        if given.tissue:
            makes = {model: make.with_tissue(of_module(network_of(given.tissue))) for model, make in makes.items()}
        models: dict[str, Inserter] = {
            model: partial(networked, model=model, make=make) for model, make in makes.items()
        }
        if given.by_kind:
            tables = by_kind(sets[0], sets[1], models, given.sizes)
        else:
            rows = insertion_test(
                sets[0], sets[1], models, given.sizes, given.seed, not given.no_baselines, given.figures
            )
            tables = {f"{given.sizes[0]:g} to {given.sizes[1]:g} mm": rows}
        parts = []
        for name, rows in tables.items():
            parts += [f"## {name}", printed(rows), features_printed(rows)]
        print("\n\n".join(parts))
        if given.table:
            whole = "\n\n".join(["# The insertion test", str(__doc__), *parts])
            given.table.write_text(whole + "\n", encoding="utf-8")

    run_command(main)
