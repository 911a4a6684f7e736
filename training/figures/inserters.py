"""Ways to put a nodule into a CT without a network: what a network has to beat, or to reach.

Each takes a :class:`Request` and gives the CT with the nodule and the nodule's mask, both (z, y, x).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import CORE_HU, NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import Stroke, filled
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.noise import measure_noise, noise_like
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.tissue import is_parenchyma
from training.data.nodules import Nodule
from training.figures.kinds import kind_of
from training.figures.remake import inserted

SPHERE_HU = 30.0
BLUR_MM = 0.75
FEATHER_MM = 1.0
LIKE_CANDIDATES = 10


@dataclass(frozen=True)
class Request:
    """A nodule asked for at `point` (LPS mm) of the patch `ct`; `outline` in mm about it, scaled to the diameter.

    `kind`: solid, part-solid, ground-glass or calcified; `core_hu`: of the real nodule whose size and kind are asked.
    """

    ct: Volume
    point: NDArray[np.float64]
    diameter_mm: float
    kind: str
    outline: Stroke
    seed: int
    core_hu: float


Inserted = tuple[NDArray[np.float32], NDArray[np.bool_]]
Inserter = Callable[[Request], Inserted]


def from_point(request: Request) -> NDArray[np.float64]:
    """Where each voxel lies from the point, LPS mm, (z, y, x, 3)."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in request.ct.array.shape), indexing="ij"), -1)
    return request.ct.grid.to_lps(index[..., ::-1]) - request.point


def ball(request: Request) -> NDArray[np.bool_]:
    return np.linalg.norm(from_point(request), axis=-1) <= request.diameter_mm / 2


def nothing(request: Request) -> Inserted:
    return request.ct.array.astype(np.float32), ball(request)


def sphere(request: Request) -> Inserted:
    """A ball of 30 HU with a blurred border."""
    hu, inside = request.ct.array.astype(np.float32), ball(request)
    weight = ndimage.gaussian_filter(inside.astype(np.float32), BLUR_MM / request.ct.grid.spacing[::-1])
    return hu + weight * (SPHERE_HU - hu), inside


def extruded(request: Request, class_hu: dict[str, float]) -> Inserted:
    """The outline extruded with an ellipsoidal profile: HU of its class, a blurred border, parenchyma's noise."""
    hu, at = request.ct.array.astype(np.float32), from_point(request)
    side, samples = 2 * request.diameter_mm, 256
    area = filled([request.outline], side, samples)
    signed = ndimage.distance_transform_edt(area) - ndimage.distance_transform_edt(~area)
    half_height = np.sqrt(area.sum() / np.pi) * side / samples
    scale = np.sqrt(np.clip(1 - (at[..., 2] / half_height) ** 2, 1e-6, None))
    pixel = (at[..., [1, 0]] / scale[..., None] / side + 0.5) * samples - 0.5
    inside = ndimage.map_coordinates(signed, np.moveaxis(pixel, -1, 0), order=1, mode="nearest") > 0
    inside &= np.abs(at[..., 2]) < half_height
    weight = ndimage.gaussian_filter(inside.astype(np.float32), BLUR_MM / request.ct.grid.spacing[::-1])
    noise = measure_noise(hu, is_parenchyma(hu))
    grain = noise.sigma_hu * noise_like(noise, hu.shape, np.random.default_rng(request.seed))
    return hu + weight * (class_hu[request.kind] + grain - hu), inside


def pasted(request: Request, donors: Sequence[Nodule]) -> Inserted:
    """A real nodule of like size and the same kind, with a feather of 1 mm; on a grid as the CT's."""
    hu = request.ct.array.astype(np.float32)
    nearest = sorted(donors, key=lambda n: abs(n.diameter_mm - request.diameter_mm))
    like = list(islice((n for n in nearest if kind_of(n) == request.kind), LIKE_CANDIDATES))
    donor = like[np.random.default_rng(request.seed).integers(len(like))]
    shift = np.rint(request.ct.grid.to_index(request.point) - donor.ct.grid.to_index(donor.center_mm)).astype(int)[::-1]
    away = ndimage.distance_transform_edt(donor.mask.array == 0, donor.ct.grid.spacing[::-1])
    # The mask's border runs half a voxel outside its voxels; from there on the weight falls.
    share = np.clip(1 - (away - donor.ct.grid.spacing[0] / 2) / FEATHER_MM, 0, 1)
    weight = ndimage.shift(share.astype(np.float32), shift, order=0)
    there = ndimage.shift(donor.ct.array.astype(np.float32), shift, order=0, mode="nearest")
    return hu + weight * (there - hu), weight == 1


def recipe_of(request: Request, model: str) -> NoduleRecipe:
    """What a user asks for who draws the outline there, and says how dense it shall be."""
    x, y, z = ras_of_lps(request.point).tolist()
    voi = Voi((x, y, z), request.diameter_mm)
    core_hu = float(np.clip(request.core_hu, *CORE_HU))
    return NoduleRecipe(voi, model, request.seed, request.kind, (request.outline,), core_hu=core_hu)


def networked(request: Request, model: str, make: Generator) -> Inserted:
    """What `synthesize` makes there; raises :class:`InputError` as it does."""
    hu, mask = inserted(request.ct, synthesize(request.ct, recipe_of(request, model), make=make))
    return hu.astype(np.float32), mask


def simple(donors: Sequence[Nodule], class_hu: dict[str, float]) -> dict[str, Inserter]:
    return {
        "nothing": nothing,
        "sphere": sphere,
        "extruded outline": partial(extruded, class_hu=class_hu),
        "pasted real nodule": partial(pasted, donors=donors),
    }
