"""PGGAN's planes refined by MUNIT (Han, section 4.2.3; Huang 2018).

Two domains, PGGAN's planes and real ones, each with an encoder of content, one of style and a decoder whose residual
blocks the style scales (AdaIN): the content of one with a style of the other. Reconstruction of images (10), content
and style (1), least squares GAN, as Huang has them; Han: Adam 1e-4 halved each 20,000 steps, batch 1, 100,000 steps.
Channels and depth are Huang's in `paper`; the halving is left out.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from SketchNoduleSynthLib.networks.layers import LEAK, PatchDiscriminator, down
from training.papers.layers import Residual, twice
from training.papers.samples import Sample
from training.papers.simgan import Refiner
from training.papers.system import Preset, Trainer

STYLE, BLOCKS = 8, 2
IMAGE_WEIGHT = 10.0


class Coder(nn.Module):
    """Of one domain: images (n, 1, s, s) to content (n, 4 x width, s / 4, s / 4) and style (n, STYLE), and back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        first = [nn.Conv2d(1, width, 5, 1, 2), nn.LeakyReLU(LEAK), down(width, 2 * width, "none", 2)]
        self.inner = nn.Sequential(
            *first, down(2 * width, 4 * width, "none", 2), *(Residual(4 * width) for _ in range(BLOCKS))
        )
        self.styled = nn.Sequential(
            nn.Conv2d(1, width, 5, 1, 2), nn.LeakyReLU(LEAK), down(width, 2 * width, "none", 2),
            down(2 * width, 4 * width, "none", 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, STYLE),
        )  # fmt: skip
        self.affine = nn.Linear(STYLE, BLOCKS * 16 * width)
        self.blocks: Any = nn.ModuleList(Residual(4 * width) for _ in range(BLOCKS))
        self.up = nn.ModuleList(nn.Conv2d(4 * width // 2**k, 2 * width // 2**k, 3, 1, 1) for k in range(2))
        self.last = nn.Conv2d(width, 1, 5, 1, 2)

    def split(self, images: Tensor) -> tuple[Tensor, Tensor]:
        return self.inner(images), self.styled(images)

    def forward(self, content: Tensor, style: Tensor) -> Tensor:
        x = content
        for block, led in zip(self.blocks, self.affine(style).chunk(BLOCKS, 1), strict=True):
            x = block(x, led)
        for layer in self.up:
            x = torch.relu(layer(twice(x)))
        return torch.tanh(self.last(x))


class MUNIT(Refiner):
    name, source = "pggan+munit", "Han, 4.2.3"
    presets: ClassVar = {
        "compact": Preset(64, 16, batch=8, steps=4000),
        "paper": Preset(128, 64, batch=1, steps=100_000, rates=(1e-4, 1e-4)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        judges = {name: PatchDiscriminator(1, p.width, 3, dims=2, kind="none") for name in ("real", "made")}
        self.networks = {
            "generator": nn.ModuleDict({"real": Coder(p.width), "made": Coder(p.width)}),
            **{f"judge_{name}": judge for name, judge in judges.items()},
        }

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        real, made = self.networks["generator"].children()
        images = {"real": sample["plane"], "made": self.unrefined(sample)}
        parts = {name: coder.split(images[name]) for name, coder in (("real", real), ("made", made))}
        losses, figures = [], {}
        for name, other, coder in (("real", "made", real), ("made", "real", made)):
            content, style = parts[name]
            losses.append(IMAGE_WEIGHT * l1_loss(coder(content, style), images[name]))
            new = torch.randn_like(style)
            crossed = coder(parts[other][0], new)
            found, read = coder.split(crossed)
            losses += [l1_loss(found, parts[other][0].detach()), l1_loss(read, new)]
            figures[f"judged_{name}"], fooled = self.duel(run, f"judge_{name}", "lsgan", images[name], crossed)
            losses.append(fooled)
        loss = torch.stack(losses).sum()
        run.descend("generator", loss)
        return figures | {"all": loss}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        real, made = generator.children()
        content, _ = made.split(self.unrefined(wanted))
        return real(content, torch.randn(len(content), STYLE, device=content.device))
