"""Train the extraction network: a click on a nodule of a CT becomes its mask.

    python -m training.train_extraction NODULES RUN_FOLDER

Stopped and started again with the same folder, it goes on where it was. A fifth of the clicks are beside the nodules,
where nothing is to be found. Loss: cross entropy and soft Dice.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from SketchNoduleSynthLib.networks import extraction
from SketchNoduleSynthLib.networks.layers import channels_last
from training import pictures
from training.command import begin, run_command, training_options
from training.data.click_samples import ClickSamples
from training.data.nodules import read_nodules
from training.loop import run_of

BATCH, STEPS = 8, 4000
RATE, LEAST_RATE = 2e-3, 0.01
GRID_SAMPLES = 4


def missed(logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy, and 1 - soft Dice, means over the batch."""
    share = torch.sigmoid(logits)
    both, all_of = (share * mask).sum((1, 2, 3, 4)), (share + mask).sum((1, 2, 3, 4))
    return binary_cross_entropy_with_logits(logits, mask), (1 - (2 * both + 1) / (all_of + 1)).mean()


def train(arguments: argparse.Namespace) -> None:
    """The whole training, top to bottom."""
    begin(arguments)
    nodules = read_nodules(arguments.nodules)
    batch, steps = arguments.batch or BATCH, arguments.steps or STEPS
    network = extraction.PRESETS[arguments.preset]
    models: dict[str, nn.Module] = {"generator": channels_last(extraction.Extraction(network), 3)}
    optimizers: dict[str, torch.optim.Optimizer] = {"adam": torch.optim.Adam(models["generator"].parameters(), RATE)}
    dataset = ClickSamples(nodules, steps * batch, arguments.seed, batch)
    run = run_of(arguments, "extraction", asdict(network), batch, models, optimizers)
    shown = [dataset[index] for index in range(0, min(GRID_SAMPLES * batch, len(dataset)), batch)]

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        rows = []
        for one in shown:
            sample = {key: value[None].to(run.accelerator.device) for key, value in one.items()}
            with torch.no_grad():
                found = torch.sigmoid(averaged(sample["ct"], sample["click_mm"]))
            cubes = (sample["ct"], 2 * found - 1, 2 * sample["mask"] - 1)
            middle = slice(sample["ct"].shape[-1] // 2 - 16, sample["ct"].shape[-1] // 2 + 16)
            rows.append([plane for cube in cubes for plane in pictures.orthogonal(cube[0, 0, middle, middle, middle])])
        return pictures.grid(rows)

    for sample in run.batches(dataset, batch, steps, arguments.workers, max(len(nodules) // batch, 1), grid):
        for group in run.optimizers["adam"].param_groups:
            group["lr"] = RATE * max(LEAST_RATE, (1 + math.cos(math.pi * run.step / steps)) / 2)
        entropy, dice = missed(run.generator(sample["ct"], sample["click_mm"]), sample["mask"])
        run.descend("adam", entropy + dice)
        run.average()
        run.log(entropy=entropy, dice=dice)


if __name__ == "__main__":
    options = training_options(__doc__, tuple(extraction.PRESETS))
    run_command(lambda: train(options.parse_args()))
