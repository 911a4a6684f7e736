"""InfoGAN with shape parameters: noise, class and codes to a nodule plane (Chen 2016), from which Toda et al. started.

Their earlier work is cited, not described, in the paper we follow: "InfoGAN, which provides additional parameters for
shape control". So: the codes are found without supervision, as InfoGAN does, and read from the image by a head on the
discriminator; size and attenuation, which are known, are given to both networks. Channels as DCGAN's.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from SketchNoduleSynthLib.networks.inputs import CONDITIONS
from SketchNoduleSynthLib.networks.layers import tiled
from training.losses import fool, judge
from training.papers.dcgan import Generator, Judge
from training.papers.samples import Sample
from training.papers.system import Preset, System, Trainer

CODES = 3
"""Shape parameters, uniform in [-1, 1]."""
INFORMATION_WEIGHT = 1.0


class InfoGAN(System):
    name, source = "infogan", "cited by Toda et al."
    presets: ClassVar = {
        "compact": Preset(),
        "paper": Preset(128, 64, 62, 64, 100_000, (1e-3, 2e-4)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        self.networks = {
            "generator": Generator(p.latent + CONDITIONS + CODES, p.width, p.side),
            "judge": Judge(p.width, p.side, 1 + CONDITIONS, outputs=1 + CODES),
        }

    def codes(self, conditions: Tensor) -> Tensor:
        return 2 * torch.rand(len(conditions), CODES, device=conditions.device) - 1

    def seen(self, plane: Tensor, conditions: Tensor) -> tuple[Tensor, Tensor]:
        """The judge's logit of planes and the codes that it reads from them."""
        found = self.networks["judge"](torch.cat([plane, tiled(conditions, plane)], 1))
        return found[:, :1], found[:, 1:]

    def made(self, generator: Any, conditions: Tensor, codes: Tensor) -> Tensor:
        return generator(torch.cat([self.noise(len(codes)), conditions, codes], 1))

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        conditions = sample["conditions"]
        codes = self.codes(conditions)
        fake = self.made(self.networks["generator"], conditions, codes)
        real, _ = self.seen(sample["plane"], conditions)
        made, read = self.seen(fake.detach(), conditions)
        judged = judge("cgan", real, made)
        run.descend("judge", judged + INFORMATION_WEIGHT * mse_loss(read, codes))
        made, read = self.seen(fake, conditions)
        fooled, unread = fool("cgan", made), mse_loss(read, codes)
        run.descend("generator", fooled + INFORMATION_WEIGHT * unread)
        return {"judged": judged, "fooled": fooled, "unread": unread}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        conditions = wanted["conditions"]
        return self.made(generator, conditions, self.codes(conditions))
