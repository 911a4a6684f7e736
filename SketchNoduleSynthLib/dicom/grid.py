"""A volume as a stack of slices: the order in which DICOM's geometry puts them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from SketchNoduleSynthLib.ct.dicom_series import POSITION_TOLERANCE_MM, Slice
from SketchNoduleSynthLib.ct.volume import Volume


def right_handed(volume: Volume) -> Volume:
    """The same voxels in the same place with slices along row x column direction, as `Volume.read` sorts DICOM."""
    if np.linalg.det(volume.direction) > 0:
        return volume
    last = volume.to_lps([0, 0, len(volume.array) - 1])
    return Volume(volume.array[::-1], volume.spacing, last, volume.direction * [1, 1, -1])


def same_grid(slices: Sequence[Slice], volume: Volume) -> bool:
    """Whether sorted slices are those of a (right-handed) volume: as many, as large, in the same place."""
    if (len(slices), *slices[0].shape) != volume.array.shape:
        return False
    columns, rows = volume.size[:2]
    for index, one in enumerate(slices):
        between_rows, between_columns = one.grid[:2]
        to_last_pixel = one.direction @ [between_columns * (columns - 1), between_rows * (rows - 1), 0.0]
        there = volume.to_lps([[0, 0, index], [columns - 1, rows - 1, index]])
        if np.abs([one.position, one.position + to_last_pixel] - there).max() > 2 * POSITION_TOLERANCE_MM:
            return False
    return True
