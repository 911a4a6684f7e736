"""Drawings of a real nodule to make it again from: with its edges, the outline alone, or roughly by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.drawing.edges import physical_canny
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, Stroke, filled
from SketchNoduleSynthLib.models import bundled
from training.data.nodules import Nodule
from training.data.roughness import rough

INNER_MM = 1.2
"""Edges nearer to the outline are the outline itself as Canny sees it."""
NEIGHBOURS = [(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)]
Drawing = Callable[[NoduleRecipe, Nodule], NoduleRecipe]


def traced(lines: NDArray[np.bool_], side_mm: float) -> list[Stroke]:
    """Lines (v, u) one pixel wide over `side_mm` as open nodule strokes of three pixels or more, from their ends."""
    left = np.pad(lines, 1)
    crowd = ndimage.convolve(left.astype(int), np.ones((3, 3), int))
    strokes = []
    for start in sorted(map(tuple, np.argwhere(left)), key=lambda at: crowd[at]):
        path, at = [], start if left[start] else None
        while at is not None:
            left[at] = False
            path.append(at)
            row, column = at
            at = next(((row + v, column + u) for v, u in NEIGHBOURS if left[row + v, column + u]), None)
        if len(path) >= 3:
            points = np.array(path, float)[:, ::-1] - 1 - (len(lines) - 1) / 2
            strokes.append(Stroke(points * side_mm / len(lines), "nodule"))
    return strokes


def exact(recipe: NoduleRecipe, nodule: Nodule) -> NoduleRecipe:
    """The full edge map: the mask's outline and the real plane's Canny edges inside it.

    The edges around it are the CT's own and always drawn in by the generators of planes. A box takes the outline alone.
    """
    if bundled()[recipe.model].dimensions == 3:
        return recipe
    plane = recipe.voi.frame(RASTER_SAMPLES).plane()
    pixel = float(plane.spacing[0])
    depth = ndimage.distance_transform_edt(filled(recipe.strokes, recipe.voi.side_mm)) * pixel
    inner = physical_canny(plane.sample(nodule.ct)[0], pixel) & (depth > INNER_MM)
    return replace(recipe, strokes=(*recipe.strokes, *traced(inner, recipe.voi.side_mm)))


def lesion(recipe: NoduleRecipe, nodule: Nodule) -> NoduleRecipe:
    return recipe


def by_hand(recipe: NoduleRecipe, nodule: Nodule) -> NoduleRecipe:
    """A jittered, simplified outline alone; what the hand does depends on the recipe's seed."""
    rng = np.random.default_rng((recipe.seed, 3))
    return replace(recipe, strokes=tuple(rough(stroke, nodule.diameter_mm, rng) for stroke in recipe.strokes))


def undrawn(recipe: NoduleRecipe, nodule: Nodule) -> NoduleRecipe:
    return replace(recipe, strokes=())


DRAWINGS: dict[str, Drawing] = {"exact": exact, "lesion": lesion, "rough": by_hand}
