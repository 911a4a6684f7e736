"""SkrGAN: noise to a sketch, the sketch to an image (Zhang et al. 2019).

As the paper has it: the sketch by PGGAN's generator with a discriminator of its own (Adam 1e-3), the image by a U-Net
with another (Adam 2e-4), adversarial + 100 L1 against the real sketch's image; batch 16. The paper's 512 pixels are
128 here, for LIDC's voxels hold no more; WGAN-GP trains the sketch, for the paper's formula is the GAN's, its network
PGGAN's. `skrgan` learns from our sketches, the mask's outline and the edges around it, `skrgan-draft` from the
paper's drafts (`samples.draft`).
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, l1_loss

from SketchNoduleSynthLib.networks.layers import PatchDiscriminator
from SketchNoduleSynthLib.networks.pix2pix import Pix2Pix, Pix2PixConfig
from training.papers.pggan import Growing, GrowingJudge, resized, stage
from training.papers.samples import Sample
from training.papers.system import PENALTY_WEIGHT, Preset, System, Trainer

L1_WEIGHT = 100.0
EDGE_SHARE = 0.5
"""How bright the edges around the nodule are beside its outline."""


def unet(width: int, side: int) -> Pix2Pix:
    """The library's U-Net, down to one pixel."""
    levels = side.bit_length() - 1
    return Pix2Pix(Pix2PixConfig(tuple(width * min(2**k, 8) for k in range(levels)), dropout=0.0))


class SkrGAN(System):
    name, source = "skrgan", "Zhang et al."
    presets: ClassVar = {
        "compact": Preset(64, 16, 64, 8, 4000, (1e-3, 2e-4), (0.0, 0.99)),
        "paper": Preset(128, 64, 512, 16, 100_000, (1e-3, 2e-4), (0.0, 0.99)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        parts = {"sketch": Growing(p.latent, p.width, p.side), "render": unet(p.width, p.side)}
        self.networks = {
            "generator": nn.ModuleDict(parts),
            "sketch_judge": GrowingJudge(p.width, p.side),
            "image_judge": PatchDiscriminator(2, p.width, 3, dims=2),
        }

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """1e-3 for the sketch's networks, 2e-4 for the image's."""
        made = super().optimizers()
        sketch, image = self.preset.rates
        parts = self.networks["generator"]
        groups = [{"params": parts[k].parameters(), "lr": lr} for k, lr in (("sketch", sketch), ("render", image))]
        made["generator"] = torch.optim.Adam(groups, betas=self.preset.betas)
        made["sketch_judge"].param_groups[0]["lr"] = sketch
        return made

    def sketch_of(self, sample: Sample) -> Tensor:
        """The real sketch (n, 1, side, side) in [-1, 1], softened by a pixel, so that a few steps can draw it."""
        lines = torch.maximum(sample["line"], EDGE_SHARE * sample["lines"])
        return 2 * (2 * avg_pool2d(lines, 3, 1, 1)).clamp(max=1) - 1

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        parts, real, plane = self.networks["generator"], self.sketch_of(sample), sample["plane"]
        sketch = parts["sketch"](self.noise(len(plane)), None, progress)
        small = resized(real, *stage(progress, parts["sketch"].levels))
        drawn, misdrawn = self.duel(run, "sketch_judge", "wgan", small, sketch, PENALTY_WEIGHT, progress)
        image = parts["render"](real)
        pair, made = (torch.cat([real, images], 1) for images in (plane, image))
        judged, fooled = self.duel(run, "image_judge", "cgan", pair, made)
        apart = l1_loss(image, plane)
        run.descend("generator", misdrawn + fooled + L1_WEIGHT * apart)
        return {"drawn": drawn, "judged": judged, "fooled": fooled, "apart": apart}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        z = self.noise(len(wanted["conditions"]))
        sketch = generator["sketch"](z, None, progress)
        side = self.preset.side
        sketch = nn.functional.interpolate(sketch, (side, side), mode="bilinear", align_corners=False)
        return generator["render"](sketch.clamp(-1, 1))


class SkrGANDraft(SkrGAN):
    """From the paper's own drafts."""

    name = "skrgan-draft"

    def sketch_of(self, sample: Sample) -> Tensor:
        return 2 * sample["draft"] - 1
