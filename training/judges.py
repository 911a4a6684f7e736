"""What judges generated tissue: features of planes that ImageNet taught, and patches of the fine grain in 3D."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, avg_pool3d, conv2d, interpolate, max_pool2d, max_pool3d, pad
from torch.nn.utils.parametrizations import spectral_norm

from SketchNoduleSynthLib.networks import tissue
from SketchNoduleSynthLib.networks.inputs import TISSUE_CONDITIONS
from SketchNoduleSynthLib.networks.layers import LEAK
from training.figures.features import ALEXNET, convolutions

CENTRE = (-0.030, -0.088, -0.188)
SPREAD = (0.458, 0.448, 0.450)
"""Of ImageNet's colours in [-1, 1], as LPIPS has them."""
PIXELS_PER_MM = 4
MARGIN = 4
"""Voxels at a sample's border that planes do not show."""
HEAD_GAIN = 4.0
GRAIN_GAIN = 6.0
CHANNELS = (64, 192, 384)


class ProjectedDiscriminator(nn.Module):
    """Small trained heads on the frozen features of AlexNet's first three layers (Projected GANs, Sauer 2021).

    Planes (batch, 1, h, w) in `to_network`'s range and their hole to three pairs of logits and where they count.
    """

    centre: Tensor
    spread: Tensor
    kernel0: Tensor
    kernel1: Tensor
    kernel2: Tensor
    bias0: Tensor
    bias1: Tensor
    bias2: Tensor

    def __init__(self) -> None:
        super().__init__()
        for number, (kernel, bias) in enumerate(convolutions(ALEXNET, "AlexNet_Weights.IMAGENET1K_V1")[:3]):
            self.register_buffer(f"kernel{number}", kernel.clone(), persistent=False)
            self.register_buffer(f"bias{number}", bias.clone(), persistent=False)
        self.register_buffer("centre", torch.tensor(CENTRE)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None], persistent=False)
        self.heads = nn.ModuleList(
            nn.Sequential(
                spectral_norm(nn.Conv2d(channels, 64, 3, 1, 1)),
                nn.LeakyReLU(LEAK),
                spectral_norm(nn.Conv2d(64, 1, 3, 1, 1)),
            )
            for channels in CHANNELS
        )

    def features(self, planes: Tensor) -> list[Tensor]:
        """Of the first three layers."""
        x = (planes.clamp(-1.1, 1.1).expand(-1, 3, -1, -1) - self.centre) / self.spread
        one = torch.relu(conv2d(x, self.kernel0, self.bias0, 4, 2))
        two = torch.relu(conv2d(max_pool2d(one, 3, 2), self.kernel1, self.bias1, 1, 2))
        return [one, two, torch.relu(conv2d(max_pool2d(two, 3, 2), self.kernel2, self.bias2, 1, 1))]

    def forward(self, planes: Tensor, hole: Tensor) -> list[tuple[Tensor, Tensor]]:
        """See the class."""
        logits = [HEAD_GAIN * head(features) for head, features in zip(self.heads, self.features(planes), strict=True)]
        return [(one, adaptive_max_pool2d(hole, one.shape[2:])) for one in logits]


class GrainDiscriminator(nn.Module):
    """Judges patches of some 14 mm that hold the hole; a CT's fine grain is a channel of its own.

    Without that channel a 3D discriminator of patches learnt nothing in a thousand steps.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.first = nn.Conv3d(7, width, 3, 1, 1)
        self.led = nn.Linear(len(TISSUE_CONDITIONS), width)
        self.layers = nn.Sequential(
            nn.LeakyReLU(LEAK),
            nn.Conv3d(width, 48, 4, 2, 1),
            nn.LeakyReLU(LEAK),
            nn.Conv3d(48, 64, 4, 2, 1),
            nn.LeakyReLU(LEAK),
            nn.Conv3d(64, 1, 3, 1, 1),
        )

    def forward(self, ct: Tensor, distance_mm: Tensor, weight: Tensor, density: Tensor, conditions: Tensor) -> Tensor:
        """Logits (n,) of the patches that hold the hole."""
        x = tissue.RANGE * ct
        fine = GRAIN_GAIN * (x - avg_pool3d(pad(x, (1,) * 6, mode="replicate"), 3, 1))
        bright = (x - 2).clamp(0, 6) / 2
        seen = [2 * x.clamp(-3, 2.2), bright, fine, density[:, :1], tissue.RANGE * density[:, 1:]]
        seen += [(distance_mm / tissue.DISTANCE_SCALE_MM).clamp(-1, 1), weight]
        one = self.first(torch.cat(seen, 1).contiguous(memory_format=torch.channels_last_3d))
        logits = self.layers(one + self.led(conditions)[:, :, None, None, None])
        return logits[max_pool3d((weight > 0.5).float(), 4) > 0]


def planes(ct: Tensor, weight: Tensor, shifts: list[int]) -> tuple[Tensor, Tensor]:
    """Planes (6 * batch, 1, h, w) of (batch, 1, n, n, n), two along each axis, `shifts` voxels from the middle, and
    where they are generated; PIXELS_PER_MM pixels a voxel."""
    side = ct.shape[-1]
    shown = slice(MARGIN, side - MARGIN)
    at = [(axis, side // 2 + shift) for axis, shift in zip((2, 3, 4) * 2, shifts, strict=True)]
    cuts = [torch.cat([x.select(*one)[:, :, shown, shown] for one in at]) for x in (ct, weight)]
    size = (PIXELS_PER_MM * (side - 2 * MARGIN),) * 2
    return interpolate(cuts[0], size, mode="bilinear", align_corners=False), (cuts[1] > 0.02).float()


def mean_where(values: Tensor, where: Tensor) -> Tensor:
    """The mean of `values` over `where` (0 or 1)."""
    return (values * where).sum() / where.sum().clamp(min=1)
