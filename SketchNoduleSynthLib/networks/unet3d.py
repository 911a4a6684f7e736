"""A 3D U-Net whose blocks are led by conditions and a style, with noise of its own in every block."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, interpolate, silu

GROUP = 8
HIDDEN = 64


class Block(nn.Module):
    """Two 3-wide convolutions with group norm, each scaled and shifted by `c` (FiLM, Perez 2018); residual.

    `noise` (one field for all channels, weighted a channel) is what a texture is made of (StyleGAN, Karras 2019).
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.a = nn.Conv3d(inputs, outputs, 3, 1, 1)
        self.b = nn.Conv3d(outputs, outputs, 3, 1, 1)
        self.n1, self.n2 = (nn.GroupNorm(GROUP, outputs, affine=False) for _ in range(2))
        self.f = nn.Linear(HIDDEN, 4 * outputs)
        self.k = nn.Conv3d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.w = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, c: Tensor, noise: Tensor) -> Tensor:
        scale1, shift1, scale2, shift2 = self.f(c)[:, :, None, None, None].chunk(4, 1)
        y = self.a(x) + self.w[:, None, None, None] * noise
        y = silu(self.n1(y) * (1 + scale1) + shift1)
        y = silu(self.n2(self.b(y)) * (1 + scale2) + shift2)
        return self.k(x) + y


class UNet3D(nn.Module):
    """(batch, inputs, z, y, x), sides multiples of 8, to (batch, outputs, z, y, x).

    `widths`: channels of the four levels; `conditions`, `style`: lengths of the two vectors a sample that lead it.
    """

    def __init__(self, inputs: int, outputs: int, widths: tuple[int, ...], conditions: int, style: int) -> None:
        super().__init__()
        a, b, c, d = widths
        self.m = nn.Sequential(nn.Linear(conditions + style, HIDDEN), nn.SiLU(), nn.Linear(HIDDEN, HIDDEN), nn.SiLU())
        self.d1, self.d2, self.d3, self.mid = Block(inputs, a), Block(a, b), Block(b, c), Block(c, d)
        self.u3, self.u2, self.u1 = Block(d + c, c), Block(c + b, b), Block(b + a, a)
        self.o = nn.Conv3d(a, outputs, 3, 1, 1)

    def forward(self, x: Tensor, conditions: Tensor, style: Tensor, noise: list[Tensor]) -> Tensor:
        """`noise`: standard normal fields (batch, 1, ...), in the order of the blocks."""
        c = self.m(torch.cat([conditions, style], 1))
        n = iter(noise)
        one = self.d1(x, c, next(n))
        two = self.d2(avg_pool3d(one, 2), c, next(n))
        three = self.d3(avg_pool3d(two, 2), c, next(n))
        y = self.mid(avg_pool3d(three, 2), c, next(n))
        for block, fine in ((self.u3, three), (self.u2, two), (self.u1, one)):
            y = interpolate(y, scale_factor=2.0, mode="trilinear", align_corners=False)
            y = block(torch.cat([y, fine], 1), c, next(n))
        return self.o(y)
