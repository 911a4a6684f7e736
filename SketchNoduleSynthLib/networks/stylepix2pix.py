"""StylePix2pix: pix2pix whose seven up-samplings a style steers (Toda et al. 2022, figs. 3 and 4).

A mapping network turns 512 standard normal numbers into a 512-d style; in every style block four fully connected
layers turn it into the factors of the 3 x 3 kernels. One drawing, many images. Encoder, input, discriminator and
presets are pix2pix's. The paper does not give the mapping network's depth; StyleGAN2's eight layers stand in
`paper` (40.2 M parameters), two in `compact` (3.4 M).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from SketchNoduleSynthLib.networks import pix2pix
from SketchNoduleSynthLib.networks.inputs import STYLE
from SketchNoduleSynthLib.networks.layers import LEAK, ModulatedUp, Usable, linear

MEAN_OF = 1024


@dataclass(frozen=True)
class StylePix2PixConfig(pix2pix.Pix2PixConfig):
    """pix2pix's config, with the mapping network's depth and the style blocks' hidden width."""

    mapping_layers: int = 8
    style_hidden: int = 512


PRESETS = {
    "paper": StylePix2PixConfig(),
    "compact": StylePix2PixConfig((32, 64, 128, 128, 128, 128, 128), "group", True, 0.0, True, 2, 64),
}


class StylePix2Pix(Usable):
    """(batch, config.in_channels, 128, 128) and z (batch, 512) to (batch, 1, 128, 128) in [-1, 1].

    `truncation` below 1 brings styles nearer to the mean one: fewer surprises, less variety (Karras et al. 2019).
    """

    dimensions, needs_drawing, has_style = 2, True, True
    inputs = (*pix2pix.IN_CONTEXT, "style", "truncation")

    def __init__(self, config: StylePix2PixConfig) -> None:
        super().__init__()
        self.config = config
        layers = [m for _ in range(config.mapping_layers) for m in (linear(STYLE, STYLE), nn.LeakyReLU(LEAK))]
        self.mapping = nn.Sequential(*layers)
        self.encoder = pix2pix.Encoder(config)
        sizes = pix2pix.decoder_sizes(config)
        self.decoder = nn.ModuleList(ModulatedUp(a, b, STYLE, config.style_hidden) for a, b in sizes)
        self.head = pix2pix.Head(config)

    def style(self, z: Tensor) -> Tensor:
        """The style (batch, 512) of z."""
        return self.mapping(z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8))

    @cached_property
    def mean_style(self) -> Tensor:
        """The mean style (1, 512), of MEAN_OF seeded z; of a network that is no longer trained."""
        with torch.no_grad():
            z = torch.randn(MEAN_OF, STYLE, generator=torch.Generator().manual_seed(0))
            return self.style(z).mean(0, keepdim=True)

    def forward(self, x: Tensor, z: Tensor, truncation: float | Tensor = 1.0) -> Tensor:
        style = self.style(z)
        if isinstance(truncation, Tensor) or truncation < 1.0:
            style = self.mean_style + truncation * (style - self.mean_style)
        features = self.encoder(x)
        y = features.pop()
        for block in self.decoder:
            y = block(y, style)
            if features:
                y = torch.cat([y, features.pop()], 1)
        return self.head(y, x)

    def in_use(self, *given: Tensor) -> Tensor:
        """As pix2pix's, and z and truncation (batch, 1)."""
        *context, z, truncation = given
        return self(pix2pix.in_context(*context), z, truncation)
