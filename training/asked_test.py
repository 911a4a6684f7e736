"""Is what is asked for what is made? Density in the core, a drawn vessel and a drawn wall, at random places of a CT.

    python -m training.asked_test CT [--model mcgan] [--places 10]

For each kind and size, at so many places: HU within 1.5 mm of the nodule's centre against the asked HU. For a nodule of
12 mm with a vessel line from its edge outwards, or a wall line beside it: HU along the line, and the vessel's width at
half its prominence.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import peak_widths

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.generation.generate import Request, generate
from SketchNoduleSynthLib.generation.lung import Lung, lung_of
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.synthesis.appearance import CORE_MM, from_middle_mm
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.site import Reslice
from training.command import at_least, run_command

ASKED_HU = {"solid": 0.0, "part-solid": -300.0, "ground-glass": -600.0, "calcified": 700.0}
SIZES_MM = ((6.0, 10.0), (12.0, 20.0), (22.0, 30.0))
CLOSE_HU = 40.0
DIAMETER_MM = 12.0
VESSEL_MM, WALL_MM, BESIDE_MM = (5.0, 15.0), (-10.0, 10.0), 9.0
"""From the middle along u; along v, and how far from the middle."""
STEP_MM, ACROSS_MM, CLEAR_MM, VESSEL_OFF_MM = 0.1, 6.0, 2.0, 1.5


def place(volume: Volume, lung: Lung, kind: str, sizes_mm: tuple[float, float], seed: int, model: str) -> NoduleRecipe:
    """A nodule of the model where the library puts one."""
    request = Request(sizes_mm=sizes_mm, attenuations=(kind,), models=(model,))
    return generate(volume, 1, seed, request, lung=lung)[0].recipe


def core_error_hu(volume: Volume, recipe: NoduleRecipe, core_hu: float) -> float:
    """How much denser than asked the core is."""
    made = synthesize(volume, replace(recipe, core_hu=core_hu))
    near = from_middle_mm(made.nodule, volume.grid.spacing[::-1]) <= CORE_MM
    return float(made.after[near].mean()) - core_hu


def section(volume: Volume, recipe: NoduleRecipe, line: Stroke) -> tuple[NDArray[np.float32], float]:
    """The sketch plane (v, u) in HU of a round nodule with that line, and its pixel, mm."""
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    outline = Stroke(DIAMETER_MM / 2 * np.stack([np.cos(angles), np.sin(angles)], 1), "nodule", closed=True)
    made = synthesize(volume, replace(recipe, strokes=(outline, line)))
    changed = volume.with_array(volume.array.copy())
    made.apply(changed.array)
    reslice = Reslice(changed, recipe.voi)
    return reslice.hu, reslice.pixel_mm


def vessel(volume: Volume, recipe: NoduleRecipe) -> tuple[float, float]:
    """Median HU along a drawn vessel, and its width at half its height, mm."""
    u = np.arange(*VESSEL_MM, STEP_MM)
    hu, pixel = section(volume, recipe, Stroke(np.stack([u, 0 * u], 1), "vessel"))
    middle, half = len(hu) // 2, round(ACROSS_MM / pixel)
    outside = slice(middle + round((DIAMETER_MM / 2 + CLEAR_MM) / pixel), middle + round(VESSEL_MM[1] / pixel))
    profile = hu[middle - half : middle + half + 1, outside].mean(1)
    near = round(VESSEL_OFF_MM / pixel)
    peak = half - near + int(np.argmax(profile[half - near : half + near + 1]))
    return float(np.median(hu[middle, outside])), float(peak_widths(profile, [peak])[0][0] * pixel)


def wall(volume: Volume, recipe: NoduleRecipe) -> float:
    """Median HU along a drawn wall."""
    v = np.arange(*WALL_MM, STEP_MM)
    hu, pixel = section(volume, recipe, Stroke(np.stack([0 * v + BESIDE_MM, v], 1), "wall"))
    middle, half = len(hu) // 2, round(WALL_MM[1] / pixel)
    return float(np.median(hu[middle - half : middle + half, middle + round(BESIDE_MM / pixel)]))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("ct", type=Path)
    options.add_argument("--model", choices=[n for n, m in bundled().items() if not m.needs_drawing], default="mcgan")
    options.add_argument("--places", type=at_least(1), default=10, help="of each kind and size; default: 10")

    def main() -> None:
        given = options.parse_args()
        volume = Volume.read(given.ct)
        lung, every = lung_of(volume), []
        print(f"| kind, HU | mm | median error, HU | within {CLOSE_HU:g} HU |\n| --- | --- | --- | --- |")
        for kind, asked in ASKED_HU.items():
            for sizes in SIZES_MM:
                places = [place(volume, lung, kind, sizes, seed, given.model) for seed in range(given.places)]
                errors = np.array([core_error_hu(volume, one, asked) for one in places])
                every += errors.tolist()
                close = (np.abs(errors) <= CLOSE_HU).mean()
                print(f"| {kind}, {asked:g} | {sizes[0]:g} to {sizes[1]:g} | {np.median(errors):.0f} | {close:.0%} |")
        print(f"| all | | {np.median(every):.0f} | {(np.abs(every) <= CLOSE_HU).mean():.0%} |\n")
        places = [
            place(volume, lung, "solid", (DIAMETER_MM, DIAMETER_MM), seed, given.model) for seed in range(given.places)
        ]
        hu, widths = np.array([vessel(volume, one) for one in places]).T
        print(f"vessels: {hu.min():.0f} to {hu.max():.0f} HU, {widths.min():.1f} to {widths.max():.1f} mm wide")
        print(f"walls: {np.median([wall(volume, one) for one in places]):.0f} HU in the median")

    run_command(main)
