"""What several of the papers' systems are made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, instance_norm, interpolate

from SketchNoduleSynthLib.networks.layers import LEAK, down


def twice(x: Tensor) -> Tensor:
    return interpolate(x, scale_factor=2.0, mode="nearest")


def pixel_norm(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class Equal(nn.Conv2d):
    """A convolution whose learning rate is the same for all sizes (PGGAN): He's factor is applied as it runs."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        nn.init.normal_(self.weight)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = (2 / (inputs * kernel**2)) ** 0.5

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.weight * self.scale, self.bias, padding=self.padding)


def with_spread(x: Tensor) -> Tensor:
    """A channel more: how much the batch differs (PGGAN's minibatch standard deviation)."""
    spread = (x.var(0, correction=0) + 1e-8).sqrt().mean()
    return torch.cat([x, spread.expand(len(x), 1, *x.shape[2:])], 1)


class Residual(nn.Module):
    """Two convolutions with instance norm, added; a style (n, 4 x channels) scales and shifts them (MUNIT's AdaIN)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(channels, channels, 3, 1, 1) for _ in range(2))

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        y = x
        for number, layer in enumerate(self.layers):
            y = instance_norm(layer(y))
            if style is not None:
                shift, scale = style.chunk(4, 1)[2 * number : 2 * number + 2]
                y = y * (1 + scale[..., None, None]) + shift[..., None, None]
            y = torch.relu(y) if number == 0 else y
        return x + y


class Translator(nn.Module):
    """An image to another, (n, 1, s, s), both in [-1, 1]: halved `halvings` times, residual blocks, and back up.

    It begins as the identity, and learns a difference: few steps are enough to refine, not to draw anew.
    """

    def __init__(self, width: int, blocks: int, halvings: int = 1) -> None:
        super().__init__()
        wide = width * 2**halvings
        self.first = nn.Sequential(nn.Conv2d(1, width, 5, 1, 2), nn.LeakyReLU(LEAK))
        self.down = nn.Sequential(*(down(width * 2**k, width * 2 ** (k + 1), "group", 2) for k in range(halvings)))
        self.middle = nn.Sequential(*(Residual(wide) for _ in range(blocks)))
        self.up = nn.ModuleList(nn.Conv2d(wide // 2**k, wide // 2 ** (k + 1), 3, 1, 1) for k in range(halvings))
        self.last = nn.Conv2d(width + 1, 1, 5, 1, 2, bias=False)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = self.middle(self.down(self.first(x)))
        for layer in self.up:
            y = torch.relu(layer(twice(y)))
        return (x + self.last(torch.cat([y, x], 1))).clamp(-1.2, 1.2)


class History(nn.Module):
    """The last images that were made (SimGAN): half of what is asked for is exchanged for earlier ones."""

    images: Tensor
    count: Tensor

    def __init__(self, size: int, side: int) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, 1, side, side))
        self.register_buffer("count", torch.tensor(0))

    def exchange(self, images: Tensor) -> Tensor:
        """`images` (n, 1, s, s), of which each second may be an earlier one; each that went stays here."""
        mixed = images.detach().clone()
        size = len(self.images)
        for k in range(len(images)):
            held = int(self.count)
            if held < size:
                self.images[held] = images[k].detach()
                self.count += 1
            elif torch.rand(()) < 0.5:
                at = int(torch.randint(size, ()))
                mixed[k], self.images[at] = self.images[at].clone(), images[k].detach()
        return mixed
