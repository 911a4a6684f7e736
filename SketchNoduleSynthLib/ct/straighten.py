"""A sheared CT (gantry tilt) on a straight grid, as Slicer's acquisition transform has it when it is hardened."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.errors import InputError

MOST_TIMES_LARGER = 8


def straightened(array: NDArray, index_to_lps: NDArray[np.float64]) -> tuple[NDArray, Grid]:
    """`array` (z, y, x) under a sheared 4 x 4 matrix from x, y, z index to LPS mm, on the straight grid that holds it.

    Rows, and what of the columns is across them, keep their directions and spacing; slices follow their normal, at
    their distance along it. So each slice of a tilted gantry stays in its plane and is shifted there, by linear
    interpolation; what it does not reach has the lowest value. Raises :class:`InputError` for a shear beyond measure.
    """
    import SimpleITK as sitk

    columns = index_to_lps[:3, :3]
    rotation, upper = np.linalg.qr(columns)
    direction = rotation * np.sign(np.diag(upper))
    spacing = np.array([np.linalg.norm(columns[:, 0]), *np.abs(np.diag(upper))[1:]])
    size = np.array(array.shape[::-1])
    corners = np.array(list(itertools.product(*((0, n - 1) for n in size)))) @ columns.T @ direction
    low, high = corners.min(0), corners.max(0)
    straight = np.ceil((high - low) / spacing - 1e-6) + 1
    if not straight.prod() <= MOST_TIMES_LARGER * array.size:
        raise InputError("The CT is sheared so far that it cannot be straightened; its header is broken.")
    grid = Grid(straight, spacing, index_to_lps[:3, 3] + direction @ low, direction)

    lengths = np.linalg.norm(columns, axis=0)
    image = sitk.GetImageFromArray(array.astype(np.float32))
    image.SetSpacing(lengths.tolist())
    image.SetOrigin(index_to_lps[:3, 3].tolist())
    image.SetDirection((columns / lengths).ravel().tolist())
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(grid.size.tolist())
    resampler.SetOutputSpacing(grid.spacing.tolist())
    resampler.SetOutputOrigin(grid.origin.tolist())
    resampler.SetOutputDirection(grid.direction.ravel().tolist())
    resampler.SetDefaultPixelValue(float(array.min()))
    hu = sitk.GetArrayFromImage(resampler.Execute(image))
    return np.rint(hu).astype(array.dtype) if array.dtype.kind in "iu" else hu.astype(array.dtype), grid
