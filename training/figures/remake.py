"""Real nodules made again in their own place, through the same `synthesize` that a user calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import Stroke, outlines
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.noise import measure_noise, noise_like
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU, dense_tissue, is_parenchyma
from training.data.nodules import Nodule
from training.figures.kinds import kind_of

DIAMETER_MM = (5.0, 24.0)
"""Larger nodules leave no surroundings in a patch of 50 mm."""
RIM_VOXELS = 2
"""How far a nodule's soft border reaches beyond its mask."""


@dataclass(frozen=True)
class Remake:
    """A real nodule, its CT with parenchyma in its place, and what a network put there."""

    nodule: Nodule
    empty: Volume
    insertion: Insertion

    @property
    def hu(self) -> NDArray:
        """The CT (z, y, x) with the synthetic nodule."""
        return inserted(self.empty, self.insertion)[0]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """The synthetic nodule on the CT's voxels."""
        return inserted(self.empty, self.insertion)[1]


def inserted(ct: Volume, insertion: Insertion) -> tuple[NDArray, NDArray[np.bool_]]:
    """The voxels of `ct` with the nodule in it, and the nodule's mask on them."""
    array, mask = ct.array.copy(), np.zeros(ct.array.shape, bool)
    insertion.apply(array)
    mask[insertion.box] = insertion.nodule
    return array, mask


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
    kind = kind_of(nodule)
    if stroke is None or not kind or not DIAMETER_MM[0] <= nodule.diameter_mm <= DIAMETER_MM[1]:
        return None
    x, y, z = ras_of_lps(nodule.center_mm).tolist()
    return NoduleRecipe(Voi((x, y, z), nodule.diameter_mm), model, seed, kind, (stroke,))


def emptied(nodule: Nodule) -> Volume:
    """The nodule's CT with parenchyma, noise and all, where it was, so that nothing of it is seen or kept."""
    inside, hu = nodule.mask.array > 0, nodule.ct.array.astype(np.float32)
    without = np.where(inside, TYPICAL_LUNG_HU, hu)
    walls = ndimage.binary_dilation(dense_tissue(without, nodule.ct.grid.spacing[::-1].tolist())) & ~inside
    around = ndimage.binary_dilation(inside, iterations=RIM_VOXELS) & ~walls
    lung = ~around & is_parenchyma(hu)
    noise = measure_noise(hu, lung)
    level = float(np.median(hu[lung])) if lung.any() else TYPICAL_LUNG_HU
    parenchyma = level + noise.sigma_hu * noise_like(noise, hu.shape, np.random.default_rng(0))
    return nodule.ct.with_array(nodule.ct.cast(np.where(around, parenchyma, hu)))


def remakes(
    nodules: Iterable[Nodule],
    model: str,
    make: Generator,
    redrawn: Callable[[NoduleRecipe, Nodule], NoduleRecipe] = lambda recipe, nodule: recipe,
) -> Iterator[Remake]:
    """Every nodule that can be asked for, made again; the seed is its number.

    `redrawn` may ask for it otherwise, with another drawing for one. What `synthesize` refuses is left out.
    """
    for seed, nodule in enumerate(nodules):
        recipe = recipe_of(nodule, model, seed)
        if recipe is None:
            continue
        empty = emptied(nodule)
        try:
            yield Remake(nodule, empty, synthesize(empty, redrawn(recipe, nodule), make=make))
        except InputError:
            continue
