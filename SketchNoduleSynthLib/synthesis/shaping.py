"""A nodule's shape and coarse density in three dimensions, from what is drawn of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.synthesis.density_map import REACH_MM
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.site import Site

if TYPE_CHECKING:
    from torch import nn

SURE = 0.8
"""Of the long radius: distances are learnt up to one."""
ROOM_MM = 2.0
DEEP_PERCENT = 60


@dataclass(frozen=True, eq=False)
class Shaped:
    """On the samples of `frame` (w, v, u), tilted as the sketch plane: `distance_mm` to the border, positive inside;
    `density` of the nodule, coarse, in the network's range, gone on outside."""

    frame: Frame
    distance_mm: NDArray[np.float32]
    density: NDArray[np.float32]

    def on(self, grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Distance and density on the voxels of `grid` (z, y, x), which may reach beyond the frame."""
        whole = self.frame.box_in(grid).grow(10**6, grid.shape)
        far = float(self.distance_mm.min())
        distance = self.frame.resample_to(grid, whole, self.distance_mm, fill=far)
        return distance, self.frame.resample_to(grid, whole, self.density, fill=float(np.median(self.density)))


def shaped(site: Site, network: nn.Module, texture: float, core: float) -> Shaped:
    """The shape that the seed makes of the site's drawing, or of none; `core`: density in the network's range."""
    import torch

    from SketchNoduleSynthLib.networks import shape

    chance = torch.Generator().manual_seed(site.recipe.seed)
    leading = shape.conditions(site.diameter_mm, texture, None, core)[None]
    style = torch.randn(1, shape.STYLE, generator=chance)
    with torch.inference_mode():
        made = network(torch.from_numpy(drawn(site))[None], leading, style, shape.noise_for(chance))
    distance, density = made[0].numpy()
    return extended(site, distance, density)


def drawn(site: Site) -> NDArray[np.float32]:
    """What is drawn, as the shape network takes it (4, w, v, u)."""
    from SketchNoduleSynthLib.networks import shape

    n = shape.SAMPLES
    planes = np.zeros((shape.PLANES, n, n, n), np.float32)
    if site.is_drawn:
        area, _ = site.outline
        part = len(area) // n
        fine = signed_distance_mm(area, np.full(2, site.reslice.pixel_mm)) / (site.diameter_mm / 2)
        planes[0] = np.clip(fine, -1, 1).reshape(n, part, n, part).mean((1, 3))
        planes[1] = 1.0
    return planes


def extended(site: Site, distance: NDArray[np.float32], density: NDArray[np.float32]) -> Shaped:
    """From the VOI's samples to a frame with room for the hole around the nodule, in mm."""
    voi = site.recipe.voi.frame(len(distance))
    step, radius = float(voi.spacing[0]), site.diameter_mm / 2
    more = int(np.ceil((REACH_MM + ROOM_MM) / step))
    samples = len(distance) + 2 * more
    frame = Frame(voi.center, voi.axes, (samples * step,) * 3, (samples,) * 3)
    near = np.pad(distance, more, constant_values=-1.0) * radius
    far = signed_distance_mm(near > 0, np.full(3, step))
    far -= np.sign(far) * step / 2
    exact = np.abs(near) < SURE * radius
    return Shaped(frame, np.where(exact, near, far).astype(np.float32), np.pad(density, more, mode="edge"))


def with_core(shape: Shaped, core: float) -> Shaped:
    """The shape with its density moved so that its deepest part has `core`, in the network's range."""
    inside = shape.distance_mm > 0
    if not inside.any():
        return shape
    deep = inside & (shape.distance_mm >= np.percentile(shape.distance_mm[inside], DEEP_PERCENT))
    return replace(shape, density=shape.density + np.float32(core - np.median(shape.density[deep])))
