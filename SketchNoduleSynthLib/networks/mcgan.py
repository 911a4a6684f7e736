"""3D MCGAN: a box of noise in its surroundings becomes a nodule (Han, Pathology-aware GANs, section 6.2.1).

The generator sees 64 x 64 x 64: the surroundings, with the middle 32^3 replaced by noise uniform in
[-0.5, 0.5], and six size and attenuation conditions as constant channels: 7 channels. It gives the middle 32^3.

Four stride-2 convolutions down, four transposed ones up, batch norm, dropout, 24.7 M parameters; the thesis does not
give the channel counts (64, 128, 256, 512 here) nor the dropout (0.5 here). What is bundled under its name is
:mod:`networks.tissue`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from SketchNoduleSynthLib.networks.inputs import CONDITIONS
from SketchNoduleSynthLib.networks.layers import Up, down, tiled

SAMPLES = 64
BOX_SAMPLES = 32
INPUTS = 1 + CONDITIONS


@dataclass(frozen=True)
class MCGANConfig:
    """`widths`: channels of the four levels."""

    widths: tuple[int, ...] = (64, 128, 256, 512)
    dropout: float = 0.5


PRESETS = {"paper": MCGANConfig()}


def middle(volume: Tensor, samples: int = BOX_SAMPLES) -> Tensor:
    """The middle `samples`^3 of (batch, channels, n, n, n)."""
    low = (volume.shape[-1] - samples) // 2
    cut = slice(low, low + samples)
    return volume[:, :, cut, cut, cut]


def with_middle(surroundings: Tensor, box: Tensor) -> Tensor:
    """`surroundings` with its middle replaced by `box`; differentiable in `box`."""
    low = (surroundings.shape[-1] - box.shape[-1]) // 2
    padded = nn.functional.pad(box, (low,) * 6)
    inside = nn.functional.pad(torch.ones_like(box), (low,) * 6) > 0
    return torch.where(inside, padded, surroundings)


def generator_input(surroundings: Tensor, noise: Tensor, conditions: Tensor) -> Tensor:
    """Surroundings (batch, 1, 64, 64, 64) in [-1, 1], noise (batch, 1, 32, 32, 32), conditions (batch, 6)."""
    return torch.cat([with_middle(surroundings, noise), tiled(conditions, surroundings)], 1)


class MCGAN(nn.Module):
    """The 3D U-Net generator; (batch, 7, 64, 64, 64) to (batch, 1, 32, 32, 32) in [-1, 1]."""

    def __init__(self, config: MCGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        ins = (INPUTS, *widths)
        self.encoder = nn.ModuleList(
            down(a, b, "batch", 3, first=level == 0) for level, (a, b) in enumerate(zip(ins, widths, strict=False))
        )
        coarse = list(zip([widths[-1], *(2 * w for w in widths[-2:0:-1])], widths[-2::-1], strict=True))
        self.decoder = nn.ModuleList(Up(a, b, "batch", 3, False, config.dropout) for a, b in coarse)
        self.fine = nn.ConvTranspose3d(2 * widths[0], 1, 4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        features = []
        for level in self.encoder:
            x = level(x)
            features.append(x)
        y = features.pop()
        for up in self.decoder:
            y = torch.cat([up(y), features.pop()], 1)
        return torch.tanh(middle(self.fine(y)).float())
