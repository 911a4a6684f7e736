"""3D MCGAN: a box of noise in its surroundings becomes a nodule (Han, Pathology-aware GANs, section 6.2.1).

The generator sees 64 x 64 x 64: the surroundings, with the middle 32^3 replaced by noise uniform in
[-0.5, 0.5], and six size and attenuation conditions as constant channels: 7 channels. It gives the middle 32^3.
With `sketch`, an eighth channel holds the drawing on the two central planes along w, zero elsewhere.

Preset `paper`: four stride-2 convolutions down, four transposed ones up, batch norm, dropout, 24.7 M parameters;
the thesis does not give the channel counts (64, 128, 256, 512 here) nor the dropout (0.5 here).
Preset `compact`: 2.1 M parameters, group norm, resize and convolve, and a last convolution that sees the input
again at full resolution, computed for the middle only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from SketchNoduleSynthLib.networks.conditions import CONDITIONS, tiled
from SketchNoduleSynthLib.networks.layers import LEAK, Up, down

SAMPLES = 64
BOX_SAMPLES = 32
FINE_CHANNELS = 16
NOISE_BLOCK = 8


@dataclass(frozen=True)
class MCGANConfig:
    """`widths`: channels of the four levels; `sketch`: with the drawing's channel.

    `coarse_noise`: half of the noise is in blocks of 8 samples; fine noise alone averages out on its way down the
    U-Net, and a nodule's height and shape, which a seed shall choose too, are decided at the bottom.
    """

    widths: tuple[int, ...] = (64, 128, 256, 512)
    norm: str = "batch"
    resize: bool = False
    dropout: float = 0.5
    sketch: bool = False
    coarse_noise: bool = False

    @property
    def in_channels(self) -> int:
        """Surroundings, conditions and perhaps the drawing."""
        return 1 + CONDITIONS + int(self.sketch)


PRESETS = {
    "paper": MCGANConfig(),
    "paper-sketch": MCGANConfig(sketch=True),
    "compact": MCGANConfig((24, 48, 96, 160), "group", True, 0.0, True, True),
}


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


def with_blocks(noise: Tensor) -> Tensor:
    """The mean of `noise` and of blocks made of every eighth of its samples."""
    every = noise[..., ::NOISE_BLOCK, ::NOISE_BLOCK, ::NOISE_BLOCK]
    return (noise + interpolate(every, scale_factor=NOISE_BLOCK, mode="nearest")) / 2


def generator_input(surroundings: Tensor, noise: Tensor, conditions: Tensor, sketch: Tensor | None) -> Tensor:
    """Surroundings (batch, 1, 64, 64, 64) in [-1, 1], noise (batch, 1, 32, 32, 32), conditions (batch, 6)."""
    parts = [with_middle(surroundings, noise), tiled(conditions, surroundings)]
    return torch.cat(parts if sketch is None else [*parts, sketch], 1)


class MCGAN(nn.Module):
    """The 3D U-Net generator; (batch, config.in_channels, 64, 64, 64) to (batch, 1, 32, 32, 32) in [-1, 1]."""

    dimensions, needs_drawing, has_style = 3, False, False

    def __init__(self, config: MCGANConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        ins = (config.in_channels, *widths)
        self.encoder = nn.ModuleList(
            down(a, b, config.norm, 3, first=level == 0) for level, (a, b) in enumerate(zip(ins, widths, strict=False))
        )
        coarse = list(zip([widths[-1], *(2 * w for w in widths[-2:0:-1])], widths[-2::-1], strict=True))
        self.decoder = nn.ModuleList(Up(a, b, config.norm, 3, config.resize, config.dropout) for a, b in coarse)
        if config.resize:
            self.narrow = nn.Conv3d(2 * widths[0], FINE_CHANNELS, 1)
            self.fine = nn.Sequential(
                nn.Conv3d(FINE_CHANNELS + config.in_channels, FINE_CHANNELS, 3, 1, 1),
                nn.LeakyReLU(LEAK),
                nn.Conv3d(FINE_CHANNELS, 1, 3, 1, 1),
            )
        else:
            self.fine = nn.Sequential(nn.ConvTranspose3d(2 * widths[0], 1, 4, 2, 1))

    def forward(self, x: Tensor) -> Tensor:
        if self.config.coarse_noise:
            x = torch.cat([with_middle(x[:, :1], with_blocks(middle(x[:, :1]))), x[:, 1:]], 1)
        features = []
        y = x
        for level in self.encoder:
            y = level(y)
            features.append(y)
        y = features.pop()
        *coarse, last = self.decoder
        for up in coarse:
            y = torch.cat([up(y), features.pop()], 1)
        if not self.config.resize:
            y = torch.cat([last(y), features.pop()], 1)
            return torch.tanh(middle(self.fine(y)).float())
        # Only what the middle 32^3 depends on is computed at the two finest levels: half the network's time.
        y = middle(last(middle(y, 12)), 20)
        y = self.narrow(torch.cat([y, middle(features.pop(), 20)], 1))
        y = middle(interpolate(y, scale_factor=2.0, mode="trilinear", align_corners=False), BOX_SAMPLES + 4)
        return torch.tanh(middle(self.fine(torch.cat([y, middle(x, BOX_SAMPLES + 4)], 1))).float())
