"""Train pix2pix or, with --model stylepix2pix, StylePix2pix, on real nodules.

    python -m training.train_pix2pix NODULES RUN_FOLDER --model stylepix2pix
    torchrun --nproc-per-node 4 -m training.train_pix2pix NODULES RUN_FOLDER

Stopped and started again with the same folder, it goes on where it was.

`--preset paper` is Toda et al.'s: all of the plane from its Canny edges, cGAN + 100 L1, batch 5, Adam (0.9, 0.999) at
1e-5, 400 epochs. `compact`, which is bundled, sees the surroundings and fills a hole: hinge loss with spectral norm;
two images a sample, with noise and style of their own, and the energy score instead of L1, for L1 makes a style do
nothing; and a third of the samples at free sites, as in use.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, l1_loss

from SketchNoduleSynthLib.networks import pix2pix, stylepix2pix
from SketchNoduleSynthLib.networks.architectures import build
from SketchNoduleSynthLib.networks.layers import PatchDiscriminator, channels_last
from training import pictures
from training.command import begin, run_command, training_options
from training.data.dataset import TWINS, NoduleDataset, PaperPlaneDataset, PlaneDataset, Sample
from training.data.nodules import read_nodules
from training.loop import run_of
from training.losses import DISCRIMINATOR_GAIN, energy_score, fool, judge

PRESETS: dict[str, dict[str, Any]] = {"pix2pix": pix2pix.PRESETS, "stylepix2pix": stylepix2pix.PRESETS}
GRID_SAMPLES = 6


@dataclass(frozen=True)
class Setting:
    """How a preset is trained; `weight` is of L1 (paper) or of the energy score (compact)."""

    loss: str
    weight: float
    batch: int
    steps: int
    rates: tuple[float, float]
    betas: tuple[float, float]


SETTINGS = {
    "paper": Setting("cgan", 100.0, 5, 70_000, (1e-5, 1e-5), (0.9, 0.999)),
    "compact": Setting("hinge", 10.0, 8, 9000, (2e-4, 4e-4), (0.5, 0.99)),
}


class InContext:
    """The compact preset: two planes a sample, generated inside the hole."""

    dataset: type[NoduleDataset] = PlaneDataset

    def discriminator(self) -> nn.Module:
        return PatchDiscriminator(4, 32, 4, dims=2, spectral=True)

    def generate(self, generator: nn.Module, sample: Sample) -> Tensor:
        """Twins of each sample (batch x 2, 1, 128, 128)."""
        each = {
            key: sample[key].repeat_interleave(TWINS, 0) for key in ("lesion", "lines", "plane", "hole", "conditions")
        }
        styled = isinstance(getattr(generator, "module", generator), stylepix2pix.StylePix2Pix)
        # A style's twins share their noise, so that it is the style that makes them differ.
        noise = sample["noise"][:, :1].expand_as(sample["noise"]) if styled else sample["noise"]
        x = pix2pix.in_context(**each, noise=noise.flatten(0, 1)).contiguous(memory_format=torch.channels_last)
        return generator(x, sample["style"].flatten(0, 1)) if styled else generator(x)

    def difference(self, sample: Sample, fake: Tensor) -> Tensor:
        """The energy score, over the holes' share of the planes; where there is no real plane, nothing."""
        one, two = fake.unflatten(0, (-1, TWINS)).unbind(1)
        score = energy_score(one, two, sample["real_plane"]) * sample["paired"]
        return score.sum() / (sample["hole"].mean((1, 2, 3)) * sample["paired"]).sum().clamp(min=1e-3)

    def logits(self, judge: nn.Module, sample: Sample, plane: Tensor, real: bool) -> Tensor:
        """Of the patches that hold some of the hole: elsewhere real and fake are the same."""
        times = 1 if real else TWINS
        lines = sample["real_lines" if real else "lines"]
        given = [part.repeat_interleave(times, 0) for part in (sample["lesion"], lines, sample["hole"])]
        judged = judge(torch.cat([*given, DISCRIMINATOR_GAIN * plane], 1).contiguous(memory_format=torch.channels_last))
        return judged[adaptive_max_pool2d(given[2], judged.shape[2:]) > 0]

    def row(self, generator: nn.Module, sample: Sample) -> list[Tensor]:
        """Of one sample: the drawing, the site, the twins and the real plane."""
        fakes = self.generate(generator, sample)
        return [
            part[0, 0] for part in (2 * sample["lesion"] - 1, sample["plane"], fakes, fakes[1:], sample["real_plane"])
        ]


class WholePlane:
    """The paper's preset: one whole plane a sample, from its edges."""

    dataset: type[NoduleDataset] = PaperPlaneDataset

    def discriminator(self) -> nn.Module:
        return PatchDiscriminator(2, 64, 3, dims=2)

    def generate(self, generator: nn.Module, sample: Sample) -> Tensor:
        x = (2 * sample["lines"] - 1).contiguous(memory_format=torch.channels_last)
        styled = isinstance(getattr(generator, "module", generator), stylepix2pix.StylePix2Pix)
        return generator(x, sample["style"]) if styled else generator(x)

    def difference(self, sample: Sample, fake: Tensor) -> Tensor:
        return l1_loss(fake, sample["real_plane"])

    def logits(self, judge: nn.Module, sample: Sample, plane: Tensor, real: bool) -> Tensor:
        return judge(torch.cat([sample["lines"], plane], 1).contiguous(memory_format=torch.channels_last))

    def row(self, generator: nn.Module, sample: Sample) -> list[Tensor]:
        """Of one sample: the edges, the fake and the real plane."""
        return [
            part[0, 0] for part in (2 * sample["lines"] - 1, self.generate(generator, sample), sample["real_plane"])
        ]


def train(arguments: argparse.Namespace) -> None:
    begin(arguments)
    nodules = read_nodules(arguments.nodules)
    setting = SETTINGS[arguments.preset]
    batch, steps = arguments.batch or setting.batch, arguments.steps or setting.steps
    way: InContext | WholePlane = WholePlane() if arguments.preset == "paper" else InContext()
    network = asdict(PRESETS[arguments.model][arguments.preset])
    models = {"generator": build(arguments.model, network), "discriminator": way.discriminator()}
    models = {name: channels_last(model, 2) for name, model in models.items()}
    optimizers = {
        f"adam_{name}": torch.optim.Adam(model.parameters(), rate, setting.betas)
        for (name, model), rate in zip(models.items(), setting.rates, strict=True)
    }
    dataset = way.dataset(nodules, steps * batch, arguments.seed)
    run = run_of(arguments, arguments.model, network, batch, models, optimizers)
    generator, discriminator = run.models["generator"], run.models["discriminator"]
    shown = [{key: value[None] for key, value in dataset[index].items()} for index in range(min(GRID_SAMPLES, steps))]

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        device = run.accelerator.device
        with torch.no_grad():
            return pictures.grid([way.row(averaged, {k: v.to(device) for k, v in one.items()}) for one in shown])

    epoch = max(len(nodules) // batch, 1)
    for sample in run.batches(dataset, batch, steps, arguments.workers, epoch, grid):
        fake = way.generate(generator, sample)
        judged = judge(
            setting.loss,
            way.logits(discriminator, sample, sample["real_plane"], real=True),
            way.logits(discriminator, sample, fake.detach(), real=False),
        )
        run.descend("adam_discriminator", judged)
        discriminator.requires_grad_(False)
        fooled = fool(setting.loss, way.logits(discriminator, sample, fake, real=False))
        difference = way.difference(sample, fake)
        run.descend("adam_generator", fooled + setting.weight * difference)
        discriminator.requires_grad_(True)
        run.average()
        run.log(discriminator=judged, fooled=fooled, difference=difference)


if __name__ == "__main__":
    options = training_options(__doc__)
    options.add_argument("--model", choices=tuple(PRESETS), default="pix2pix")
    run_command(lambda: train(options.parse_args()))
