"""The tissue network: a hole in a CT becomes a nodule of a given shape and coarse density, with what surrounds it.

It takes the MCGAN's thought further (Han, Pathology-aware GANs, section 6.2.1: noise in its surroundings becomes a
nodule), with voxels of 1 mm whatever the nodule's size: noise is learnt at its own scale. What it sees, all
(batch, 1, z, y, x): the CT with the hole filled by noise; the hole; the signed distance to the nodule's border; noise;
and the density map: where something dense shall be (nodule, vessels, walls) and its coarse HU there.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from SketchNoduleSynthLib.networks.inputs import TISSUE_CONDITIONS, TISSUE_STYLE, noise_shapes
from SketchNoduleSynthLib.networks.layers import Usable
from SketchNoduleSynthLib.networks.unet3d import UNet3D

CHANNELS = 6
FIELDS = len(noise_shapes((8, 8, 8)))
NOISE_IN_HOLE = 0.5
DISTANCE_SCALE_MM = 6.0
RANGE = 2.0
"""The network works in units of 400 HU, so that the noise of a CT is not small; outside it is `to_network`'s."""


@dataclass(frozen=True)
class TissueConfig:
    """`widths`: channels of the four levels."""

    widths: tuple[int, ...] = (16, 32, 64, 64)


PRESETS = {"compact": TissueConfig(), "wide": TissueConfig((16, 48, 96, 128))}


class Tissue(Usable):
    """See the module; (batch, 6, z, y, x) to (batch, 1, z, y, x) in `to_network`'s range, not clipped."""

    dimensions, needs_drawing, has_style = 3, False, False
    inputs = (
        *("ct", "hole", "distance_mm", "density", "conditions", "style"),
        *(f"noise{number}" for number in range(FIELDS)),
    )

    def __init__(self, config: TissueConfig) -> None:
        super().__init__()
        self.config = config
        self.unet = UNet3D(CHANNELS, 1, config.widths, len(TISSUE_CONDITIONS), TISSUE_STYLE)

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
        return self.unet(x, conditions, style, fields).float() / RANGE

    def in_use(self, *given: Tensor) -> Tensor:
        """As `inputs` names them."""
        return self(*given[:-FIELDS], list(given[-FIELDS:]))


def noise_for(shape: tuple[int, ...], batch: int) -> list[Tensor]:
    """Fields of noise that :class:`Tissue` takes for `shape` (z, y, x)."""
    return [torch.randn(batch, 1, *one) for one in noise_shapes(shape)]
