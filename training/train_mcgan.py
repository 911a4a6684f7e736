"""Train the compact 3D MCGAN with the sketch channel, on real nodules with their masks.

    python -m training.train_mcgan NODULES.npz RUN_FOLDER --steps 3000 --batch 8

Stopped and started again with the same folder, it goes on where it was. Differences from the thesis: hinge loss and
spectral norm for the nodule discriminator instead of WGAN-GP (one gradient less a step), no label flips, L1 x 10
and more of it around the drawing.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from SketchNoduleSynthLib.networks import mcgan
from SketchNoduleSynthLib.networks.conditions import CONDITIONS, tiled
from SketchNoduleSynthLib.networks.layers import PatchDiscriminator, channels_last
from training.dataset import VolumeDataset
from training.loop import Run
from training.losses import DISCRIMINATOR_GAIN, fool, judge
from training.nodules import read_nodules
from training.train_pix2pix import parser

L1_WEIGHT = 10.0
PLANE_WEIGHT = 0.5
DRAWN = slice(14, 18)
"""The planes around the drawing count more: there the network is told what it shall make."""


def train(arguments: argparse.Namespace) -> None:
    """The whole training, top to bottom."""
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    layout = torch.channels_last_3d
    preset = mcgan.PRESETS["compact"]
    generator = channels_last(mcgan.MCGAN(preset), 3)
    context = channels_last(PatchDiscriminator(2, 24, 4, dims=3, spectral=True), 3)
    nodule = channels_last(PatchDiscriminator(2 + CONDITIONS, 32, 3, dims=3, spectral=True), 3)
    judges = [*context.parameters(), *nodule.parameters()]
    optimizers = {
        "adam_generator": torch.optim.Adam(generator.parameters(), 3e-4, (0.5, 0.99)),
        "adam_discriminators": torch.optim.Adam(judges, 4e-4, (0.5, 0.99)),
    }
    config = {"model": "mcgan", "preset": "compact", **asdict(preset)}
    run = Run(arguments.run, config, {"generator": generator, "context": context, "nodule": nodule}, optimizers)
    dataset = VolumeDataset(read_nodules(arguments.nodules), arguments.steps * arguments.batch, arguments.seed)

    def discriminate(sample: dict[str, Tensor], box: Tensor) -> tuple[Tensor, Tensor]:
        whole = torch.cat([DISCRIMINATOR_GAIN * mcgan.with_middle(sample["surroundings"], box), sample["sketch"]], 1)
        inner = torch.cat(
            [DISCRIMINATOR_GAIN * box, mcgan.middle(sample["sketch"]), tiled(sample["conditions"], box)], 1
        )
        return context(whole.contiguous(memory_format=layout)).float(), nodule(
            inner.contiguous(memory_format=layout)
        ).float()

    for sample in run.batches(dataset, arguments.batch, arguments.steps, arguments.workers):
        real = mcgan.middle(sample["surroundings"])
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
            x = mcgan.generator_input(**sample).contiguous(memory_format=layout)
            fake = generator(x)
            (context_real, nodule_real) = discriminate(sample, real)
            (context_fake, nodule_fake) = discriminate(sample, fake.detach())
        judged = judge("lsgan", context_real, context_fake) + judge("hinge", nodule_real, nodule_fake)
        optimizers["adam_discriminators"].zero_grad()
        judged.backward()
        optimizers["adam_discriminators"].step()

        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
            context_fake, nodule_fake = discriminate(sample, fake)
        fooled = fool("lsgan", context_fake) + fool("hinge", nodule_fake)
        difference = l1_loss(fake, real) + PLANE_WEIGHT * l1_loss(fake[:, :, DRAWN], real[:, :, DRAWN])
        optimizers["adam_generator"].zero_grad()
        (fooled + L1_WEIGHT * difference).backward()
        optimizers["adam_generator"].step()
        run.average()
        if run.step % 20 == 0:
            run.log(judged=judged.item(), fooled=fooled.item(), l1=difference.item())


if __name__ == "__main__":
    train(parser().parse_args())
