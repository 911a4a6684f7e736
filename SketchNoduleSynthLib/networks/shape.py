"""The shape network: from one or two drawn outlines, or none, to a nodule's shape and coarse density in the VOI.

On the VOI's samples (32 an axis over twice the long diameter, w, v, u) it gives the signed distance to the border, in
long radii, positive inside, and the coarse density inside in the range of `to_network`. What an outline cannot say,
height and how the outline changes across the sketch plane, real nodules say: it is trained by the energy score on
their masks, so that seeds differ as nodules of one outline do.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from SketchNoduleSynthLib.networks.unet3d import UNet3D, noise_shapes

SAMPLES = 32
PLANES = 4
"""Channels of what is drawn: distance to the outline in the sketch plane, whether it is drawn; the same at right
angles to it, along v."""
CONDITIONS = ("diameter", "texture", "spiculation", "lobulation", "margin", "rated", "core")
STYLE = 16
HOLDS_SAMPLES = 1.0
"""Within about so many samples of a drawn plane the drawing decides alone."""


@dataclass(frozen=True)
class ShapeConfig:
    """`widths`: channels of the four levels."""

    widths: tuple[int, ...] = (8, 24, 48, 64)


PRESETS = {"compact": ShapeConfig()}


def conditions(diameter_mm: float, texture: float, ratings: tuple[float, float, float] | None, core: float) -> Tensor:
    """The vector (7,) that leads the network; see :func:`tissue.conditions`."""
    look = [0.0] * 4 if ratings is None else [*((rating - 3.0) / 2.0 for rating in ratings), 1.0]
    return torch.tensor([min(max((diameter_mm - 8.0) / 8.0, -1.0), 3.0), (texture - 3.0) / 2.0, *look, core])


class Shape(nn.Module):
    """See the module; (batch, 4, 32, 32, 32) of :func:`drawn_planes` to (batch, 2, 32, 32, 32)."""

    dimensions, needs_drawing, has_style = 3, False, False

    place: Tensor

    def __init__(self, config: ShapeConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet3D(PLANES + 4, 2, config.widths, len(CONDITIONS), STYLE)
        at = offsets().abs() * 2 / SAMPLES
        self.register_buffer("place", torch.stack(torch.meshgrid(at, at, at, indexing="ij"))[None], persistent=False)

    def forward(self, drawn: Tensor, conditions: Tensor, style: Tensor, noise: list[Tensor]) -> Tensor:
        """`noise`: :func:`noise_for`."""
        grain, *fields = noise
        x = torch.cat([drawn, self.place.expand(len(drawn), -1, -1, -1, -1), grain], 1)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        distance, density = self.unet(x, conditions, style, fields).float().unbind(1)
        holds = torch.exp(-((offsets(drawn.device) / HOLDS_SAMPLES) ** 2))
        first = holds[:, None, None] * drawn[:, 1]
        second = holds[None, :, None] * drawn[:, 3] * (1 - first)
        distance = distance * (1 - first - second) + drawn[:, 0] * first + drawn[:, 2] * second
        return torch.stack([distance, density], 1)


def offsets(device: torch.device | None = None) -> Tensor:
    """Of the samples from the VOI's middle, in samples."""
    return torch.arange(SAMPLES, device=device) + 0.5 - SAMPLES / 2


def noise_for(generator: torch.Generator | None = None, batch: int = 1) -> list[Tensor]:
    """The fields of noise that :class:`Shape` takes."""
    shape = (SAMPLES,) * 3
    return [torch.randn(batch, 1, *one, generator=generator) for one in [shape, *noise_shapes(shape)]]
