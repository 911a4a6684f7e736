"""What every system of the papers is: networks, one training step, and samples for what is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from training.losses import fool, gradient_penalty, judge
from training.papers.samples import Sample

PENALTY_WEIGHT = 10.0


@dataclass(frozen=True)
class Preset:
    """How large a system is and how it is trained. `side`: pixels of its images; `rates`: of the generator's and the
    discriminators' Adam; `steps`: where no minutes are given."""

    side: int = 64
    width: int = 32
    latent: int = 64
    batch: int = 16
    steps: int = 6000
    rates: tuple[float, float] = (2e-4, 2e-4)
    betas: tuple[float, float] = (0.5, 0.999)


class Trainer(Protocol):
    """What a step needs of `training.loop.Run`."""

    step: int

    def descend(self, name: str, loss: Tensor) -> None: ...


class System(ABC):
    """`networks` holds "generator", all that samples come from, whose average is kept, and what trains it.

    `drawn`: made from the `line` that is asked for; `fields`: it learns from fields, and not from planes; `base`: the
    system whose images it refines.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    presets: ClassVar[dict[str, Preset]]
    drawn: ClassVar[bool] = False
    fields: ClassVar[bool] = False
    base: ClassVar[str | None] = None

    def __init__(self, preset: Preset, base: Sampler | None = None) -> None:
        self.preset, self.refined = preset, base
        self.networks: dict[str, Any] = {}
        self.build()

    @abstractmethod
    def build(self) -> None:
        """Make `networks`."""

    @abstractmethod
    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        """Train once; `progress`, 0 to 1, is the share of the steps that are done. Returns figures for the log."""

    @abstractmethod
    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        """Nodule planes (n, 1, side, side) in [-1, 1] for what :func:`samples.asked` asks for, by `generator`."""

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """One for each network that has something to train, under its name."""
        rates = {name: self.preset.rates[name != "generator"] for name in self.networks}
        return {
            name: torch.optim.Adam(network.parameters(), rates[name], self.preset.betas)
            for name, network in self.networks.items()
            if any(True for _ in network.parameters())
        }

    def duel(
        self, run: Trainer, name: str, loss: str, real: Tensor, fake: Tensor, penalty: float = 0.0, *given: float
    ) -> tuple[Tensor, Tensor]:
        """Train the discriminator `name` once; its loss, and the generator's against it (`training.losses`).

        `penalty`: weight of WGAN-GP's; `given`: what the network takes beside images.
        """
        network = self.networks[name].requires_grad_(True)

        def score(images: Tensor) -> Tensor:
            return network(images, *given)

        judged = judge(loss, score(real), score(fake.detach()))
        if penalty:
            judged = judged + penalty * gradient_penalty(score, real, fake.detach())
        run.descend(name, judged)
        network.requires_grad_(False)
        return judged, fool(loss, score(fake))

    def noise(self, count: int) -> Tensor:
        """Standard normal numbers (count, latent)."""
        device = next(self.networks["generator"].parameters()).device
        return torch.randn(count, self.preset.latent, device=device)


@dataclass(frozen=True)
class Sampler:
    """A trained system: asked again, it gives other images."""

    system: System
    generator: nn.Module

    def __call__(self, wanted: Sample) -> Tensor:
        with torch.no_grad():
            return self.system.sample(self.generator, wanted).clamp(-1, 1)
