"""Real nodules' shapes: border and coarse density in three dimensions, of which every made nodule has one.

`python -m training.shapes` makes the file and says what is in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import BrokenModel
from SketchNoduleSynthLib.files import sha256_of
from SketchNoduleSynthLib.resources import LIDC_SHAPES

MOST_DISTANCE, DISTANCE_STEPS = 0.3, 20
"""Distances are kept up to this share of the cube's half side, in so many steps either way."""
DENSITY_STEP_HU = 16.0
Symmetry = tuple[tuple[int, ...], tuple[int, ...]]
UPRIGHT: tuple[Symmetry, ...] = tuple(
    ((0, *order), (1, *signs)) for order in permutations((1, 2)) for signs in product((1, -1), repeat=2)
)
"""How a cube may be turned and mirrored about its z axis: which axis comes from which, and its sign. Its height stays
its height: axial sections are what readers draw, and along them nodules are longest."""


@dataclass(frozen=True, eq=False)
class Shapes:
    """`distance` (n, s, s, s), int8 in DISTANCE_STEPS, and `density` (n, t, t, t), int8 in DENSITY_STEP_HU, on cubes
    (z, y, x) of `half_side_mm` about each nodule's centre; long diameter on an axial slice; HU of the deepest two
    fifths, and within 1.5 mm of the centre; the readers' mean texture, and spiculation, lobulation and margin (nan
    where not rated); `kind`: index of ATTENUATIONS.
    """

    distance: NDArray[np.int8]
    density: NDArray[np.int8]
    half_side_mm: NDArray[np.float32]
    diameter_mm: NDArray[np.float32]
    core_hu: NDArray[np.float32]
    centre_hu: NDArray[np.float32]
    texture: NDArray[np.float32]
    ratings: NDArray[np.float32]
    kind: NDArray[np.int8]
    sha256: str = ""

    def like(
        self, diameter_mm: float, count: int, kind: str | None = None, least_core_hu: float = -np.inf
    ) -> NDArray[np.intp]:
        """The `count` nearest in size, of that kind or of any, with a core as dense."""
        is_like = self.core_hu >= least_core_hu
        if kind:
            is_like &= self.kind == ATTENUATIONS.index(kind)
        of_kind = np.flatnonzero(is_like)
        apart = np.abs(np.log(self.diameter_mm[of_kind] / diameter_mm))
        return of_kind[np.argsort(apart, kind="stable")[:count]]

    def sections(self, numbers: NDArray[np.intp]) -> NDArray[np.float32]:
        """The signed distance through the middle of each, in each way of UPRIGHT, (len, 8, s, s), in half sides."""
        whole = self.distance[numbers].astype(np.float32) * (MOST_DISTANCE / DISTANCE_STEPS)
        half = whole.shape[-1] // 2
        cut = [turned(whole, one)[:, half - 1 : half + 1].mean(1) for one in UPRIGHT]
        return np.stack(cut, 1)


def turned(values: NDArray, symmetry: Symmetry) -> NDArray:
    """The last three axes of `values`, of equal length, exchanged and mirrored."""
    order, signs = symmetry
    first = values.ndim - 3
    back = tuple(-3 + axis for axis in range(3) if signs[axis] < 0)
    return np.flip(values.transpose(*range(first), *(first + axis for axis in order)), back)


@cache
def bundled(path: Path = LIDC_SHAPES) -> Shapes:
    """The shapes in a file that `training.shapes` made; raises :class:`BrokenModel` if it is missing or broken."""
    try:
        with np.load(path) as arrays:
            return Shapes(**arrays, sha256=sha256_of(path))
    except (OSError, ValueError, TypeError, KeyError, BadZipFile) as error:
        raise BrokenModel(f"The shapes in {path} are missing or broken; install the extension again.") from error
