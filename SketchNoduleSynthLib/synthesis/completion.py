"""The tissue network in use: a shape with its density map in, HU of the nodule with its surroundings out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.synthesis.density_map import REACH_MM, around, blurred, noise_level, stacked, weight
from SketchNoduleSynthLib.synthesis.shaping import Shaped
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.structures import lines

if TYPE_CHECKING:
    from torch import nn

SPACING_MM = 1.0
STEP, LEAST_SIDE = 8, 24
ROOM_MM = 3.0
ALONG = 0.999
SLAB = 16
AROUND_BLUR_MM = 1.5


@dataclass(frozen=True, eq=False)
class Completed:
    """On the samples of `frame`, which lie along the CT's own axes (z, y, x): what is added to the CT, in HU, how far
    it is generated (0 to 1), and the signed distance to the nodule's border."""

    frame: Frame
    added: NDArray[np.float32]
    weight: NDArray[np.float32]
    distance_mm: NDArray[np.float32]
    network_seconds: float


def along_voxels(volume: Volume, shape: Shaped) -> Frame:
    """Samples of 1 mm along the CT's axes, with room for the nodule; on its voxels where those are of 1 mm.

    The network's noise has the grain of voxels, so nothing is turned between the two.
    """
    axes = volume.grid.direction.T
    inside = shape.frame.points()[shape.distance_mm > 0]
    at = (inside if len(inside) else shape.frame.center[None]) @ axes.T
    middle = (at.max(0) + at.min(0)) / 2
    span = np.ptp(at, axis=0) + 2 * (REACH_MM + ROOM_MM)
    samples = np.maximum(STEP * np.ceil(span / SPACING_MM / STEP), LEAST_SIDE).astype(int)
    voxel = np.rint(volume.grid.to_index(middle @ axes))
    centre = volume.grid.to_lps(voxel) - SPACING_MM / 2 * axes.sum(0)  # The sides are even.
    return Frame(centre, axes, tuple(samples * SPACING_MM), tuple(samples.tolist()))


def completed(
    volume: Volume,
    shape: Shaped,
    network: nn.Module,
    site: Site,
    texture: float,
    core: float,
    only_plane: bool = False,
) -> Completed:
    """The nodule of that shape in the CT, which is not changed; `only_plane`: no more than the sketch plane needs."""
    import torch

    from SketchNoduleSynthLib.networks import tissue

    frame = along_voxels(volume, shape)
    hu = frame.sample(volume)
    distance, density = shape.on(frame.grid)
    line, line_density = lines(site, frame.grid)
    nodule, border = distance > 0, np.maximum(distance, line)
    share = weight(border)
    dense = around(hu, border)
    values = to_network(blurred(hu, dense, AROUND_BLUR_MM), clip=False)
    values = np.where(nodule, density, np.where(line > 0, line_density, values))
    leading = tissue.conditions(site.diameter_mm, texture, "fine", None, core, noise_level(hu, share > 0))
    chance = torch.Generator().manual_seed(site.recipe.seed)
    style = torch.randn(1, tissue.STYLE, generator=chance)
    noise = tissue.noise_for(hu.shape, chance)
    part = slab(frame, site.reslice.frame) if only_plane else slice(0, hu.shape[0])

    def channels(*arrays: NDArray) -> torch.Tensor:
        return torch.from_numpy(np.stack([array[part] for array in arrays]).astype(np.float32))[None]

    given = [channels(to_network(hu, clip=False)), channels(share > 0), channels(border)]
    led = channels(*stacked(nodule | dense | (line > 0), values))
    fields = [one[:, :, slice(*(edge * one.shape[2] // len(hu) for edge in (part.start, part.stop)))] for one in noise]
    started = time.perf_counter()
    with torch.inference_mode():
        y = network(*given, led, leading[None], style, fields)[0, 0].numpy()
    seconds = time.perf_counter() - started
    added = np.zeros_like(hu)
    added[part] = share[part] * (from_network(y) - hu[part])
    return Completed(frame, added, share, distance, seconds)


def slab(frame: Frame, sketch: Frame) -> slice:
    """The slices of `frame` that the sketch plane needs: few where it lies along them, else all."""
    count = frame.samples[2]
    if abs(float(frame.axes[2] @ sketch.axes[2])) < ALONG:
        return slice(0, count)
    at = float((sketch.center - frame.center) @ frame.axes[2]) / SPACING_MM + count / 2
    first = int(np.clip(STEP * round((at - SLAB / 2) / STEP), 0, max(count - SLAB, 0)))
    return slice(first, min(first + SLAB, count))
