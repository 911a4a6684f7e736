"""What becomes of real nodules at a click, and what is suggested as a drawing: the handbook's picture.

    python -m training.real_nodules_sheet VALIDATION CT R A S FILE

Above, validation nodules: as they are, with the border that a click finds, taken out, and drawn anew from that border.
Below, at the free place R A S of the CT (mm): drawings that are suggested, with nothing, lobulation, spicules and tags
asked for, and the nodules that they become. Axial planes, lung window, wider than the nodule.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import lps_of_ras, ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import REMOVED, Draft, NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import raster
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.real_nodules import drawing_of
from SketchNoduleSynthLib.generation.suggestion import Wishes, suggest
from SketchNoduleSynthLib.models import default
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.real_nodule import at_click
from training.command import run_command
from training.data.nodules import Nodule, read_nodules
from training.figures.kinds import kind_of

TILE, WIDER = 150, 2.4
SHOWN = (("solid", 9.0), ("solid", 16.0), ("part-solid", 12.0), ("ground-glass", 18.0))
"""Kinds and sizes, mm, of the nodules above."""
WISHES = (Wishes(), Wishes(lobulation=True), Wishes(spicules=True), Wishes(spicules=True, tags=True))
SUGGESTED_MM, SEED = 16.0, 3
LINE = 6
BORDER = (240, 200, 60)


def tile(volume: Volume, middle_lps_mm: NDArray[np.float64], size_mm: float, border: bool = False) -> NDArray[np.uint8]:
    """The axial plane through a point, or of a mask its border alone, (TILE, TILE, 3)."""
    frame = Frame(middle_lps_mm, np.eye(3), (WIDER * size_mm, WIDER * size_mm, 1.0), (TILE, TILE, 1))
    plane = frame.sample(volume, outside="mirror")[0]
    if border:
        inside = plane > 0.5
        return np.where((inside & ~ndimage.binary_erosion(inside))[..., None], BORDER, 0).astype(np.uint8)
    return np.repeat(to_8bit(plane)[..., None], 3, 2)


def with_it(volume: Volume, insertion: Insertion) -> Volume:
    changed = volume.with_array(volume.array.copy())
    insertion.apply(changed.array)
    return changed


def clicked(nodule: Nodule) -> NDArray[np.uint8]:
    """A row of four tiles."""
    ct, middle, size = nodule.ct, nodule.center_mm, nodule.diameter_mm
    found = synthesize(ct, at_click(ct, ras_of_lps(middle)))
    mask = ct.with_array(np.zeros(ct.array.shape, np.float32))
    mask.array[found.box] = found.nodule
    without = with_it(ct, synthesize(ct, replace(found.recipe, kind=REMOVED)))
    anew = with_it(without, synthesize(without, drawing_of(found, ct.grid, Draft(seed=SEED)).recipe()))
    as_it_is, border = tile(ct, middle, size), tile(mask, middle, size, border=True)
    others = [tile(one, middle, size) for one in (without, anew)]
    return np.hstack([as_it_is, np.where(border > 0, border, as_it_is), *others])


def suggested(volume: Volume, point_ras_mm: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Two rows of four tiles: outlines, and the nodules below them."""
    voi, columns = Voi(point_ras_mm, SUGGESTED_MM), []
    for number, wishes in enumerate(WISHES):
        drawn = suggest(SUGGESTED_MM, "solid", np.random.default_rng(SEED + number), wishes)
        made = with_it(volume, synthesize(volume, NoduleRecipe(voi, default().name, SEED, "solid", drawn)))
        middle = lps_of_ras(point_ras_mm)
        line = raster(drawn, WIDER * SUGGESTED_MM, TILE)[..., None]
        plane = tile(volume, middle, SUGGESTED_MM)
        columns.append(np.vstack([np.where(line, BORDER, plane).astype(np.uint8), tile(made, middle, SUGGESTED_MM)]))
    return np.hstack(columns)


def nearest(nodules: Sequence[Nodule], kind: str, size_mm: float) -> Nodule:
    return min((n for n in nodules if kind_of(n) == kind), key=lambda n: abs(np.log(n.diameter_mm / size_mm)))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("validation", type=Path)
    options.add_argument("ct", type=Path)
    options.add_argument("point", type=float, nargs=3, metavar=("R", "A", "S"))
    options.add_argument("file", type=Path)

    def main() -> None:
        given = options.parse_args()
        nodules = [nodule for nodule in read_nodules(given.validation) if nodule.attenuation]
        rows = [clicked(nearest(nodules, *shown)) for shown in SHOWN]
        line = np.full((LINE, rows[0].shape[1], 3), 255, np.uint8)
        sheet = np.vstack([*rows, line, suggested(Volume.read(given.ct), tuple(given.point))])
        Image.fromarray(sheet).save(given.file, quality=85)

    run_command(main)
