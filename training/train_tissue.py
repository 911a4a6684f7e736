"""Train the tissue network: a hole in a CT becomes a nodule of a given shape and coarse density, with its surroundings.

    python -m training.train_tissue NODULES RUN_FOLDER
    torchrun --nproc-per-node 4 -m training.train_tissue NODULES RUN_FOLDER

Stopped and started again with the same folder, it goes on where it was. Two discriminators (training.judges): a
projected one of six planes a nodule, and one of patches in 3D that sees the fine grain; the generator obeys the map
(means over 4 mm), in its own place also the CT. Three eighths of the samples are at free places, as in use.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d

from SketchNoduleSynthLib.networks import tissue
from SketchNoduleSynthLib.networks.inputs import TISSUE_STYLE
from SketchNoduleSynthLib.networks.layers import channels_last
from training import pictures
from training.command import begin, run_command, training_options
from training.data.lesions import lesions
from training.data.nodules import read_nodules
from training.data.tissue_samples import Sample, TissueSamples
from training.judges import GrainDiscriminator, ProjectedDiscriminator, mean_where, planes
from training.loop import run_of

BATCH, STEPS = 8, 60_000
RATES = {"generator": 2e-4, "grain": 8e-4, "projected": 4e-4}
BETAS = (0.0, 0.99)
COOLING = 0.2
"""Of the steps, the last: the rates fall to 0. Without it each thousand steps swings past what was right before."""
WAITING = 300
"""Steps before the generator moves that has weights to start from: its discriminators may be new."""
LIKE_WEIGHT, OBEY_WEIGHT = 4.0, 1.0
POOL = 4
FULL_SUPPORT = 0.4
MOST_NORM = {"adam_generator": 10.0, "adam_discriminators": 20.0}
SHIFT_PER_SIDE = 1 / 6
GRID_SAMPLES, SHOWN = 4, 24


def complete(generator: nn.Module, sample: Sample) -> Tensor:
    """The CT of each sample with its hole filled anew, (batch, 1, n, n, n)."""
    ct, weight = sample["ct"], sample["weight"]
    noise = [one.to(ct.device) for one in tissue.noise_for(tuple(ct.shape[2:]), len(ct))]
    style = torch.randn(len(ct), TISSUE_STYLE, device=ct.device)
    hole = (weight > 0).float()
    made = generator(ct, hole, sample["distance_mm"], sample["density"], sample["conditions"], style, noise)
    return ct + weight * (made - ct)


def hinge(real: Tensor, fake: Tensor) -> Tensor:
    """A discriminator's loss where the two are not as many."""
    return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()


def apart(made: Tensor, sample: Sample) -> tuple[Tensor, Tensor]:
    """How far coarse tissue is from the CT, in its own place, and from the density map, over POOL mm; in 400 HU."""
    weight, paired = sample["weight"], sample["paired"][:, None, None, None, None]
    like = (avg_pool3d((made - sample["ct"]) * weight * paired, POOL).abs().mean()) / (weight * paired).mean()
    support, density = sample["density"].split(1, 1)
    inside = support * (sample["distance_mm"] > 0)
    share = avg_pool3d(inside, POOL)
    off = (avg_pool3d(made * inside, POOL) - avg_pool3d(density * inside, POOL)) / share.clamp(min=0.1)
    return tissue.RANGE * like, tissue.RANGE * mean_where(off.abs(), (share > FULL_SUPPORT).float())


def train(arguments: argparse.Namespace) -> None:
    """The whole training, top to bottom."""
    begin(arguments)
    known = lesions(read_nodules(arguments.nodules), arguments.workers)
    batch, steps = arguments.batch or BATCH, arguments.steps or STEPS
    network = tissue.PRESETS[arguments.preset]
    models: dict[str, nn.Module] = {
        "generator": channels_last(tissue.Tissue(network), 3),
        "grain": channels_last(GrainDiscriminator(), 3),
        "projected": ProjectedDiscriminator(),
    }
    judges = [{"params": models[name].parameters(), "lr": RATES[name]} for name in ("grain", "projected")]
    optimizers: dict[str, torch.optim.Optimizer] = {
        "adam_generator": torch.optim.Adam(models["generator"].parameters(), RATES["generator"], BETAS),
        "adam_discriminators": torch.optim.Adam(judges, betas=BETAS),
    }
    dataset = TissueSamples(known, steps * batch, arguments.seed, batch)
    run = run_of(arguments, "tissue", asdict(network), batch, models, optimizers, MOST_NORM)
    groups = [group for optimizer in run.optimizers.values() for group in optimizer.param_groups]
    generator, grain, projected = (run.models[name] for name in ("generator", "grain", "projected"))
    shown = [dataset[index] for index in range(0, min(GRID_SAMPLES * batch, len(dataset)), batch)]

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        rows = []
        for one in shown:
            sample = {key: value[None].to(run.accelerator.device) for key, value in one.items()}
            with torch.no_grad():
                made = complete(averaged, sample)
            middle = slice((made.shape[-1] - SHOWN) // 2, (made.shape[-1] + SHOWN) // 2)
            cubes = (volume[0, 0, middle, middle, middle] for volume in (made, sample["ct"]))
            rows.append([plane for cube in cubes for plane in pictures.orthogonal(cube)])
        return pictures.grid(rows)

    epoch = max(len(known) // batch, 1)
    for sample in run.batches(dataset, batch, steps, arguments.workers, epoch, grid):
        for rate, group in zip(RATES.values(), groups, strict=True):
            group["lr"] = rate * min(1.0, (steps - run.step) / (COOLING * steps))
        if arguments.start and run.step < WAITING:
            groups[0]["lr"] = 0.0
        reach = round(sample["ct"].shape[-1] * SHIFT_PER_SIDE)
        chance = np.random.default_rng((arguments.seed, run.step))
        shifts = [0, 0, 0, *chance.integers(-reach, reach + 1, 3).tolist()]
        own = {key: value[sample["paired"] > 0] for key, value in sample.items()}
        made = complete(generator, sample)

        def seen(ct: Tensor, of: Sample, shifts: list[int] = shifts) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
            led = of["distance_mm"], of["weight"], of["density"], of["conditions"]
            return grain(ct, *led), projected(*planes(ct, of["weight"], shifts))

        grain_real, projected_real = seen(own["ct"], own)
        grain_fake, projected_fake = seen(made.detach(), sample)
        judged = hinge(grain_real, grain_fake)
        for (real, at), (fake, there) in zip(projected_real, projected_fake, strict=True):
            judged = judged + mean_where(torch.relu(1 - real), at) + mean_where(torch.relu(1 + fake), there)
        run.descend("adam_discriminators", judged)
        grain.requires_grad_(False)
        projected.requires_grad_(False)
        grain_fake, projected_fake = seen(made, sample)
        fooled = -grain_fake.mean() - sum(mean_where(*pair) for pair in projected_fake) / len(projected_fake)
        like, obeyed = apart(made, sample)
        run.descend("adam_generator", fooled + LIKE_WEIGHT * like + OBEY_WEIGHT * obeyed)
        grain.requires_grad_(True)
        projected.requires_grad_(True)
        run.average()
        run.log(judged=judged, fooled=fooled, like=like, obeyed=obeyed)


if __name__ == "__main__":
    options = training_options(__doc__, tuple(tissue.PRESETS))
    run_command(lambda: train(options.parse_args()))
