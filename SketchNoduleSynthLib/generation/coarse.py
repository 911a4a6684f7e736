"""A CT on a coarse grid along the patient's axes: enough to find organs in, whatever way the CT lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume

GRID_MM = 2.0
AIR_HU, MOST_HU = -1024, 3071
"""HU are held within these: padding such as -3024 is air like what lies around the patient."""


def coarse(volume: Volume) -> Volume:
    """`volume` (HU) as int16 on cubes of GRID_MM, x to the patient's left, y posterior, z to the head.

    Smaller voxels are averaged; what the CT does not cover is air.
    """
    import SimpleITK as sitk

    array = np.clip(volume.array, AIR_HU, MOST_HU).astype(np.int16, copy=False)
    grid = volume.grid
    bins = np.minimum(np.maximum(np.rint(GRID_MM / grid.spacing), 1), grid.size).astype(int)
    image = sitk.BinShrink(volume.with_array(array).to_image(), bins.tolist())
    corners = grid.to_lps(np.array(list(np.ndindex(2, 2, 2))) * grid.size - 0.5)
    low = corners.min(0)
    size = np.ceil((corners.max(0) - low) / GRID_MM - 1e-6).astype(int)
    origin = low + GRID_MM / 2
    straight = np.eye(3).ravel().tolist()
    image = sitk.Resample(
        image, size.tolist(), sitk.Transform(), sitk.sitkLinear, origin.tolist(), [GRID_MM] * 3, straight, AIR_HU
    )
    return Volume.of(sitk.GetArrayFromImage(image), np.full(3, GRID_MM), origin)


def distance_mm(shape: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How far every voxel of a coarse grid is from `shape`, mm; infinite if that is empty."""
    import SimpleITK as sitk

    if not shape.any():
        return np.full(shape.shape, np.inf, np.float32)
    # Four times as fast as scipy's, and exact; inside `shape` it is negative.
    image = sitk.SignedMaurerDistanceMap(sitk.GetImageFromArray(shape.astype(np.uint8)), squaredDistance=False)
    return GRID_MM * np.maximum(sitk.GetArrayFromImage(image), 0.0)


def around(shape: NDArray[np.bool_], margin: int = 1) -> tuple[slice, ...]:
    """The indices that `shape` spans and `margin` more at every side, within the grid; nothing of nothing."""
    if not shape.any():
        return (slice(0, 0),) * shape.ndim
    (spanned,) = ndimage.find_objects(shape.view(np.uint8))
    return tuple(slice(max(part.start - margin, 0), part.stop + margin) for part in spanned)


def within_mm(shape: NDArray[np.bool_]) -> NDArray[np.float32]:
    """How deep every voxel of a coarse grid lies in `shape`, mm; 0 outside."""
    depth, box = np.zeros(shape.shape, np.float32), around(shape)
    depth[box] = distance_mm(~shape[box])
    return depth


def closed(shape: NDArray[np.bool_], radius_mm: float) -> NDArray[np.bool_]:
    """`shape` with its gaps and bays up to twice `radius_mm` wide filled."""
    filled, box = np.zeros_like(shape), around(shape, 1 + int(radius_mm / GRID_MM))
    filled[box] = within_mm(distance_mm(shape[box]) <= radius_mm) > radius_mm
    return filled


def millilitres(voxels: int | np.integer) -> float:
    return float(voxels) * GRID_MM**3 / 1000
