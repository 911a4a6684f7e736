"""What a network made of a site, before it stands in the CT: HU, the nodule's border and the weight, in one frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.tissue import filled_air, grow_against

CONTINUITY_STEP_MM = 1.0


@dataclass(frozen=True)
class Generated:
    """What a network made, on the samples of `frame`, all (w, v, u).

    `hu`: the nodule with the tissue around it; `inside_mm`: signed distance to the nodule's border, positive
    inside; `weight`: how far `hu` shall replace the CT, 0 to 1; `network_seconds`: time in the network alone.
    """

    frame: Frame
    hu: NDArray[np.float32]
    inside_mm: NDArray[np.float32]
    weight: NDArray[np.float32]
    network_seconds: float


def continuity(made: Generated) -> float:
    """How much HU changes per mm across the planes (w), over how much it does in them; 1 is as in a real nodule.

    Well above 1, the planes do not belong together: a reader scrolling through them sees the nodule flicker.
    """
    inner = made.inside_mm > 0.25 * made.inside_mm.max()
    steps = []
    for axis, spacing in zip((0, 1, 2), made.frame.spacing[::-1], strict=True):
        hu, where = np.moveaxis(made.hu, axis, 0), np.moveaxis(inner, axis, 0)
        stride = max(round(CONTINUITY_STEP_MM / spacing), 1)
        both = where[stride:] & where[:-stride]
        change = np.abs(hu[stride:] - hu[:-stride])[both]
        steps.append(float(change.mean()) / (stride * spacing) if change.size else np.nan)
    return steps[0] / max((steps[1] + steps[2]) / 2, 1e-6)


def signed_distance_mm(inside: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Distance to the border of `inside`, positive within; `spacing_mm` in the array's own order of axes."""
    if not inside.any():
        return np.full(inside.shape, -np.inf, np.float32)
    within = ndimage.distance_transform_edt(inside, spacing_mm)
    return (within - ndimage.distance_transform_edt(~inside, spacing_mm)).astype(np.float32)


def smooth_step(share: NDArray) -> NDArray[np.float32]:
    """0 below 0, 1 above 1, smooth between."""
    share = np.clip(share, 0.0, 1.0)
    return (share * share * (3.0 - 2.0 * share)).astype(np.float32)


def ramp(samples: int, feather: float) -> NDArray[np.float32]:
    """1 in the middle of `samples`, smoothly down to 0 over the share `feather` at either end."""
    at = (np.arange(samples) + 0.5) / samples
    return smooth_step(np.minimum(at, 1 - at) / feather)


def shown(site: Site, hu: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """A generated sketch plane as it will stand in the CT, but for the noise."""
    real = site.reslice.hu
    return grow_against(
        real, real + weight * (filled_air(real, hu) - real), site.reslice.dense, (site.reslice.pixel_mm,) * 2
    )
