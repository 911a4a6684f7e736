"""The extraction network: a CT and a click on a nodule in it become the nodule's mask in three dimensions.

The dense U-Net that extracts nodules in the layered two-stage work ("Layered two-stage GAN", section 2.1) looks at
planes; this one is a small 3D U-Net that works on blocks of 2 x 2 x 2 voxels of 1 mm, so that one processor is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, interpolate

from SketchNoduleSynthLib.networks.layers import Usable

WINDOWS = ((1.0, 0.0), (4.0, -2.6))
"""Gain and offset of what is seen of the CT, in the network's range: the lung's window, and soft tissue's."""
CLICK_MM = 8.0
BLOCK, FINE = 2, 8


@dataclass(frozen=True)
class ExtractionConfig:
    """`widths`: channels of the levels, of 2, 4 and 8 mm."""

    widths: tuple[int, ...] = (16, 40, 80)


PRESETS = {"compact": ExtractionConfig()}


def convolved(inputs: int, outputs: int) -> nn.Sequential:
    """Normalised by what is seen at once: means over all that was learnt from fit no single place well."""
    norm = nn.InstanceNorm3d(outputs, affine=True)
    return nn.Sequential(nn.Conv3d(inputs, outputs, 3, 1, 1, bias=False), norm, nn.ReLU())


class Extraction(Usable):
    """See the module; sides multiples of 8. Gives logits (batch, 1, z, y, x): above 0 is nodule."""

    dimensions, needs_drawing, has_style = 3, False, False
    inputs = ("ct", "click_mm")

    def __init__(self, config: ExtractionConfig) -> None:
        super().__init__()
        widths = config.widths
        seen = BLOCK**3 * (len(WINDOWS) + 1)
        self.down = nn.ModuleList(nn.Sequential(convolved(a, b), convolved(b, b)) for a, b in pairwise((seen, *widths)))
        self.across = nn.ModuleList(nn.Conv3d(b, a, 1) for a, b in pairwise(widths))
        self.up = nn.ModuleList(convolved(a, a) for a in widths[:-1])
        self.out = nn.Conv3d(widths[0], BLOCK**3, 3, 1, 1)
        last = nn.Conv3d(FINE, 1, 3, 1, 1)
        nn.init.zeros_(last.weight)
        self.fine = nn.Sequential(nn.Conv3d(len(WINDOWS) + 1, FINE, 3, 1, 1), nn.ReLU(), last)

    def in_use(self, *given: Tensor) -> Tensor:
        """`ct` in `to_network`'s range, not clipped; `click_mm`: how far each voxel is from the click."""
        ct, click_mm = given
        seen = torch.cat([torch.tanh(gain * ct + offset) for gain, offset in WINDOWS], 1)
        x = blocks(torch.cat([seen, torch.exp(-click_mm / CLICK_MM)], 1))
        fine = []
        for level, layer in enumerate(self.down):
            x = layer(avg_pool3d(x, 2) if level else x)
            fine.append(x)
        for level in reversed(range(len(self.up))):
            x = interpolate(self.across[level](x), scale_factor=2.0, mode="trilinear", align_corners=False)
            x = self.up[level](x + fine[level])
        coarse = voxels(self.out(x))
        return coarse + self.fine(torch.cat([seen, coarse], 1))

    forward = in_use


def blocks(x: Tensor) -> Tensor:
    """(batch, c, z, y, x) to (batch, 8 c, z / 2, y / 2, x / 2)."""
    batch, c, *sides = x.shape
    parts = [part for side in sides for part in (side // BLOCK, BLOCK)]
    return x.reshape(batch, c, *parts).permute(0, 1, 3, 5, 7, 2, 4, 6).reshape(batch, -1, *parts[::2])


def voxels(x: Tensor) -> Tensor:
    """The inverse of :func:`blocks`, to one channel."""
    batch, _, *sides = x.shape
    split = x.reshape(batch, BLOCK, BLOCK, BLOCK, *sides).permute(0, 4, 1, 5, 2, 6, 3)
    return split.reshape(batch, 1, *(BLOCK * side for side in sides))
