"""Train the 3D MCGAN on real nodules: a box of noise in its surroundings becomes a nodule.

    python -m training.train_mcgan NODULES RUN_FOLDER
    torchrun --nproc-per-node 4 -m training.train_mcgan NODULES RUN_FOLDER

Stopped and started again with the same folder, it goes on where it was.

The thesis's setting (Han, section 6.2.1): LSGAN context and WGAN-GP nodule discriminator, labels flipped once in three
times, batch 16, Adam at 2e-4; `--l1 100` for its variant. On our data it learns too little to be bundled: the tissue
network (`training.train_tissue`) is what became of it.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from SketchNoduleSynthLib.networks import mcgan
from SketchNoduleSynthLib.networks.inputs import CONDITIONS
from SketchNoduleSynthLib.networks.layers import PatchDiscriminator, channels_last, tiled
from training import pictures
from training.command import begin, run_command, training_options
from training.data.dataset import Sample, VolumeDataset
from training.data.nodules import read_nodules
from training.loop import run_of
from training.losses import fool, gradient_penalty, judge

BATCH, STEPS = 16, 20_000
RATE, BETAS = 2e-4, (0.5, 0.999)
PENALTY_WEIGHT = 10.0
FLIP_EVERY = 3
GRID_SAMPLES = 4


def nodule_input(sample: Sample, box: Tensor) -> Tensor:
    """What the nodule discriminator sees: the box with its conditions."""
    return torch.cat([box, tiled(sample["conditions"], box)], 1).contiguous(memory_format=torch.channels_last_3d)


def generate(generator: nn.Module, sample: Sample) -> Tensor:
    """A box of each sample, (batch, 1, 32, 32, 32)."""
    x = mcgan.generator_input(sample["surroundings"], sample["noise"], sample["conditions"])
    return generator(x.contiguous(memory_format=torch.channels_last_3d))


def train(arguments: argparse.Namespace) -> None:
    begin(arguments)
    nodules = read_nodules(arguments.nodules)
    batch, steps = arguments.batch or BATCH, arguments.steps or STEPS
    network = mcgan.PRESETS[arguments.preset]
    models = {
        "generator": mcgan.MCGAN(network),
        "context": PatchDiscriminator(1, 64, 4, dims=3),
        "nodule": PatchDiscriminator(1 + CONDITIONS, 64, 3, dims=3, kind="none"),
    }
    models = {name: channels_last(model, 3) for name, model in models.items()}
    judges = [*models["context"].parameters(), *models["nodule"].parameters()]
    optimizers = {
        "adam_generator": torch.optim.Adam(models["generator"].parameters(), RATE, BETAS),
        "adam_discriminators": torch.optim.Adam(judges, RATE, BETAS),
    }
    dataset = VolumeDataset(nodules, steps * batch, arguments.seed, free_share=0.0)
    run = run_of(arguments, "mcgan", asdict(network), batch, models, optimizers, l1=arguments.l1)
    generator, context, nodule = (run.models[name] for name in ("generator", "context", "nodule"))
    shown = [{key: value[None] for key, value in dataset[index].items()} for index in range(min(GRID_SAMPLES, steps))]

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        rows = []
        for one in shown:
            sample = {key: value.to(run.accelerator.device) for key, value in one.items()}
            with torch.no_grad():
                made = mcgan.with_middle(sample["surroundings"], generate(averaged, sample))
            both = (made[0, 0], sample["surroundings"][0, 0])
            rows.append([plane for volume in both for plane in pictures.orthogonal(volume)])
        return pictures.grid(rows)

    def logits(sample: Sample, box: Tensor) -> tuple[Tensor, Tensor]:
        whole = mcgan.with_middle(sample["surroundings"], box)
        return context(whole.contiguous(memory_format=torch.channels_last_3d)), nodule(nodule_input(sample, box))

    epoch = max(len(nodules) // batch, 1)
    for sample in run.batches(dataset, batch, steps, arguments.workers, epoch, grid):
        fake, real = generate(generator, sample), mcgan.middle(sample["surroundings"])
        context_real, nodule_real = logits(sample, real)
        context_fake, nodule_fake = logits(sample, fake.detach())
        if run.step % FLIP_EVERY == 0:
            context_real, context_fake = context_fake, context_real
        judged = judge("lsgan", context_real, context_fake) + judge("wgan", nodule_real, nodule_fake)
        inner = [nodule_input(sample, box) for box in (real, fake.detach())]
        judged = judged + PENALTY_WEIGHT * gradient_penalty(run.accelerator.unwrap_model(nodule), *inner)
        run.descend("adam_discriminators", judged)
        context.requires_grad_(False)
        nodule.requires_grad_(False)
        context_fake, nodule_fake = logits(sample, fake)
        fooled = fool("lsgan", context_fake) + fool("wgan", nodule_fake)
        apart = l1_loss(fake, real)
        run.descend("adam_generator", fooled + arguments.l1 * apart)
        context.requires_grad_(True)
        nodule.requires_grad_(True)
        run.average()
        run.log(judged=judged, fooled=fooled, difference=apart)


if __name__ == "__main__":
    options = training_options(__doc__, tuple(mcgan.PRESETS))
    options.add_argument("--l1", type=float, default=0.0, help="weight of the difference from the real box")
    run_command(lambda: train(options.parse_args()))
