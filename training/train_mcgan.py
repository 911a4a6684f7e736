"""Train the 3D MCGAN on real nodules: a box of noise in its surroundings becomes a nodule.

    python -m training.train_mcgan NODULES RUN_FOLDER
    torchrun --nproc-per-node 4 -m training.train_mcgan NODULES RUN_FOLDER

Stopped and started again with the same folder, it goes on where it was.

`--preset paper` is the thesis's (Han, section 6.2.1): LSGAN context and WGAN-GP nodule discriminator, labels flipped
once in three times, batch 16, Adam at 2e-4, no drawing; `--l1 100` for its variant. `compact`, which is bundled: hinge
loss and spectral norm for the nodule discriminator (one gradient less a step); two boxes a sample with noise of
their own and the energy score, which asks for the spread that real nodules have; and a third of the samples at
free sites, as in use.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from SketchNoduleSynthLib.networks import mcgan
from SketchNoduleSynthLib.networks.conditions import CONDITIONS, tiled
from SketchNoduleSynthLib.networks.layers import PatchDiscriminator, channels_last
from training import pictures
from training.command import begin, run_command, start_from, training_options
from training.data.dataset import TWINS, Sample, VolumeDataset
from training.data.nodules import read_nodules
from training.loop import Run, accelerator
from training.losses import DISCRIMINATOR_GAIN, energy_score, fool, gradient_penalty, judge

PENALTY_WEIGHT = 10.0
FLIP_EVERY = 3
DRAWN = slice(14, 18)
"""The planes around the drawing count more than the rest: there the network is told what it shall make."""
DRAWN_WEIGHT = 1.5
GRID_SAMPLES = 4


@dataclass(frozen=True)
class Setting:
    """How a preset is trained; `twins` boxes a sample, compared by the energy score (one: by L1)."""

    nodule_loss: str
    twins: int
    weight: float
    gain: float
    flip: bool
    free_share: float
    batch: int
    steps: int
    rates: tuple[float, float]
    betas: tuple[float, float]


SETTINGS = {
    "paper": Setting("wgan", 1, 0.0, 1.0, True, 0.0, 16, 20_000, (2e-4, 2e-4), (0.5, 0.999)),
    "compact": Setting("hinge", TWINS, 10.0, DISCRIMINATOR_GAIN, False, 0.35, 6, 6000, (3e-4, 4e-4), (0.5, 0.99)),
}


def discriminators(preset: str, sketch: bool) -> dict[str, nn.Module]:
    """`context` sees the VOI, `nodule` the box with its conditions; both the drawing, if there is one."""
    if preset == "paper":
        return {
            "context": PatchDiscriminator(1 + sketch, 64, 4, dims=3),
            "nodule": PatchDiscriminator(1 + sketch + CONDITIONS, 64, 3, dims=3, kind="none"),
        }
    return {
        "context": PatchDiscriminator(1 + sketch, 24, 4, dims=3, spectral=True),
        "nodule": PatchDiscriminator(1 + sketch + CONDITIONS, 32, 3, dims=3, spectral=True),
    }


def seen(sample: Sample, surroundings: Tensor, box: Tensor, gain: float, sketch: bool) -> tuple[Tensor, Tensor]:
    """What the context and the nodule discriminator see of `box` in `surroundings`."""
    times = len(box) // len(surroundings)
    around, drawn, conditions = (
        part.repeat_interleave(times, 0) for part in (surroundings, sample["sketch"], sample["conditions"])
    )
    whole, inner = [gain * mcgan.with_middle(around, box)], [gain * box]
    if sketch:
        whole.append(drawn)
        inner.append(mcgan.middle(drawn))
    layout = torch.channels_last_3d
    inner.append(tiled(conditions, box))
    return torch.cat(whole, 1).contiguous(memory_format=layout), torch.cat(inner, 1).contiguous(memory_format=layout)


def generate(generator: nn.Module, sample: Sample, twins: int, sketch: bool) -> Tensor:
    """`twins` boxes of each sample (batch x twins, 1, 32, 32, 32)."""
    around, drawn, conditions = (
        sample[key].repeat_interleave(twins, 0) for key in ("surroundings", "sketch", "conditions")
    )
    noise = sample["noise"][:, :twins].flatten(0, 1)
    x = mcgan.generator_input(around, noise, conditions, drawn if sketch else None)
    return generator(x.contiguous(memory_format=torch.channels_last_3d))


def difference(sample: Sample, fake: Tensor, twins: int) -> Tensor:
    """From the real box; samples at free sites, which have none, do not count."""
    real = mcgan.middle(sample["real"])
    if twins == 1:
        return l1_loss(fake, real)
    one, two = fake.unflatten(0, (-1, twins)).unbind(1)
    score = energy_score(one, two, real)
    score = score + DRAWN_WEIGHT * energy_score(one[:, 0, DRAWN], two[:, 0, DRAWN], real[:, 0, DRAWN])
    return (score * sample["paired"]).sum() / sample["paired"].sum().clamp(min=1)


def train(arguments: argparse.Namespace) -> None:
    begin(arguments)
    nodules = read_nodules(arguments.nodules)
    setting = SETTINGS[arguments.preset]
    batch, steps = arguments.batch or setting.batch, arguments.steps or setting.steps
    weight = setting.weight if arguments.l1 is None else arguments.l1
    network = mcgan.PRESETS[arguments.preset]
    models = {"generator": mcgan.MCGAN(network), **discriminators(arguments.preset, network.sketch)}
    models = {name: channels_last(model, 3) for name, model in models.items()}
    if arguments.start:
        start_from(arguments.start, models)
    judges = [*models["context"].parameters(), *models["nodule"].parameters()]
    optimizers = {
        "adam_generator": torch.optim.Adam(models["generator"].parameters(), setting.rates[0], setting.betas),
        "adam_discriminators": torch.optim.Adam(judges, setting.rates[1], setting.betas),
    }
    config = {"model": "mcgan", "preset": arguments.preset, "batch": batch, "seed": arguments.seed, "weight": weight}
    run = Run(
        arguments.run,
        config | {"network": asdict(network)},
        models,
        optimizers,
        accelerator(arguments.bf16, arguments.cpu),
    )
    generator, context, nodule = (run.models[name] for name in ("generator", "context", "nodule"))
    dataset = VolumeDataset(nodules, steps * batch, arguments.seed, free_share=setting.free_share)
    shown = [{key: value[None] for key, value in dataset[index].items()} for index in range(min(GRID_SAMPLES, steps))]

    def logits(sample: Sample, surroundings: Tensor, box: Tensor) -> tuple[Tensor, Tensor]:
        whole, inner = seen(sample, surroundings, box, setting.gain, network.sketch)
        return context(whole), nodule(inner)

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        rows = []
        for one in shown:
            sample = {key: value.to(run.accelerator.device) for key, value in one.items()}
            with torch.no_grad():
                fake = generate(averaged, sample, setting.twins, network.sketch)
            made = mcgan.with_middle(sample["surroundings"].expand(len(fake), -1, -1, -1, -1), fake)
            rows.append(
                [plane for volume in (*made[:, 0], sample["real"][0, 0]) for plane in pictures.orthogonal(volume)]
            )
        return pictures.grid(rows)

    epoch = max(len(nodules) // batch, 1)
    for sample in run.batches(dataset, batch, steps, arguments.workers, epoch, grid):
        fake = generate(generator, sample, setting.twins, network.sketch)
        real = mcgan.middle(sample["real"])
        context_real, nodule_real = logits(sample, sample["real"], real)
        context_fake, nodule_fake = logits(sample, sample["surroundings"], fake.detach())
        if setting.flip and run.step % FLIP_EVERY == 0:
            context_real, context_fake = context_fake, context_real
        judged = judge("lsgan", context_real, context_fake) + judge(setting.nodule_loss, nodule_real, nodule_fake)
        if setting.nodule_loss == "wgan":
            inner = [
                seen(sample, sample["real"], box, setting.gain, network.sketch)[1] for box in (real, fake.detach())
            ]
            judged = judged + PENALTY_WEIGHT * gradient_penalty(run.accelerator.unwrap_model(nodule), *inner)
        run.descend("adam_discriminators", judged)
        context.requires_grad_(False)
        nodule.requires_grad_(False)
        context_fake, nodule_fake = logits(sample, sample["surroundings"], fake)
        fooled = fool("lsgan", context_fake) + fool(setting.nodule_loss, nodule_fake)
        apart = difference(sample, fake, setting.twins)
        run.descend("adam_generator", fooled + weight * apart)
        context.requires_grad_(True)
        nodule.requires_grad_(True)
        run.average()
        run.log(judged=judged, fooled=fooled, difference=apart)


if __name__ == "__main__":
    options = training_options(__doc__)
    options.add_argument("--l1", type=float, help="weight of the difference from the real box; default: the preset's")
    run_command(lambda: train(options.parse_args()))
