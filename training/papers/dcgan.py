"""DCGAN and WGAN-GP: noise to a nodule plane (Han, Pathology-aware GANs, section 3.2.2; Radford 2016, Gulrajani 2017).

As the thesis has it: 4 x 4 kernels, half of Radford's channels, no tanh, ELU in the discriminator, Adam 2e-4 (WGAN:
RMSprop 5e-5, weights clipped). Here WGAN has the gradient penalty, and so Adam and no batch norm in its critic, which
would tie a batch's gradients together. The thesis does not give Adam's betas (Radford's 0.5) nor the latent's length.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from SketchNoduleSynthLib.networks.layers import Up, norm
from training.papers.samples import Sample
from training.papers.system import PENALTY_WEIGHT, Preset, System, Trainer

WIDEST = 8
FIRST_SPREAD = 0.02
CRITIC_STEPS = 2
"""Of WGAN-GP's critic for one of the generator; Gulrajani has 5."""


def widths(width: int, side: int) -> list[int]:
    """Channels at 4 pixels a side, 8, 16 ... and `side` / 2."""
    levels = side.bit_length() - 3
    return [width * min(2**k, WIDEST) for k in range(levels)][::-1]


def small_at_first(layer: nn.Module) -> None:
    """Radford's weights to begin with: without them the discriminator wins at once."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, std=FIRST_SPREAD)


class Generator(nn.Module):
    """(n, latent) to (n, 1, side, side), at first all of the grey `begins`."""

    def __init__(self, latent: int, width: int, side: int, begins: float = 0.0) -> None:
        super().__init__()
        wide = widths(width, side)
        last = nn.ConvTranspose2d(wide[-1], 1, 4, 2, 1)
        last.bias = nn.Parameter(torch.full((1,), begins))
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(latent, wide[0], 4),
            nn.BatchNorm2d(wide[0]),
            nn.ReLU(),
            *(Up(a, b, "batch", 2, resize=False) for a, b in pairwise(wide)),
            last,
        )
        self.apply(small_at_first)

    def forward(self, z: Tensor) -> Tensor:
        return self.layers(z[:, :, None, None])


class Judge(nn.Module):
    """(n, inputs, side, side) to (n, outputs)."""

    def __init__(self, width: int, side: int, inputs: int = 1, kind: str = "batch", outputs: int = 1) -> None:
        super().__init__()
        wide = widths(width, side)[::-1]
        layers: list[nn.Module] = []
        for number, (a, b) in enumerate(pairwise([inputs, *wide])):
            layers += [nn.Conv2d(a, b, 4, 2, 1), norm(kind if number else "none", b, 2), nn.ELU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(wide[-1] * 16, outputs))
        self.apply(small_at_first)

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class DCGAN(System):
    name, source = "dcgan", "Han, 3.2.2"
    presets: ClassVar = {
        "compact": Preset(),
        "paper": Preset(128, 32, 100, 64, 100_000),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        self.networks = {"generator": Generator(p.latent, p.width, p.side), "judge": Judge(p.width, p.side)}

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        fake = self.networks["generator"](self.noise(len(sample["plane"])))
        judged, fooled = self.duel(run, "judge", "cgan", sample["plane"], fake)
        run.descend("generator", fooled)
        return {"judged": judged, "fooled": fooled}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        return generator(self.noise(len(wanted["conditions"])))


class WGAN(DCGAN):
    name, source = "wgan-gp", "Han, 3.2.2"
    presets: ClassVar = {
        "compact": Preset(betas=(0.0, 0.9)),
        "paper": Preset(128, 32, 100, 64, 100_000, (5e-5, 5e-5), (0.0, 0.9)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        judge = Judge(p.width, p.side, kind="none")
        self.networks = {"generator": Generator(p.latent, p.width, p.side), "judge": judge}

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        fake = self.networks["generator"](self.noise(len(sample["plane"])))
        judged, fooled = self.duel(run, "judge", "wgan", sample["plane"], fake, PENALTY_WEIGHT)
        if run.step % CRITIC_STEPS == 0:
            run.descend("generator", fooled)
        return {"judged": judged, "fooled": fooled}
