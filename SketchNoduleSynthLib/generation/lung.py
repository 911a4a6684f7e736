"""Where the lungs are in a CT, by classical means: thresholds, components, closing.

After Hu, Hoffman and Reinhardt (IEEE Trans. Med. Imaging 2001): air within the body, without the airways and the gas
of the bowel, parted into right and left, and closed so that vessels and nodules at the wall lie within. Everything is
found on cubes of 2 mm along the patient's axes, so that it does not matter how the CT lies.
"""

from __future__ import annotations

import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import largest
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.airways import Airways, airways
from SketchNoduleSynthLib.generation.coarse import (
    GRID_MM,
    around,
    closed,
    coarse,
    distance_mm,
    millilitres,
    within_mm,
)
from SketchNoduleSynthLib.generation.sides import SIDE_OF, midline, parted, side_of_a_part

BODY_HU, AIR_IN_BODY_HU = -300.0, -400.0
TABLE_VOXELS = 1
"""Half the thickness of what may hang on the body without belonging to it: a table's shell, clothes."""
GAS_HU, MOST_GAS_ML = -940.0, 1000.0
"""Air whose core has less HU is gas of the bowel, which comes in smaller pieces than the worst emphysema."""
AIRWAY_WALL_VOXELS = 2
LEAST_PART_ML = 20.0
LEAST_LUNG_ML = 200.0
CLOSING_MM = 10.0
HILUM_REACH_MM = 12.0
"""Bronchi that come so close to a lung are taken to lie in its hilum."""


@dataclass(frozen=True, eq=False)
class Lung:
    """The lungs on the coarse grid of `hu` (LPS mm, int16 HU): `sides` is of SIDE_OF or 0, z, y, x as `hu.array`.

    The `airways` are not part of them.
    """

    hu: Volume
    sides: NDArray[np.uint8]
    airways: Airways

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        return self.sides > 0

    @cached_property
    def pleura_mm(self) -> NDArray[np.float32]:
        """How far every voxel in a lung is from where that lung ends, half a voxel beyond its last, mm; 0 outside."""
        within = [within_mm(self.sides == side) for side in SIDE_OF]
        return np.maximum(np.maximum.reduce(within) - GRID_MM / 2, 0)

    @cached_property
    def hila(self) -> dict[int, NDArray[np.float64]]:
        """The hilum of each lung that is there, LPS mm: the middle of the bronchi that come close to it.

        Without such bronchi it is the lung's voxel nearest to the middle of both lungs.
        """
        found = {}
        middle = self.hu.grid.to_lps(np.argwhere(self.mask).mean(0)[::-1])
        for side in SIDE_OF:
            own = self.voxels_lps_mm(side)
            if not len(own):
                continue
            near = np.argwhere(self.airways.bronchi & (distance_mm(self.sides == side) <= HILUM_REACH_MM))
            nearest = own[np.argmin(((own - middle) ** 2).sum(1))]
            found[side] = self.hu.grid.to_lps(near.mean(0)[::-1]) if len(near) else nearest
        return found

    def voxels_lps_mm(self, side: int) -> NDArray[np.float64]:
        return self.hu.grid.to_lps(np.argwhere(self.sides == side)[:, ::-1])

    def at(self, values: NDArray, points_lps_mm: ArrayLike) -> NDArray:
        """`values` (z, y, x on the coarse grid) at LPS points (..., 3): the nearest voxel's; 0 outside the grid."""
        index = np.rint(self.hu.grid.to_index(points_lps_mm)).astype(int)
        inside = ((index >= 0) & (index < self.hu.grid.size)).all(-1)
        x, y, z = np.moveaxis(np.clip(index, 0, self.hu.grid.size - 1), -1, 0)
        return np.where(inside, values[z, y, x], values.dtype.type(0))


_found: tuple[weakref.ref[Volume], Lung] | None = None


def lung_of(volume: Volume) -> Lung:
    """As :func:`lung_mask`; that of the last CT is kept, since finding it takes a second."""
    global _found
    if (lung := known_lung(volume)) is None:
        lung = lung_mask(volume)
        _found = weakref.ref(volume), lung
    return lung


def known_lung(volume: Volume) -> Lung | None:
    """What :func:`lung_of` has found, if that is kept."""
    found = _found  # Another thread may write it meanwhile.
    return found[1] if found is not None and found[0]() is volume else None


def look_for_lung(volume: Volume) -> None:
    """Let :func:`known_lung` know it in a second or so, on a thread of its own, if the CT has one."""
    ThreadPoolExecutor(1).submit(lung_of, volume)  # That there is none, nobody asks.


def lung_mask(volume: Volume) -> Lung:
    """The lungs of a chest CT in HU, whole in its field of view from side to side and from front to back.

    Raises :class:`InputError` where there are none: less than 200 ml of air in the body that is neither airway nor gas.
    """
    grid = coarse(volume)
    hu = grid.array
    body = _body(hu)
    air = body & (hu < AIR_IN_BODY_HU)
    tree = airways(hu, body, _middle_slice(air))
    wall = ndimage.binary_dilation(tree.lumen, iterations=AIRWAY_WALL_VOXELS)
    parts = _lung_parts(hu, air & ~wall)
    found_ml = millilitres(parts.sum())
    if found_ml < LEAST_LUNG_ML:
        raise InputError(
            f"No lung was found in this CT ({found_ml:.0f} ml of what looks like it); "
            "give a chest CT in HU that shows the lungs whole."
        )
    alone = None if tree.lumen.any() else side_of_a_part(body, parts)
    sides = parted(parts, midline(body, tree.lumen, parts)) if alone is None else parts * np.uint8(alone)
    filled, inner_wall = np.zeros_like(sides), ndimage.binary_dilation(tree.lumen)
    for side in SIDE_OF:
        own, other = sides == side, (sides > 0) & (sides != side)
        own = closed(own, CLOSING_MM) & body & ~other & ~inner_wall
        box = around(own)
        filled[box][ndimage.binary_fill_holes(own[box]) & (filled[box] == 0)] = side
    return Lung(grid, filled, tree)


def _body(hu: NDArray) -> NDArray[np.bool_]:
    """All within the skin: the largest piece of tissue, and in every axial slice what it encloses."""
    tissue = hu > BODY_HU
    core = largest(ndimage.binary_erosion(tissue, iterations=TABLE_VOXELS))
    body = tissue & ndimage.binary_dilation(core, iterations=TABLE_VOXELS)
    return np.stack([ndimage.binary_fill_holes(section) for section in body])


def _middle_slice(air: NDArray[np.bool_]) -> int:
    """The slice in the middle of the largest piece of `air`, the lungs with the trachea; the carina is above it."""
    slices = np.flatnonzero(largest(air).any((1, 2)))
    return int(slices.mean()) if len(slices) else 0


def _lung_parts(hu: NDArray, air: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The components of `air` that are lung: large enough, and not the gas of the bowel."""
    labels, count = ndimage.label(air)
    core = np.where(ndimage.binary_erosion(air), labels, 0)
    lung = np.zeros(count + 1, bool)
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        volume_ml = millilitres((labels[box] == number).sum())
        if volume_ml >= LEAST_PART_ML:
            inner = hu[box][core[box] == number]
            lung[number] = volume_ml > MOST_GAS_ML or (len(inner) > 0 and np.median(inner) > GAS_HU)
    return lung[labels]
