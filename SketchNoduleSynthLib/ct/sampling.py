"""Interpolation of an array at the points of an oblique lattice."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Interpolation = Literal["linear", "cubic"]
Outside = Literal["nearest", "mirror"]
INTERPOLATION_ORDER = {"linear": 1, "cubic": 3}


def sample_lattice(
    array: NDArray,
    linear: NDArray,
    start: NDArray,
    counts: tuple[int, ...],
    interpolation: Interpolation,
    outside: Outside,
    beyond: tuple[float, tuple[int, int, int]] | None = None,
) -> NDArray[np.float32]:
    """`array` (z, y, x) at start + linear @ (i, j, k), x, y, z index coordinates, for all i, j, k < counts.

    `beyond` = (fill, size): what lies more than half a sample outside `size` becomes `fill`.
    """
    order = INTERPOLATION_ORDER[interpolation]
    far = start + (np.array(list(np.ndindex(2, 2, 2))) * (np.array(counts) - 1)) @ linear.T
    size = np.array(array.shape[::-1])
    margin = 2 if order == 1 else 12
    low = np.clip(np.floor(far.min(0)).astype(int) - margin, 0, np.maximum(size - 1, 0))
    high = np.clip(np.ceil(far.max(0)).astype(int) + margin + 1, low + 1, size)
    if outside == "mirror":
        low, high = np.zeros(3, int), size
    crop = array[low[2] : high[2], low[1] : high[1], low[0] : high[0]].astype(np.float32)
    turn, first = linear[::-1, ::-1], (start - low)[::-1]
    values = ndimage.affine_transform(crop, turn, first, counts[::-1], order=order, mode=outside)
    if beyond is not None:
        fill, extent = beyond
        i, j, k = np.ogrid[tuple(slice(n) for n in counts[::-1])][::-1]
        out = np.zeros(values.shape, bool)
        for axis in range(3):
            position = start[axis] + linear[axis, 0] * i + linear[axis, 1] * j + linear[axis, 2] * k
            out |= (position < -0.5 - 1e-6) | (position > extent[axis] - 0.5 + 1e-6)
        values[out] = fill
    return values
