"""Nodules as the 3D networks learn them: on voxels of 1 mm, with shape, coarse density and free places beside them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.appearance import FREE_LUNG_HU
from SketchNoduleSynthLib.synthesis.calcification import CALCIFIED_HU
from SketchNoduleSynthLib.synthesis.density_map import blurred
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from training.data.nodule_file import rated_attenuation
from training.data.nodules import Nodule

SPACING_MM = 1.0
BLUR_MM = 1.5
ROUNDING = (0.09, 0.045)
"""Of the diameter, along z and in the slices: masks are drawn slice by slice, and their ends are flat."""
LEAST_ROUNDING_MM = (1.0, 0.7)
DEEP_PERCENT = 60
RARITY = {"part-solid": 3.0, "ground-glass": 3.0, "calcified": 2.0}
BALL_MM, BORDER_MM, CLEARANCE_MM, MOST_PLACES = 3, 12, 5.0, 300
TEXTURES = {"solid": 5.0, "part-solid": 3.0, "ground-glass": 1.5, None: 5.0}
"""Where the readers' rating itself is not known."""
OFF_CENTRE_MM = 5.0


@dataclass(frozen=True, eq=False)
class Lesion:
    """Arrays (z, y, x) of one patch, voxels of 1 mm.

    `hu`; `distance_mm`: signed, to the nodule's rounded border, positive inside; `density`: coarse HU of the nodule,
    gone on outside it, in the network's range; `centre`: of the nodule, index; `core`: its density in the network's
    range; `places` (n, 4): index of free places beside it, and how large a radius in mm fits there.
    """

    hu: NDArray[np.int16]
    distance_mm: NDArray[np.float16]
    density: NDArray[np.float16]
    centre: NDArray[np.float64]
    diameter_mm: float
    texture: float
    ratings: tuple[float, float, float] | None
    core: float
    places: NDArray[np.float32]

    @property
    def kind(self) -> str:
        """One of ATTENUATIONS: what its readers say, but calcified by its core."""
        is_dense = self.core > float(to_network(CALCIFIED_HU, clip=False))
        return "calcified" if is_dense else rated_attenuation(self.texture)

    @classmethod
    def of(cls, nodule: Nodule) -> Lesion:
        """Raises :class:`InputError` if its voxels are not cubes of 1 mm."""
        if not np.allclose(nodule.ct.grid.spacing, SPACING_MM):
            raise InputError("The 3D networks are trained on voxels of 1 mm; prepare the set at that spacing.")
        hu, mask = nodule.ct.array, nodule.mask.array > 0
        where = np.argwhere(mask)
        centre = where.mean(0)
        diameter_mm = long_diameter(mask[np.argmax(mask.sum((1, 2)))], SPACING_MM)
        along, within = np.maximum(LEAST_ROUNDING_MM, np.multiply(ROUNDING, diameter_mm))
        distance = ndimage.gaussian_filter(signed_distance_mm(mask, np.ones(3)), (along, within, within))
        inside = mask & (distance > 0)
        inside = inside if inside.any() else mask
        deep = inside & (distance >= np.percentile(distance[inside], DEEP_PERCENT))
        radius = np.linalg.norm(where - centre, axis=1).max() + SPACING_MM / 2
        return cls(
            hu,
            distance.astype(np.float16),
            to_network(extended(blurred(hu, inside, BLUR_MM), inside), clip=False).astype(np.float16),
            centre,
            diameter_mm,
            TEXTURES[nodule.attenuation] if nodule.texture is None else nodule.texture,
            nodule.ratings,
            float(to_network(np.median(hu[deep]), clip=False)),
            free_places(hu, centre, radius),
        )


def extended(values: NDArray, inside: NDArray[np.bool_]) -> NDArray:
    """`values` near `inside`, and beyond those of the nearest such voxel."""
    near = ndimage.binary_dilation(inside, iterations=2)
    nearest = ndimage.distance_transform_edt(~near, return_distances=False, return_indices=True)
    return values[tuple(nearest)]


def free_places(hu: NDArray, centre: NDArray, radius: float) -> NDArray[np.float32]:
    """Voxels (n, 3) in parenchyma, away from the border, and the radius of a nodule that fits beside the one there."""
    mean = ndimage.uniform_filter(hu.astype(np.float32), 2 * BALL_MM - 1)
    mean[~inner(hu.shape)] = 0.0
    places = np.argwhere(mean < FREE_LUNG_HU)
    room = np.linalg.norm(places - centre, axis=1) - radius - CLEARANCE_MM
    found = np.column_stack([places, room])[room > 2]
    return found[:: max(len(found) // MOST_PLACES, 1)].astype(np.float32)


def inner(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The voxels away from an array's border."""
    whole = np.zeros(shape, bool)
    whole[tuple(slice(BORDER_MM, side - BORDER_MM) for side in shape)] = True
    return whole


def lesions(nodules: Sequence[Nodule], workers: int = 0) -> list[Lesion]:
    """Of all nodules that lie in the middle of their patch; raises :class:`InputError` as :meth:`Lesion.of`."""
    with ProcessPoolExecutor(workers) if workers > 1 else nullcontext() as pool:
        each = pool.map(Lesion.of, nodules, chunksize=8) if pool else map(Lesion.of, nodules)
        made = list(tqdm(each, "Shapes", len(nodules), disable=not sys.stderr.isatty()))
    return [one for one in made if (np.abs(one.centre - (np.array(one.hu.shape) - 1) / 2) <= OFF_CENTRE_MM).all()]


def shares(lesions: Sequence[Lesion], low_mm: float, high_mm: float) -> NDArray[np.float64]:
    """A probability a lesion of these sizes: the rare (not solid, calcified) and the large oftener than they are."""
    sizes = np.array([one.diameter_mm for one in lesions])
    rare = np.array([RARITY.get(one.kind, 1.0) for one in lesions])
    weights = rare * np.sqrt(sizes) * (sizes >= low_mm) * (sizes <= high_mm)
    if not weights.any():
        raise InputError(f"The set has no nodule of {low_mm:g} to {high_mm:g} mm; give a larger one.")
    return weights / weights.sum()
