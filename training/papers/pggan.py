"""PGGAN, and CPGGAN from boxes: they grow from 4 pixels a side (Han, sections 4.2.2 and 5.2.2; Karras 2018).

WGAN-GP with Karras's equalised rates, pixel norm and minibatch deviation; Adam 1e-3 (CPGGAN 2e-4), batch 16 (4), as
the thesis has them. It says nothing of channels, of how long a size is grown, nor of Adam's betas: the first GROWN of
the steps grow, half of each size fading in. Brain slices of 256 pixels there; nodule planes, and for CPGGAN fields of
64 mm, of 128 pixels here, for LIDC's voxels hold no more. CPGGAN's image of boxes is resized to, and put beside, what
each size begins with, and beside the image for the discriminator. The thesis found it better without normal images.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, leaky_relu

from SketchNoduleSynthLib.networks.layers import LEAK
from training.papers.layers import Equal, pixel_norm, twice, with_spread
from training.papers.samples import Sample, cropped
from training.papers.system import PENALTY_WEIGHT, Preset, System, Trainer

GROWN = 0.5
WIDEST = 4


def stage(progress: float, levels: int) -> tuple[int, float]:
    """The level that is grown, 0 for 4 pixels, and how much of it has faded in, 0 to 1."""
    at = min(progress / GROWN, 1.0) * (levels - 1)
    level = math.ceil(at)
    return level, min(2 * (1 - (level - at)), 1.0)


def widths(width: int, side: int) -> list[int]:
    """Channels at 4 pixels a side, 8 ... and `side`."""
    levels = side.bit_length() - 2
    return [width * min(2**k, WIDEST) for k in range(levels)][::-1]


def resized(images: Tensor, level: int, share: float) -> Tensor:
    """Real images at a level's size, as blurred as what is generated while the level fades in."""
    small = adaptive_avg_pool2d(images, 4 * 2**level)
    return small if share == 1 else torch.lerp(twice(avg_pool2d(small, 2)), small, share)


class Growing(nn.Module):
    """(n, latent), and a guide (n, guides, side, side), to (n, 1, s, s) at a level."""

    def __init__(self, latent: int, width: int, side: int, guides: int = 0) -> None:
        super().__init__()
        wide = widths(width, side)
        self.levels = len(wide)
        self.first = Equal(latent, wide[0] * 16, 1)
        self.blocks: Any = nn.ModuleList(
            nn.ModuleList([Equal(a + guides, b), Equal(b, b)]) for a, b in pairwise([wide[0], *wide])
        )
        self.images = nn.ModuleList(Equal(b, 1, 1) for b in wide)

    def forward(self, z: Tensor, guide: Tensor | None = None, progress: float = 1.0) -> Tensor:
        level, share = stage(progress, self.levels)
        x = self.first(pixel_norm(z)[:, :, None, None]).view(len(z), -1, 4, 4)
        before = x
        for number, block in enumerate(self.blocks[: level + 1]):
            before, x = x, x if number == 0 else twice(x)
            if guide is not None:
                x = torch.cat([x, adaptive_avg_pool2d(guide, x.shape[-1])], 1)
            for layer in block:
                x = pixel_norm(leaky_relu(layer(x), LEAK))
        image = self.images[level](x)
        return image if share == 1 else torch.lerp(twice(self.images[level - 1](before)), image, share)


class GrowingJudge(nn.Module):
    """(n, inputs, s, s) at a level to (n, 1)."""

    def __init__(self, width: int, side: int, inputs: int = 1) -> None:
        super().__init__()
        wide = widths(width, side)
        self.levels = len(wide)
        self.images = nn.ModuleList(Equal(inputs, b, 1) for b in wide)
        self.blocks: Any = nn.ModuleList(nn.ModuleList([Equal(b, b), Equal(b, a)]) for a, b in pairwise(wide))
        self.last = nn.Sequential(Equal(wide[0] + 1, wide[0]), nn.LeakyReLU(LEAK), nn.Flatten())
        self.head = nn.Linear(wide[0] * 16, 1)

    def forward(self, images: Tensor, progress: float = 1.0) -> Tensor:
        level, share = stage(progress, self.levels)
        x = leaky_relu(self.images[level](images), LEAK)
        for number in range(level, 0, -1):
            for layer in self.blocks[number - 1]:
                x = leaky_relu(layer(x), LEAK)
            x = avg_pool2d(x, 2)
            if number == level and share < 1:
                before = leaky_relu(self.images[level - 1](avg_pool2d(images, 2)), LEAK)
                x = torch.lerp(before, x, share)
        return self.head(self.last(with_spread(x)))


class PGGAN(System):
    name, source = "pggan", "Han, 4.2.2"
    presets: ClassVar = {
        "compact": Preset(64, 16, 64, 8, 6000, (1e-3, 1e-3), (0.0, 0.99)),
        "paper": Preset(128, 128, 512, 16, 100_000, (1e-3, 1e-3), (0.0, 0.99)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }
    guides, image = 0, "plane"

    def build(self) -> None:
        p = self.preset
        self.networks = {
            "generator": Growing(p.latent, p.width, p.side, self.guides),
            "judge": GrowingJudge(p.width, p.side, 1 + self.guides),
        }

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        generator, guide = self.networks["generator"], sample["box"] if self.guides else None
        fake = generator(self.noise(len(sample["plane"])), guide, progress)
        real = resized(sample[self.image], *stage(progress, generator.levels))
        if guide is not None:
            shown = adaptive_avg_pool2d(guide, fake.shape[-1])
            fake, real = (torch.cat([images, shown], 1) for images in (fake, real))
        judged, fooled = self.duel(run, "judge", "wgan", real, fake, PENALTY_WEIGHT, progress)
        run.descend("generator", fooled)
        return {"judged": judged, "fooled": fooled}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        return generator(self.noise(len(wanted["conditions"])), None, progress)


class CPGGAN(PGGAN):
    """It makes a field with a nodule in the box; judged is the plane cut out of it."""

    name, source = "cpggan", "Han, 5.2.2"
    presets: ClassVar = {
        "compact": Preset(64, 16, 64, 8, 6000, (1e-3, 1e-3), (0.0, 0.99)),
        "paper": Preset(128, 128, 512, 4, 3_000_000, (2e-4, 2e-4), (0.0, 0.99)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }
    guides, image = 1, "field"
    fields = True

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        fields = generator(self.noise(len(wanted["box"])), wanted["box"], progress)
        return cropped(fields, wanted["at_mm"], 2 * wanted["diameter_mm"], self.preset.side)
