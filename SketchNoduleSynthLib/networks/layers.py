"""What the networks are made of, in two and three dimensions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate
from torch.nn.utils.parametrizations import spectral_norm

CONV = {2: nn.Conv2d, 3: nn.Conv3d}
TRANSPOSED = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
BATCH_NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
DROPOUT = {2: nn.Dropout2d, 3: nn.Dropout3d}
LEAK = 0.2
AFFINE_GAIN = 0.3
Network = TypeVar("Network", bound=nn.Module)


class Usable(nn.Module, ABC):
    """A generator that can be bundled; `inputs` names what :meth:`in_use` takes, in its order."""

    dimensions: int
    needs_drawing: bool
    has_style: bool
    inputs: tuple[str, ...]

    @abstractmethod
    def in_use(self, *given: Tensor) -> Tensor:
        """What it makes of what is given."""


def tiled(vectors: Tensor, like: Tensor) -> Tensor:
    """Conditions (batch, n) as constant channels over the space of `like` (batch, channels, ...)."""
    space = like.shape[2:]
    return vectors[(...,) + (None,) * len(space)].expand(*vectors.shape, *space).to(like.dtype)


def channels_last(network: Network, dims: int) -> Network:
    """`network` with its weights laid out as the CPU convolves fastest."""
    layout = torch.channels_last_3d if dims == 3 else torch.channels_last
    return network.to(memory_format=layout)  # type: ignore[call-overload]


def norm(kind: str, channels: int, dims: int) -> nn.Module:
    """`batch`, `group` (8 channels a group) or `none`."""
    if kind == "batch":
        return BATCH_NORM[dims](channels)
    if kind == "group":
        return nn.GroupNorm(max(channels // 8, 1), channels)
    return nn.Identity()


def down(inputs: int, outputs: int, kind: str, dims: int, first: bool = False) -> nn.Sequential:
    """Halves the size: 4-wide convolution of stride 2, norm (not in the first), LeakyReLU."""
    convolution = CONV[dims](inputs, outputs, 4, 2, 1)
    return nn.Sequential(convolution, nn.Identity() if first else norm(kind, outputs, dims), nn.LeakyReLU(LEAK))


class Up(nn.Module):
    """Doubles the size: stride-2 transposed convolution, or resize and 3-wide convolution (no checkerboard)."""

    def __init__(self, inputs: int, outputs: int, kind: str, dims: int, resize: bool, dropout: float = 0.0) -> None:
        super().__init__()
        self.resize = resize
        if resize:
            self.convolution = CONV[dims](inputs, outputs, 3, 1, 1)
        else:
            self.convolution = TRANSPOSED[dims](inputs, outputs, 4, 2, 1)
        self.after = nn.Sequential(
            norm(kind, outputs, dims), DROPOUT[dims](dropout) if dropout else nn.Identity(), nn.ReLU()
        )

    def forward(self, x: Tensor) -> Tensor:
        if self.resize:
            x = interpolate(x, scale_factor=2.0, mode="nearest")
        return self.after(self.convolution(x))


def linear(inputs: int, outputs: int, gain: float = 1.0) -> nn.Linear:
    """A fully connected layer that keeps its input's spread (He): torch's default makes a style fade layer by layer."""
    layer = nn.Linear(inputs, outputs)
    nn.init.kaiming_normal_(layer.weight, LEAK)
    nn.init.zeros_(layer.bias)
    with torch.no_grad():
        layer.weight *= gain
    return layer


class ModulatedUp(nn.Module):
    """StylePix2pix's style block: resize, 3 x 3 convolution whose kernel a style scales (StyleGAN2), ReLU.

    The style, a 512-vector, passes four fully connected layers (Toda et al., fig. 4b) to one factor
    an input channel; the scaled kernels are normalised again (StyleGAN2's demodulation).
    """

    def __init__(self, inputs: int, outputs: int, style: int = 512, hidden: int = 512) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3) / (inputs * 9) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(outputs))
        sizes = [style, hidden, hidden, hidden]
        hidden_layers = [m for a, b in pairwise(sizes) for m in (linear(a, b), nn.LeakyReLU(LEAK))]
        self.affine = nn.Sequential(*hidden_layers, linear(hidden, inputs, AFFINE_GAIN))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        x = interpolate(x, scale_factor=2.0, mode="nearest")
        factors = 1.0 + self.affine(style)
        # Scaling inputs and outputs is scaling the kernels, and lets all samples share one fast convolution.
        norms = torch.rsqrt(factors.square() @ self.weight.square().sum((2, 3)).T + 1e-8)
        y = conv2d(x * factors[:, :, None, None], self.weight, padding=1)
        return torch.relu(y * norms[:, :, None, None] + self.bias[None, :, None, None])


class PatchDiscriminator(nn.Module):
    """A simple CNN that judges overlapping patches (pix2pix): (batch, inputs, ...) to (batch, 1, ...) logits.

    `spectral` norm keeps it stable on few data; without it, `kind` of norm as in pix2pix.
    """

    def __init__(self, inputs: int, width: int, levels: int, dims: int, kind: str = "batch", spectral: bool = False):
        super().__init__()
        bound = spectral_norm if spectral else (lambda layer: layer)
        layers: list[nn.Module] = []
        channels = inputs
        for level in range(levels):
            wider = width * min(2**level, 8)
            layers.append(bound(CONV[dims](channels, wider, 4, 2, 1)))
            layers += [nn.Identity() if spectral or level == 0 else norm(kind, wider, dims), nn.LeakyReLU(LEAK)]
            channels = wider
        layers.append(bound(CONV[dims](channels, 1, 3, 1, 1)))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)
