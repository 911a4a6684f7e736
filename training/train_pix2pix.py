"""Train pix2pix (or, with --model stylepix2pix, StylePix2pix) in context, on real nodules with their masks.

    python -m training.train_pix2pix NODULES.npz RUN_FOLDER --steps 6000

Stopped and started again with the same folder, it goes on where it was. Differences from Toda et al.: hinge loss
with spectral norm, batch 16 and Adam at 2e-4 instead of cGAN, batch 5 and 1e-5, which need far more steps.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import adaptive_max_pool2d, l1_loss

from SketchNoduleSynthLib.networks import build, pix2pix, stylepix2pix
from SketchNoduleSynthLib.networks.layers import PatchDiscriminator, channels_last
from training.dataset import PlaneDataset
from training.loop import Run
from training.losses import DISCRIMINATOR_GAIN, fool, judge
from training.nodules import read_nodules

L1_WEIGHT = 10.0
LOSS = "hinge"


def train(arguments: argparse.Namespace) -> None:
    """The whole training, top to bottom."""
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    styled = arguments.model == "stylepix2pix"
    preset = asdict((stylepix2pix if styled else pix2pix).PRESETS["compact"])
    generator = channels_last(build(arguments.model, preset), 2)
    discriminator = channels_last(PatchDiscriminator(4, 32, 4, dims=2, spectral=True), 2)
    optimizers = {
        "adam_generator": torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.99)),
        "adam_discriminator": torch.optim.Adam(discriminator.parameters(), 4e-4, (0.5, 0.99)),
    }
    config = {"model": arguments.model, "preset": "compact", **preset}
    run = Run(arguments.run, config, {"generator": generator, "discriminator": discriminator}, optimizers)
    dataset = PlaneDataset(read_nodules(arguments.nodules), arguments.steps * arguments.batch, arguments.seed)

    def discriminate(sample: dict[str, Tensor], plane: Tensor) -> Tensor:
        """Logits of the patches that hold some of the hole: elsewhere real and fake are the same."""
        judged = discriminator(
            torch.cat([sample["lesion"], sample["lines"], sample["hole"], DISCRIMINATOR_GAIN * plane], 1)
        ).float()
        return judged[adaptive_max_pool2d(sample["hole"], judged.shape[2:]) > 0]

    for sample in run.batches(dataset, arguments.batch, arguments.steps, arguments.workers):
        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
            x = pix2pix.in_context(**sample).contiguous(memory_format=torch.channels_last)
            fake = generator(x, torch.randn(len(x), stylepix2pix.STYLE)) if styled else generator(x)
            judged = judge(LOSS, discriminate(sample, sample["plane"]), discriminate(sample, fake.detach()))
        optimizers["adam_discriminator"].zero_grad()
        judged.backward()
        optimizers["adam_discriminator"].step()

        with torch.autocast("cpu", torch.bfloat16, enabled=arguments.bf16):
            fooled = fool(LOSS, discriminate(sample, fake))
        share = sample["hole"].mean().clamp(min=1e-3)
        difference = l1_loss(fake, sample["plane"]) / share
        optimizers["adam_generator"].zero_grad()
        (fooled + L1_WEIGHT * difference).backward()
        optimizers["adam_generator"].step()
        run.average()
        if run.step % 20 == 0:
            run.log(discriminator=judged.item(), fooled=fooled.item(), l1=difference.item())


def parser() -> argparse.ArgumentParser:
    """The options that both training scripts take."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path, help="training set (.npz with its .csv)")
    options.add_argument("run", type=Path, help="the run's folder; an existing one is resumed")
    options.add_argument("--steps", type=int, default=6000)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--bf16", action="store_true", help="mixed precision (fast where the CPU has AVX-512 BF16)")
    return options


if __name__ == "__main__":
    options = parser()
    options.add_argument("--model", choices=("pix2pix", "stylepix2pix"), default="pix2pix")
    train(options.parse_args())
