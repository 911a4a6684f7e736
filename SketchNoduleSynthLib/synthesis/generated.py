"""What the networks made of a site, before it stands in the CT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame

CONTINUITY_STEP_MM = 1.0


@dataclass(frozen=True, eq=False)
class Generated:
    """On the samples of `frame`, which lie along the CT's own axes, all (z, y, x).

    `before`: HU of the CT; `hu`: the nodule with its surroundings; `inside_mm`: signed distance to the nodule's border,
    positive inside; `weight`: how far `hu` shall replace the CT, 0 to 1; `network_seconds`: time in the tissue network;
    `notes`: what was asked for and not made so, a sentence each.
    """

    frame: Frame
    before: NDArray[np.float32]
    hu: NDArray[np.float32]
    inside_mm: NDArray[np.float32]
    weight: NDArray[np.float32]
    network_seconds: float
    notes: tuple[str, ...] = ()

    @property
    def continuity(self) -> float:
        """See :func:`continuity`; in the nodule's inner part."""
        return continuity(self.hu, self.inside_mm > 0.25 * self.inside_mm.max(), self.frame.spacing[::-1])

    @property
    def added(self) -> NDArray[np.float32]:
        """What is added to the CT, in HU."""
        return self.weight * (self.hu - self.before)


def continuity(hu: NDArray, core: NDArray[np.bool_], spacing_mm: Sequence[float] | NDArray[np.float64]) -> float:
    """How much HU change per mm across slices (axis 0), over how much they do in them, in the `core` (z, y, x).

    1 is as in a real nodule. Well above it, the slices do not belong together: a reader scrolling through them sees the
    nodule flicker; below, it is extruded. NaN if the core is one voxel thin along some axis. `spacing_mm`: z, y, x.
    """
    steps = []
    for axis, spacing in enumerate(spacing_mm):
        values, where = np.moveaxis(hu.astype(np.float32), axis, 0), np.moveaxis(core, axis, 0)
        stride = max(round(CONTINUITY_STEP_MM / spacing), 1)
        both = where[stride:] & where[:-stride]
        change = np.abs(values[stride:] - values[:-stride])[both]
        steps.append(float(change.mean()) / (stride * spacing) if change.size else np.nan)
    return steps[0] / max((steps[1] + steps[2]) / 2, 1e-6)


def signed_distance_mm(
    inside: NDArray[np.bool_], spacing_mm: Sequence[float] | NDArray[np.float64]
) -> NDArray[np.float32]:
    """Distance to the border of `inside`, which lies halfway between samples; positive within.

    `spacing_mm`: of samples, nearly the same along all axes, in the array's own order.
    """
    if not inside.any():
        return np.full(inside.shape, -np.inf, np.float32)
    to_samples = ndimage.distance_transform_edt(inside, spacing_mm)
    to_samples -= ndimage.distance_transform_edt(~inside, spacing_mm)
    return (to_samples - np.where(inside, 0.5, -0.5) * min(spacing_mm)).astype(np.float32)


def smooth_step(share: NDArray) -> NDArray[np.float32]:
    """0 below 0, 1 above 1, smooth between."""
    share = np.clip(share, 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)
