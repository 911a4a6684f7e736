"""Which lung is the right one, and where two that touch part. Arrays are z, y, x on the coarse grid, x to the left."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.generation.coarse import GRID_MM, around, within_mm

RIGHT, LEFT, UNKNOWN = 1, 2, 3
SIDE_OF: dict[int, Literal["right", "left"] | None] = {RIGHT: "right", LEFT: "left", UNKNOWN: None}
"""A lung alone may be of either side: that of a crop or a targeted reconstruction need not tell."""
EDGE_VOXELS, CUT_SHARE, ONE_SIDE_SHARE = 2, 0.5, 0.9
BETWEEN_LUNGS_MM = 50.0
ONE_SIDED = 0.75
LARGE_PART = 0.1
PARTING_MM = range(0, 21, 2)


def side_of_a_part(body: NDArray[np.bool_], parts: NDArray[np.bool_]) -> int | None:
    """The side of the lung in a field of view without airways; None where it shows the chest from side to side.

    Where only one edge cuts through the body, the mediastinum is there, and a lung alone on the other side.
    """
    at_height = body[parts.any((1, 2))]
    edges = slice(None, EDGE_VOXELS), slice(-EDGE_VOXELS, None)
    right_is_cut, left_is_cut = (at_height[:, :, edge].any((1, 2)).mean() > CUT_SHARE for edge in edges)
    labels, count = ndimage.label(parts)
    sizes = ndimage.sum_labels(parts, labels, range(1, count + 1))
    large = 1 + np.flatnonzero(sizes > LARGE_PART / 2 * parts.sum())
    columns = [middle[2] for middle in ndimage.center_of_mass(parts, labels, large)]
    is_alone = np.ptp(columns) * GRID_MM < BETWEEN_LUNGS_MM
    if is_alone and right_is_cut != left_is_cut:
        return LEFT if right_is_cut else RIGHT
    if right_is_cut or left_is_cut:
        return UNKNOWN
    on_right = np.nonzero(parts)[2] < midline(body, np.zeros_like(body), parts)
    return UNKNOWN if is_alone and 1 - ONE_SIDE_SHARE < on_right.mean() < ONE_SIDE_SHARE else None


def midline(body: NDArray[np.bool_], lumen: NDArray[np.bool_], parts: NDArray[np.bool_]) -> float:
    """The column between right and left: the airways', or else the middle of the body at the lungs' height."""
    if lumen.any():
        return float(np.median(np.nonzero(lumen)[2]))
    columns = np.flatnonzero(body[parts.any((1, 2))].any((0, 1)))
    return float(columns[0] + columns[-1]) / 2


def parted(parts: NDArray[np.bool_], column: float) -> NDArray[np.uint8]:
    """RIGHT or LEFT for every voxel of `parts`; where the lungs touch, they are thinned until they part.

    `column`: that of :func:`midline`.
    """
    sides, box = np.zeros(parts.shape, np.uint8), around(parts)
    sides[box] = _sides_of(parts[box], column - box[2].start)
    return sides


def _sides_of(parts: NDArray[np.bool_], column: float) -> NDArray[np.uint8]:
    on_right = np.broadcast_to(np.arange(parts.shape[2]) < column, parts.shape)
    depth = within_mm(parts)
    for parting_mm in PARTING_MM:
        labels, _ = ndimage.label(depth > parting_mm)
        sizes = np.bincount(labels.ravel())
        share = np.bincount(labels.ravel(), on_right.ravel()) / np.maximum(sizes, 1)
        of_label = np.select([share >= ONE_SIDED, share <= 1 - ONE_SIDED], [RIGHT, LEFT], 0).astype(np.uint8)
        large = sizes > LARGE_PART * sizes[1:].sum()
        if (of_label[1:] > 0).any() and not ((of_label == 0) & large)[1:].any():
            break
    else:
        return np.where(parts, np.where(on_right, RIGHT, LEFT), 0).astype(np.uint8)
    of_label[0] = 0
    seeds = of_label[labels]
    nearest = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    return np.where(parts, seeds[tuple(nearest)], 0).astype(np.uint8)
