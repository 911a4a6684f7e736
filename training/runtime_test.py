"""Do the runtime and torch make the same voxels? The same random recipes by both, for each bundled model.

    python -m training.runtime_test CT [--nodules 50]

Places and sizes are drawn at random, of each kind as many; both compute in float32.
The CT is taken as real numbers, so that rounding to whole HU hides nothing.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.generate import Request, generate
from SketchNoduleSynthLib.generation.lung import Lung, lung_of
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.synthesis.generators import Generator, generator
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.runtime import by_torch, description
from training.command import at_least, run_command


def by_torch_too(make: Generator) -> Generator:
    """The same weights, run by torch."""
    model, tissue = (replace(one, run=run, quick=run) for one in (make.model, make.tissue) for run in [by_torch(one)])
    return replace(make, model=model, tissue=tissue)


def apart(one: Insertion, other: Insertion) -> NDArray[np.float32]:
    """How far two makings of one recipe differ in the voxels that either changes, HU."""
    if other.box != one.box:
        raise InputError(f"Nodule {one.recipe.seed} has another box by torch; the files are not one network's.")
    changed = (one.before != one.after) | (other.before != other.after)
    return np.abs(one.after[changed] - other.after[changed])


def differences(volume: Volume, lung: Lung, model: str, count: int) -> NDArray[np.float32]:
    """Of all voxels that `count` nodules change."""
    torch_too, found = by_torch_too(generator(model)), []
    for seed in range(count):
        request = Request(attenuations=(ATTENUATIONS[seed % len(ATTENUATIONS)],), models=(model,))
        (one,) = generate(volume, 1, seed, request, lung=lung)
        found.append(apart(one, synthesize(volume, one.recipe, make=torch_too)))
    return np.concatenate(found)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("ct", type=Path)
    options.add_argument("--nodules", type=at_least(1), default=50, help="of each model; default: 50")

    def main() -> None:
        given = options.parse_args()
        ct = Volume.read(given.ct)
        volume, lung = ct.with_array(ct.array.astype(np.float32)), lung_of(ct)
        print(f"{given.nodules} nodules a model, {description()}, against torch:\n")
        print("| model | mean difference, HU | largest, HU |\n| --- | --- | --- |")
        for model in bundled():
            found = differences(volume, lung, model, given.nodules)
            print(f"| `{model}` | {found.mean():.2g} | {found.max():.2g} |", flush=True)

    run_command(main)
