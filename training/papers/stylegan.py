"""StyleGAN2's generator and discriminator in small (Karras 2020), its kernels open to a hypernetwork."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, leaky_relu

from SketchNoduleSynthLib.networks.layers import LEAK, linear
from training.papers.layers import Equal, pixel_norm, twice, with_spread
from training.papers.pggan import widths

Offsets = Sequence[Tensor]
"""For each layer (n, outputs, inputs): by how much its kernel is changed, in parts of itself."""


class Styled(nn.Module):
    """A modulated and demodulated 3 x 3 convolution with noise."""

    def __init__(self, inputs: int, outputs: int, latent: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise = nn.Parameter(torch.zeros(1))
        self.affine = linear(latent, inputs, 0.3)
        self.scale = (inputs * 9) ** -0.5

    def forward(self, x: Tensor, w: Tensor, offset: Tensor | None = None) -> Tensor:
        n, inputs, height, width = x.shape
        kernel = self.scale * self.weight * (1 + self.affine(w))[:, None, :, None, None]
        if offset is not None:
            kernel = kernel * (1 + offset)[..., None, None]
        kernel = kernel * torch.rsqrt(kernel.square().sum((2, 3, 4), keepdim=True) + 1e-8)
        y = conv2d(x.reshape(1, n * inputs, height, width), kernel.flatten(0, 1), padding=1, groups=n)
        y = y.view(n, -1, height, width) + self.noise * torch.randn(n, 1, height, width, device=x.device)
        return leaky_relu(y + self.bias[:, None, None], LEAK) * 2**0.5


class StyleGenerator(nn.Module):
    """z (n, latent) to w, and w to (n, 1, side, side), summed up from the images of all sizes."""

    def __init__(self, latent: int, width: int, side: int, depth: int) -> None:
        super().__init__()
        wide = widths(width, side)
        self.mapping = nn.Sequential(*(m for _ in range(depth) for m in (linear(latent, latent), nn.LeakyReLU(LEAK))))
        self.constant = nn.Parameter(torch.randn(1, wide[0], 4, 4))
        self.layers: Any = nn.ModuleList(Styled(a, b, latent) for a, b in pairwise([wide[0], *wide]))
        self.images = nn.ModuleList(Equal(b, 1, 1) for b in wide)

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """(outputs, inputs) of the layers."""
        return [tuple(layer.weight.shape[:2]) for layer in self.layers]

    def style(self, z: Tensor) -> Tensor:
        return self.mapping(pixel_norm(z))

    def forward(self, w: Tensor, offsets: Offsets | None = None) -> Tensor:
        x, image = self.constant.expand(len(w), -1, -1, -1), None
        for number, (layer, to_image) in enumerate(zip(self.layers, self.images, strict=True)):
            x = layer(x if number == 0 else twice(x), w, None if offsets is None else offsets[number])
            image = to_image(x) if image is None else to_image(x) + upsampled(image)
        assert image is not None
        return image


def upsampled(image: Tensor) -> Tensor:
    return interpolate(image, scale_factor=2.0, mode="bilinear", align_corners=False)


class StyleJudge(nn.Module):
    """Residual blocks and the batch's deviation: (n, 1, side, side) to (n, 1)."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        wide = widths(width, side)[::-1]
        self.first = Equal(1, wide[0], 1)
        self.blocks: Any = nn.ModuleList(nn.ModuleList([Equal(a, b), Equal(a, b, 1)]) for a, b in pairwise(wide))
        self.last = nn.Sequential(Equal(wide[-1] + 1, wide[-1]), nn.LeakyReLU(LEAK), nn.Flatten())
        self.head = nn.Linear(wide[-1] * 16, 1)

    def forward(self, images: Tensor) -> Tensor:
        x = leaky_relu(self.first(images), LEAK)
        for convolution, skip in self.blocks:
            x = avg_pool2d((leaky_relu(convolution(x), LEAK) + skip(x)) / 2**0.5, 2)
        return self.head(self.last(with_spread(x)))
