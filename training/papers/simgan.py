"""PGGAN's planes refined by SimGAN (Han, section 4.2.3; Shrivastava 2017).

A residual network that begins as the identity, held to its input by L1, a discriminator of patches, half of whose fakes
come from a history of earlier ones. Han: SGD 1e-4, batch 10, 20,000 steps; with so little SGD moves nothing in the
steps of `compact`, which has Adam. The weight of L1 the thesis does not give.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from SketchNoduleSynthLib.networks.layers import PatchDiscriminator
from training.losses import fool, judge
from training.papers.layers import History, Translator
from training.papers.samples import Sample
from training.papers.system import Preset, Sampler, System, Trainer

L1_WEIGHT = 5.0
HISTORY = 100


class Refiner(System):
    """What refines another system's images."""

    base: ClassVar[str | None] = "pggan"
    refined: Sampler

    def unrefined(self, sample: Sample) -> Tensor:
        return self.refined(sample)


class SimGAN(Refiner):
    name, source = "pggan+simgan", "Han, 4.2.3"
    presets: ClassVar = {
        "compact": Preset(64, 16, batch=8, steps=4000),
        "paper": Preset(128, 64, batch=10, steps=20_000, rates=(1e-4, 1e-4)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        self.networks = {
            "generator": Translator(p.width, 4),
            "judge": PatchDiscriminator(1, p.width, 3, dims=2, kind="none"),
            "history": History(HISTORY, p.side),
        }

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        if self.preset != self.presets["paper"]:
            return super().optimizers()
        return {k: torch.optim.SGD(self.networks[k].parameters(), 1e-4) for k in ("generator", "judge")}

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        given = self.unrefined(sample)
        made = self.networks["generator"](given)
        network = self.networks["judge"].requires_grad_(True)
        shown = self.networks["history"].exchange(made)
        judged = judge("lsgan", network(sample["plane"]), network(shown))
        run.descend("judge", judged)
        network.requires_grad_(False)
        fooled, apart = fool("lsgan", network(made)), l1_loss(made, given)
        run.descend("generator", fooled + L1_WEIGHT * apart)
        return {"judged": judged, "fooled": fooled, "apart": apart}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        return generator(self.unrefined(wanted))
