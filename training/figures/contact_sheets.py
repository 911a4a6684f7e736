"""PNGs to look at: real | drawing | synthetic in three planes, and one drawing with twelve seeds. Lung window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.picture import TILE, WIDER, Tile, drawn, grey, planes, sheet
from training.figures.image_figures import versions
from training.figures.remake import Remake

WIDEST_MM = 44.0
"""Wider than this, a sheet would show the border of a patch of 50 mm."""


def some(made: Sequence[Remake], count: int) -> list[Remake]:
    """`count` of them, evenly from the smallest to the largest."""
    ordered = sorted(made, key=lambda remake: remake.nodule.diameter_mm)
    return [ordered[k] for k in np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(int)]


def in_three_planes(made: Sequence[Remake]) -> Image.Image:
    """A row a nodule: the sketch plane real, as drawn and synthetic, then the planes across real and synthetic."""
    rows = []
    for remake in made:
        voi = remake.insertion.recipe.voi
        wide = Frame.of_voi(voi.center_lps_mm, min(voi.side_mm * WIDER, WIDEST_MM), TILE)
        synthetic = remake.nodule.ct.with_array(remake.hu)
        tiles = list(cuts(wide, remake.nodule.ct, synthetic))
        drawing = drawn(grey(planes(wide)[0], remake.empty), remake.insertion.recipe.strokes, wide.extent[0])
        rows.append((heading_of(remake), [tiles[0], ("drawing", drawing), *tiles[1:]]))
    return sheet(rows)


def cuts(wide: Frame, real: Volume, synthetic: Volume) -> Iterator[Tile]:
    for name, cut in zip(("sketch plane", "coronal", "sagittal"), planes(wide), strict=True):
        yield f"real: {name}", Image.fromarray(grey(cut, real))
        yield f"synthetic: {name}", Image.fromarray(grey(cut, synthetic))


def with_seeds(made: Sequence[Remake], make: Generator) -> Image.Image:
    """Two rows a nodule: the drawing and its sketch plane with twelve seeds."""
    rows = []
    for remake in made:
        images = [Image.fromarray(to_8bit(plane)).resize((TILE, TILE)) for plane in versions(remake, make)[0]]
        tiles = [(f"seed {seed}", image) for seed, image in enumerate(images)]
        recipe = remake.insertion.recipe
        empty = grey(planes(recipe.voi.frame(TILE))[0], remake.empty)
        first = ("drawing", drawn(empty, recipe.strokes, recipe.voi.side_mm))
        real = ("real", Image.fromarray(grey(planes(recipe.voi.frame(TILE))[0], remake.nodule.ct)))
        half = len(tiles) // 2
        rows += [(heading_of(remake), [first, *tiles[:half]]), ("", [real, *tiles[half:]])]
    return sheet(rows)


def heading_of(remake: Remake) -> str:
    recipe: NoduleRecipe = remake.insertion.recipe
    overlap = remake.insertion.report.outline_dice
    measured = "" if overlap is None else f", outline Dice {overlap:.2f}"
    return f"{recipe.model}, {recipe.attenuation}, {recipe.voi.diameter_mm:.1f} mm, seed {recipe.seed}{measured}"


def write_sheets(made: Sequence[Remake], make: Generator, folder: Path, model: str) -> list[Path]:
    """Write both sheets into `folder`: ten nodules in three planes, four with twelve seeds."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {"planes": in_three_planes(some(made, 10)), "seeds": with_seeds(some(made, 6)[1:5], make)}
    paths = [folder / f"{model}-{name}.png" for name in pictures]
    for path, picture in zip(paths, pictures.values(), strict=True):
        picture.save(path)
    return paths
