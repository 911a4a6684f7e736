"""The tissue network: a hole in a CT becomes a nodule of a given shape and coarse density, with what surrounds it.

It takes the MCGAN's thought further (Han, Pathology-aware GANs, section 6.2.1: noise in its surroundings becomes a
nodule), with voxels of 1 mm whatever the nodule's size: noise is learnt at its own scale. What it sees, all
(batch, 1, z, y, x): the CT with the hole filled by noise; the hole; the signed distance to the nodule's border; noise;
and the density map: where something dense shall be (nodule, vessels, walls) and its coarse HU there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from SketchNoduleSynthLib.networks.unet3d import UNet3D, noise_shapes

CHANNELS = 6
MAPS = ("fine", "coarse", "even")
"""How much the density map says: blurred by some 1.5 mm, by some 3 mm, or one HU for the nodule."""
CONDITIONS = ("diameter", "texture", *MAPS, "spiculation", "lobulation", "margin", "rated", "core", "noise")
STYLE = 32
NOISE_IN_HOLE = 0.5
DISTANCE_SCALE_MM = 6.0
RANGE = 2.0
"""The network works in units of 400 HU, so that the noise of a CT is not small; outside it is `to_network`'s."""


@dataclass(frozen=True)
class TissueConfig:
    """`widths`: channels of the four levels."""

    widths: tuple[int, ...] = (16, 32, 64, 64)


PRESETS = {"compact": TissueConfig(), "wide": TissueConfig((16, 48, 96, 128))}


def conditions(
    diameter_mm: float, texture: float, kind: str, ratings: tuple[float, float, float] | None, core: float, noise: float
) -> Tensor:
    """The vector (11,) that leads the network.

    `texture`, `ratings` (spiculation, lobulation, margin): as LIDC's readers rate, 1 to 5; `kind`: one of MAPS;
    `core`: the nodule's density in the network's range; `noise`: :func:`noise_level` of the surroundings.
    """
    look = [0.0] * 4 if ratings is None else [*((rating - 3.0) / 2.0 for rating in ratings), 1.0]
    size = min(max((diameter_mm - 8.0) / 8.0, -1.0), 3.0)
    return torch.tensor([size, (texture - 3.0) / 2.0, *(float(kind == one) for one in MAPS), *look, core, noise])


class Tissue(nn.Module):
    """See the module; (batch, 6, z, y, x) to (batch, 1, z, y, x) in `to_network`'s range, not clipped."""

    dimensions, needs_drawing, has_style = 3, False, False

    def __init__(self, config: TissueConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet3D(CHANNELS, 1, config.widths, len(CONDITIONS), STYLE)

    def forward(
        self,
        surroundings: Tensor,
        hole: Tensor,
        distance_mm: Tensor,
        density: Tensor,
        conditions: Tensor,
        style: Tensor,
        noise: list[Tensor],
    ) -> Tensor:
        """`density`: support and HU on it (batch, 2, ...); `noise`: :func:`noise_for`."""
        fill, grain, *fields = noise
        given = RANGE * surroundings * (1 - hole) + NOISE_IN_HOLE * hole * fill
        distance = (distance_mm / DISTANCE_SCALE_MM).clamp(-1, 1)
        x = torch.cat([given, hole, distance, grain, density[:, :1], RANGE * density[:, 1:]], 1)
        x = x.contiguous(memory_format=torch.channels_last_3d)
        return self.unet(x, conditions, style, fields).float() / RANGE


def noise_for(shape: tuple[int, ...], generator: torch.Generator | None = None, batch: int = 1) -> list[Tensor]:
    """The fields of noise that :class:`Tissue` takes for `shape` (z, y, x)."""
    shapes = [shape, shape, *noise_shapes(shape)]
    return [torch.randn(batch, 1, *one, generator=generator) for one in shapes]
