"""pix2pix: a drawing to a CT plane (Toda et al. 2022, fig. 2; Isola et al. 2017).

Preset `paper`: one channel of lines (1, 128, 128) to the whole plane (1, 128, 128), both in [-1, 1]: a U-Net of
seven stride-2 convolutions and seven transposed ones, 42.0 M parameters. The paper's text does not give the channel
counts; they are Isola's (64, 128, 256, 512 ...), and so are the dropout of the first three up-samplings and the
discriminator's three levels.

Preset `compact` goes into the bundle, 2.5 M parameters. Two changes let it work inside a CT. It sees the
surroundings: what lies outside a hole around the drawn nodule is given, and only the hole is generated. And it
resizes and convolves, for transposed convolutions leave a checkerboard.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from SketchNoduleSynthLib.networks.inputs import CONDITIONS
from SketchNoduleSynthLib.networks.layers import Up, Usable, down, tiled

SAMPLES = 128
IN_CONTEXT = ("lesion", "lines", "plane", "hole", "noise", "conditions")
"""The arguments of :func:`in_context`."""


@dataclass(frozen=True)
class Pix2PixConfig:
    """`widths`: channels of the seven levels. `in_context`: surroundings and conditions are seen (see above)."""

    widths: tuple[int, ...] = (64, 128, 256, 512, 512, 512, 512)
    norm: str = "batch"
    resize: bool = False
    dropout: float = 0.5
    in_context: bool = False

    @property
    def in_channels(self) -> int:
        """Lines; or lesion lines, other lines, surroundings, hole and the six conditions."""
        return 4 + CONDITIONS if self.in_context else 1


PRESETS = {
    "paper": Pix2PixConfig(),
    "compact": Pix2PixConfig((32, 64, 128, 128, 128, 128, 128), "group", True, 0.0, True),
}


def in_context(lesion: Tensor, lines: Tensor, plane: Tensor, hole: Tensor, noise: Tensor, conditions: Tensor) -> Tensor:
    """The compact preset's input (batch, 10, 128, 128).

    `lesion`, `lines`: drawn nodule and lines around it; `plane`: the real plane in [-1, 1]; `hole`: 1 where the
    nodule shall be (all (batch, 1, 128, 128)); `noise` (batch, 1, 32, 32) uniform in [-0.5, 0.5] fills the hole
    as the thesis's MCGAN has it; `conditions` (batch, 6).
    """
    noise = interpolate(noise, size=plane.shape[2:], mode="bilinear", align_corners=False)
    surroundings = torch.where(hole > 0, noise, plane)
    return torch.cat([lesion, lines, surroundings, hole, tiled(conditions, plane)], 1)


class Encoder(nn.Module):
    """Seven halvings; returns the features of every level, the finest first."""

    def __init__(self, config: Pix2PixConfig) -> None:
        super().__init__()
        ins = (config.in_channels, *config.widths)
        last = len(config.widths) - 1
        self.levels = nn.ModuleList(
            down(a, b, config.norm, 2, first=level in (0, last))
            for level, (a, b) in enumerate(zip(ins, config.widths, strict=False))
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for level in self.levels:
            x = level(x)
            features.append(x)
        return features


def decoder_sizes(config: Pix2PixConfig) -> list[tuple[int, int]]:
    """(inputs, outputs) of the seven up-samplings, the coarsest first; skips are concatenated."""
    widths = list(config.widths)
    outs = [*widths[-2::-1], widths[0]]
    ins = [widths[-1], *(2 * w for w in widths[-2::-1])]
    return list(zip(ins, outs, strict=True))


class Head(nn.Module):
    """The finest features and the input itself to the plane in [-1, 1]; in context, only inside the hole."""

    def __init__(self, config: Pix2PixConfig) -> None:
        super().__init__()
        self.in_context = config.in_context
        extra = config.in_channels if config.in_context else 0
        self.convolution = nn.Conv2d(config.widths[0] + extra, 1, 3, 1, 1)

    def forward(self, features: Tensor, x: Tensor) -> Tensor:
        if not self.in_context:
            return torch.tanh(self.convolution(features))
        generated = torch.tanh(self.convolution(torch.cat([features, x], 1)).float())
        return torch.where(x[:, 3:4] > 0, generated, x[:, 2:3].float())


class Pix2Pix(Usable):
    """The U-Net generator; (batch, config.in_channels, 128, 128) to (batch, 1, 128, 128) in [-1, 1]."""

    dimensions, needs_drawing, has_style = 2, True, False
    inputs = IN_CONTEXT

    def __init__(self, config: Pix2PixConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        sizes = decoder_sizes(config)
        self.decoder = nn.ModuleList(
            Up(a, b, config.norm, 2, config.resize, config.dropout if level < 3 else 0.0)
            for level, (a, b) in enumerate(sizes)
        )
        self.head = Head(config)

    def forward(self, x: Tensor) -> Tensor:
        features = self.encoder(x)
        y = features.pop()
        for up in self.decoder:
            y = up(y)
            if features:
                y = torch.cat([y, features.pop()], 1)
        return self.head(y, x)

    def in_use(self, *given: Tensor) -> Tensor:
        """The plane (batch, 1, 128, 128) for the arguments of :func:`in_context`, which `inputs` names."""
        return self(in_context(*given))
