"""Where the synthetic nodule is: measured from what was made, not from what was asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.synthesis.density_map import AERATED_HU
from SketchNoduleSynthLib.synthesis.site import Reslice, Site

LEAST_CONTRAST_HU = 100.0
"""So much denser than the lung around it a core must be to stand out."""
RISE = 1 / 3
LEAST_CHANGE_HU = 15.0
REACH = 0.15
"""How far past the drawing (as a share of its diameter) a nodule may reach before it counts as its surroundings."""


def background_hu(around: NDArray) -> float:
    """The median of the lung among `around` (HU, any shape), or of all of it where hardly any is lung."""
    lung = around[around < AERATED_HU]
    return float(np.median(lung if len(lung) >= 0.1 * around.size else around))


def least_core_hu(reslice: Reslice) -> float:
    """The least HU of a core that stands out from the lung in the plane; any, where there is none."""
    lung = reslice.hu[reslice.hu < AERATED_HU]
    return float(np.median(lung)) + LEAST_CONTRAST_HU if len(lung) else -np.inf


def border_hu(core: NDArray, around: NDArray, rise: float = RISE) -> float:
    """The HU of a nodule's border, a third of the way from its surroundings (lung, where there is some) to its core.

    Readers draw around a nodule's soft border: on the training nodules the third gives the diameter of their
    outlines (ratio 0.98 in the median, Dice 0.86), half the way gives 0.87 of it (`python -m training.evaluate`
    prints both figures for the real nodules of a set).
    """
    background = background_hu(around)
    return float(background + rise * (np.percentile(core, 60) - background))


def joined_to(seed: NDArray[np.bool_], bright: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The components of `bright` that touch `seed`, without holes."""
    labels, _ = ndimage.label(bright)
    touched = np.unique(labels[seed & bright])
    return ndimage.binary_fill_holes(np.isin(labels, touched[touched > 0]))


def segment_plane(hu: NDArray, drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The nodule in a plane (v, u) in HU, near the `drawn` area: what is denser than a nodule's border."""
    radius = np.sqrt(drawn.sum() / np.pi)
    outside = ndimage.distance_transform_edt(~drawn)
    depth = ndimage.distance_transform_edt(drawn)
    core = depth > 0.4 * depth.max()
    around = (outside > 0.3 * radius) & (outside < 1.0 * radius)
    near = outside <= 2 * REACH * radius
    found = np.zeros(near.shape, bool)
    for box in ndimage.find_objects(near.astype(np.uint8)):  # Nothing beyond it is found: half the time.
        bright = (hu[box] >= border_hu(hu[core], hu[around])) & near[box]
        found[box] = joined_to(core[box], bright)
    return found


def found_in_plane(site: Site, hu: NDArray[np.float32], drawn: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The nodule in the sketch plane `hu` (v, u) near the `drawn` or asked area: where it changed.

    What was there before and stays is no nodule of ours; but a reader's outline, and so a drawing, takes in the wall.
    """
    changed = np.abs(hu - site.reslice.hu) > LEAST_CHANGE_HU
    if changed.any():
        changed = changed | ndimage.binary_closing(changed, iterations=2)
        changed = changed | site.reslice.dense if site.is_drawn else changed
    return segment_plane(hu, drawn) & changed


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The overlap of two areas, 0 to 1."""
    return float(2 * (one & other).sum() / max(one.sum() + other.sum(), 1))
