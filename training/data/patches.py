"""A nodule's patch, cut out of its CT: what the papers' preprocessing fixes, and what cannot be used.

Toda et al. take a cube of twice the long diameter (the library's `SIDE_PER_DIAMETER`) at 0.625 mm; Han takes 1 mm.
A patch is that cube, but at least 50 mm, so that a small nodule can also be shifted, tilted and seen in context.
Tilted planes and the lung window come later, from the stored HU (`training.data.dataset`, `ct.window`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.voi import SIDE_PER_DIAMETER
from training.data.nodule_file import Reason, Skipped

HAN_SPACING_MM = 1.0
TODA_SPACING_MM = 0.625
PATCH_MM = 50.0
MANY_VOXELS = 100
AIR_HU = -1024
"""HU of nothing at all, and the lowest that is kept: scanners pad with less, and noise in air goes below it."""


@dataclass(frozen=True)
class Patch:
    """`hu` int16 (z, y, x; LPS) on `frame`; `padded`: some of it was padding and is air now."""

    frame: Frame
    hu: NDArray[np.int16]
    padded: bool


def padding_hu(hu: NDArray) -> float | None:
    """The value that the CT is padded with outside the reconstruction, or None.

    Padding is the lowest value, below -1024 (-3024 and -2000 are common), and many voxels have it: the lowest that
    noise reaches is there a few times.
    """
    lowest = float(hu.min())
    return lowest if lowest < AIR_HU and np.count_nonzero(hu == lowest) >= MANY_VOXELS else None


def has_padding(ct: Volume, frame: Frame, padding: float | None) -> bool:
    """Whether `padding` is among the voxels that `frame` is interpolated from."""
    return padding is not None and bool((ct.array[frame.box_in(ct.grid, margin_voxels=1)] == padding).any())


def voi(center_lps_mm: ArrayLike, diameter_mm: float) -> Frame:
    """The cube of twice the diameter: no voxel of it may be missing."""
    return Frame.of_voi(center_lps_mm, SIDE_PER_DIAMETER * diameter_mm, 1)


def cut(
    ct: Volume, padding: float | None, center_lps_mm: ArrayLike, diameter_mm: float, spacing_mm: float, where: str
) -> Patch | Skipped:
    """The patch around a nodule by linear interpolation; `padding` is `padding_hu(ct.array)`.

    Skipped if some of the patch lies outside the CT, or if padding reaches into the cube of twice the diameter.
    """
    samples = int(np.ceil(max(PATCH_MM, SIDE_PER_DIAMETER * diameter_mm) / spacing_mm - 1e-6))
    frame = Frame.of_voi(center_lps_mm, samples * spacing_mm, samples)
    centers = Frame(frame.center, frame.axes, tuple(frame.extent - frame.spacing), (1, 1, 1))
    if not ct.grid.holds(centers.corners()):
        detail = f"the patch of {frame.extent[0]:g} mm around the nodule reaches beyond the CT"
        return Skipped(where, Reason.EDGE, detail)
    if has_padding(ct, voi(center_lps_mm, diameter_mm), padding):
        return Skipped(where, Reason.PADDING, f"padding of {padding:g} HU reaches into the nodule's VOI")
    box = frame.box_in(ct.grid, margin_voxels=2)
    around = Volume(np.maximum(ct.array[box], AIR_HU), ct.grid.cropped(box))
    return Patch(frame, rounded(frame.sample(around)), has_padding(ct, frame, padding))


def rounded(hu: NDArray) -> NDArray[np.int16]:
    """HU as they are stored: whole numbers, at least -1024."""
    return np.clip(np.rint(hu), AIR_HU, np.iinfo(np.int16).max).astype(np.int16)


def measure(mask: NDArray, spacing_mm: float) -> dict[str, object]:
    """Centre, long axial diameter (in the plane of the largest area) and half height of a mask (z, y, x), in mm.

    The keys are those of `nodule_file.Facts`. Raises ValueError if the mask is empty.
    """
    where = np.argwhere(mask)
    low, high = where.min(0), where.max(0)
    widest = mask[np.argmax(mask.sum((1, 2)))] > 0
    return {
        "center_mm": ((low + high) / 2 - (np.array(mask.shape) - 1) / 2)[::-1] * spacing_mm,
        "diameter_mm": long_diameter(widest, spacing_mm),
        "half_height_mm": float(high[0] - low[0] + 1) / 2 * spacing_mm,
    }
