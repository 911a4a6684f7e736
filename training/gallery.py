"""Nodules at random places of a CT beside real ones of like size, a picture a kind: what the handbook shows.

    python -m training.gallery CT TRAINING VALIDATION FOLDER [--model mcgan]

A row of each size: its axial, coronal and sagittal plane below each other, twelve synthetic nodules and, behind a line,
three real ones of other patients. Lung window, 24 mm wide, wider for large nodules. The nodules are those that the
library adds at random, one at a time, whatever their quality light says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.generation.generate import Request, generate
from SketchNoduleSynthLib.generation.lung import Lung, lung_of
from SketchNoduleSynthLib.models import bundled
from training.command import run_command
from training.data.nodules import Nodule, read_nodules
from training.figures.kinds import kind_of
from training.figures.planes import WIDTH_MM, planes_of

SIZES_MM = (6.0, 12.0, 20.0, 30.0)
PLACES, REAL, TILE, LINE = 12, 3, 76, 6
WIDER, MOST_MM = 1.7, 48.0
"""So much wider than a nodule is what is seen, up to a patch's width."""


def column(volume: Volume, point_lps_mm: NDArray[np.float64], size_mm: float) -> NDArray[np.uint8]:
    """The three planes through a point below each other, (3 TILE, TILE)."""
    cuts = to_8bit(planes_of(volume, point_lps_mm, float(np.clip(WIDER * size_mm, WIDTH_MM, MOST_MM))))
    return np.concatenate([np.asarray(Image.fromarray(cut).resize((TILE, TILE), Image.Resampling.BOX)) for cut in cuts])


def synthetic(volume: Volume, lung: Lung, model: str, kind: str, size_mm: float, seed: int) -> NDArray[np.uint8]:
    request = Request(sizes_mm=(size_mm, size_mm), attenuations=(kind,), models=(model,))
    (made,) = generate(volume, 1, seed, request, lung=lung)
    changed = volume.with_array(volume.array.copy())
    made.apply(changed.array)
    return column(changed, made.recipe.voi.center_lps_mm, size_mm)


def alike(nodules: Sequence[Nodule], size_mm: float) -> list[Nodule]:
    """The nearest in size, of a patient each."""
    ordered = sorted(nodules, key=lambda nodule: abs(np.log(nodule.diameter_mm / size_mm)))
    first = {nodule.patient: nodule for nodule in reversed(ordered)}
    return [nodule for nodule in ordered if first[nodule.patient] is nodule][:REAL]


def gallery(volume: Volume, lung: Lung, model: str, kind: str, real: Sequence[Nodule]) -> Image.Image:
    """The picture of a kind; `real`: of that kind."""
    rows = []
    for size in SIZES_MM:
        made = [synthetic(volume, lung, model, kind, size, seed) for seed in range(PLACES)]
        line = np.full((3 * TILE, LINE), 255, np.uint8)
        rows.append(np.hstack([*made, line, *(column(one.ct, one.center_mm, size) for one in alike(real, size))]))
    whole = Image.fromarray(np.vstack(rows))
    pen = ImageDraw.Draw(whole)
    for number, size in enumerate(SIZES_MM):
        pen.text((4, 3 * TILE * number + 3), f"{size:g} mm", fill=255)
    return whole


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("ct", type=Path)
    options.add_argument("training", type=Path)
    options.add_argument("validation", type=Path)
    options.add_argument("folder", type=Path)
    options.add_argument("--model", choices=tuple(bundled()), default="mcgan")

    def main() -> None:
        given = options.parse_args()
        volume = Volume.read(given.ct)
        nodules = [one for path in (given.training, given.validation) for one in read_nodules(path) if one.attenuation]
        draw = partial(gallery, volume, lung_of(volume), given.model)
        given.folder.mkdir(parents=True, exist_ok=True)
        for kind in ATTENUATIONS:
            draw(kind, [one for one in nodules if kind_of(one) == kind]).save(given.folder / f"{kind}.jpg", quality=80)
            print(kind, file=sys.stderr)

    run_command(main)
