"""Real nodules made again in their own place, through the same `synthesize` that a user calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Voi
from SketchNoduleSynthLib.drawing.sketch import Stroke, outlines
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.generators import BoxGenerator, Generator, PlaneGenerator
from SketchNoduleSynthLib.synthesis.pipeline import Insertion, synthesize
from training.nodules import Nodule

DIAMETER_MM = (5.0, 24.0)
"""Larger nodules leave no surroundings in a patch of 50 mm."""
PARENCHYMA_HU = -850


@dataclass(frozen=True)
class Remake:
    """A real nodule, its CT with parenchyma in its place, and what a network put there."""

    nodule: Nodule
    empty: Volume
    insertion: Insertion

    @property
    def hu(self) -> NDArray:
        """The CT (z, y, x) with the synthetic nodule."""
        array = self.empty.array.copy()
        self.insertion.apply(array)
        return array

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The synthetic nodule on the CT's voxels."""
        mask = np.zeros(self.empty.array.shape, bool)
        mask[self.insertion.box] = self.insertion.nodule
        return mask


def generator_of(model: str, folder: Path = bundle.MODELS_FOLDER) -> Generator:
    """The generator of the weights in `folder`/`model`."""
    loaded = bundle.load(model, folder)
    return BoxGenerator(loaded) if model == "mcgan" else PlaneGenerator(loaded)


def axial_outline(nodule: Nodule, side_mm: float) -> Stroke | None:
    """The outline of the nodule's mask on its central axial plane, u, v mm, as a reader would draw it."""
    area = Frame.of_voi(nodule.center_mm, side_mm, 128).plane().sample(nodule.mask)[0] > 0.5
    strokes = outlines(area, side_mm)
    return strokes[0] if strokes else None


def recipe_of(nodule: Nodule, model: str, seed: int) -> NoduleRecipe | None:
    """What a user would ask for to get `nodule`, or None if it cannot be asked for.

    That is: not drawn in one stroke, without a rated attenuation, or too large for its patch.
    """
    stroke = axial_outline(nodule, 2 * nodule.diameter_mm)
    if stroke is None or nodule.attenuation is None or not DIAMETER_MM[0] <= nodule.diameter_mm <= DIAMETER_MM[1]:
        return None
    x, y, z = (nodule.center_mm * (-1, -1, 1)).tolist()
    return NoduleRecipe(Voi((x, y, z), nodule.diameter_mm), model, seed, nodule.attenuation, (stroke,))


def emptied(nodule: Nodule) -> Volume:
    """The nodule's CT with parenchyma where it was, so that nothing of it is seen or kept."""
    around = ndimage.binary_dilation(nodule.mask.array > 0)
    return nodule.ct.with_array(np.where(around, PARENCHYMA_HU, nodule.ct.array).astype(nodule.ct.array.dtype))


def remakes(nodules: Iterable[Nodule], model: str, make: Generator) -> Iterator[Remake]:
    """Every nodule that can be asked for, made again; the seed is its number."""
    for seed, nodule in enumerate(nodules):
        recipe = recipe_of(nodule, model, seed)
        if recipe is None:
            continue
        empty = emptied(nodule)
        try:
            yield Remake(nodule, empty, synthesize(empty, recipe, make=make))
        except InputError:
            continue
