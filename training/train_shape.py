"""Train the shape network: outlines to a nodule's shape and coarse density in three dimensions.

    python -m training.train_shape NODULES RUN_FOLDER

Two shapes a sample and the energy score against the real one, so that seeds differ as nodules of one outline do;
a discriminator adds a little. Stopped and started again with the same folder, it goes on where it was.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d

from SketchNoduleSynthLib.networks import shape
from SketchNoduleSynthLib.networks.layers import PatchDiscriminator, channels_last
from training import pictures
from training.command import begin, run_command, start_from, training_options
from training.data.lesions import lesions
from training.data.nodules import read_nodules
from training.data.shape_samples import Sample, ShapeSamples
from training.loop import Run, accelerator
from training.losses import fool, judge

BATCH, STEPS = 8, 12_000
RATES = (5e-4, 4e-4)
BETAS = (0.5, 0.99)
FOOL_WEIGHT = 0.01
BLOCK, BLOCK_WEIGHT, DENSITY_WEIGHT = 8, 0.5, 0.8
NEAR = -0.1
STEEPNESS = 10.0
GRID_SAMPLES = 6


def make(generator: nn.Module, sample: Sample) -> Tensor:
    """One shape a sample, (batch, 2, 32, 32, 32)."""
    drawn = sample["drawn"]
    noise = [one.to(drawn.device) for one in shape.noise_for(batch=len(drawn))]
    style = torch.randn(len(drawn), shape.STYLE, device=drawn.device)
    return generator(drawn, sample["conditions"], style, noise)


def distance(one: Tensor, other: Tensor, near: Tensor) -> Tensor:
    """Between shapes, a number a sample: as a whole, over blocks, and of the density in the nodule."""
    squares = (one[:, :1] - other[:, :1]).square()
    whole = (squares.mean((1, 2, 3, 4)) + 1e-6).sqrt()
    blocks = (avg_pool3d(squares, BLOCK) + 1e-5).sqrt().mean((1, 2, 3, 4))
    density = ((one[:, 1] - other[:, 1]).square() * near).sum((1, 2, 3)) / near.sum((1, 2, 3)).clamp(min=1)
    return whole + BLOCK_WEIGHT * blocks + DENSITY_WEIGHT * (density + 1e-6).sqrt()


def energy(one: Tensor, two: Tensor, real: Tensor) -> Tensor:
    """The energy score (Gneiting and Raftery 2007) of two shapes of one request against the real one."""
    near = (real[:, 0] > NEAR).float()
    return (distance(one, real, near) + distance(two, real, near) - distance(one, two, near)).mean() / 2


def seen(shapes: Tensor, sample: Sample) -> Tensor:
    """What the discriminator sees: the density within the nodule alone."""
    inside = torch.stack([shapes[:, 0], shapes[:, 1] * torch.sigmoid(STEEPNESS * shapes[:, 0])], 1)
    leading = sample["conditions"][:, :, None, None, None].expand(-1, -1, *shapes.shape[2:])
    return torch.cat([inside, sample["drawn"], leading], 1).contiguous(memory_format=torch.channels_last_3d)


def train(arguments: argparse.Namespace) -> None:
    """The whole training, top to bottom."""
    begin(arguments)
    known = lesions(read_nodules(arguments.nodules), arguments.workers)
    batch, steps = arguments.batch or BATCH, arguments.steps or STEPS
    network = shape.PRESETS[arguments.preset]
    inputs = 2 + shape.PLANES + len(shape.CONDITIONS)
    models: dict[str, nn.Module] = {
        "generator": channels_last(shape.Shape(network), 3),
        "discriminator": channels_last(PatchDiscriminator(inputs, 16, 3, dims=3, spectral=True), 3),
    }
    if arguments.start:
        start_from(arguments.start, models)
    optimizers: dict[str, torch.optim.Optimizer] = {
        "adam_generator": torch.optim.Adam(models["generator"].parameters(), RATES[0], BETAS),
        "adam_discriminator": torch.optim.Adam(models["discriminator"].parameters(), RATES[1], BETAS),
    }
    config = {"model": "shape", "preset": arguments.preset, "batch": batch, "seed": arguments.seed}
    config["network"] = asdict(network)
    run = Run(arguments.run, config, models, optimizers, accelerator(arguments.bf16, arguments.cpu))
    generator, discriminator = run.models["generator"], run.models["discriminator"]
    dataset = ShapeSamples(known, steps * batch, arguments.seed)
    shown = [dataset[index] for index in range(min(GRID_SAMPLES, len(dataset)))]

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        rows = []
        for one in shown:
            sample = {key: value[None].to(run.accelerator.device) for key, value in one.items()}
            with torch.no_grad():
                made = make(averaged, sample)
            rows.append([plane for volume in (made, sample["real"]) for plane in pictures.orthogonal(volume[0, 0])])
        return pictures.grid(rows)

    epoch = max(len(known) // batch, 1)
    for sample in run.batches(dataset, batch, steps, arguments.workers, epoch, grid):
        twice = {key: torch.cat([value, value]) for key, value in sample.items()}
        one, two = make(generator, twice).chunk(2)
        judged = judge("hinge", discriminator(seen(sample["real"], sample)), discriminator(seen(one.detach(), sample)))
        run.descend("adam_discriminator", judged)
        discriminator.requires_grad_(False)
        score = energy(one, two, sample["real"])
        run.descend("adam_generator", score + FOOL_WEIGHT * fool("hinge", discriminator(seen(one, sample))))
        discriminator.requires_grad_(True)
        run.average()
        run.log(judged=judged, energy=score)


if __name__ == "__main__":
    options = training_options(__doc__, tuple(shape.PRESETS))
    run_command(lambda: train(options.parse_args()))
