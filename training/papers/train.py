"""The one loop that trains any of the papers' systems, and how many steps fit into some minutes."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training import pictures
from training.loop import LOG, Run, accelerator
from training.papers.samples import CutSamples, Sample
from training.papers.system import Preset, Sampler, System
from training.run_folder import CONFIG, read_config

Cuts = Mapping[str, NDArray[np.float32]]
PROBED = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of the steps: systems do different things early and late."""
PICTURES, SHOWN = 4, 8


def run_of(system: System, folder: Path, config: dict[str, Any]) -> Run:
    return Run(folder, config, system.networks, system.optimizers(), accelerator(bf16=False, cpu=True))


def batch_of(cuts: Cuts, count: int) -> Sample:
    samples = CutSamples(cuts, count, 0)
    ones = [samples[k] for k in range(count)]
    return {name: torch.stack([one[name] for one in ones]) for name in ones[0]}


def steps_in(minutes: float, system: System, cuts: Cuts) -> int:
    """How many steps the minutes hold on this machine as it is now; `system` is spoilt."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_of(system, Path(folder), {})
        spent = 0.0
        for progress in PROBED:
            for timed in (False, True):  # The first of a kind also makes what the later ones find.
                start = time.perf_counter()
                system.step(run, batch_of(cuts, system.preset.batch), progress)
                run.average()
                spent += timed * (time.perf_counter() - start)
        run.board.close()
    return max(round(60 * minutes * len(PROBED) / spent), 1)


def trained(
    kind: type[System],
    preset: Preset,
    cuts: Cuts,
    folder: Path,
    minutes: float | None = None,
    seed: int = 1,
    base: Sampler | None = None,
) -> Sampler:
    """Train `kind` in `folder`, or go on there as if unbroken; its average, to be asked.

    Without `minutes` it trains the preset's steps. Raises :class:`InputError` if the folder's run is another.
    """
    torch.manual_seed(seed)
    begun = (folder / CONFIG).exists()
    if begun:
        steps = read_config(folder).get("steps", 0)
    else:
        steps = steps_in(minutes, kind(preset, base), cuts) if minutes else preset.steps
    torch.manual_seed(seed)
    system = kind(preset, base)
    config = {"model": kind.name, "minutes": minutes, "steps": steps, "seed": seed, "preset": asdict(preset)}
    run = run_of(system, folder, config)
    shown = batch_of(cuts, SHOWN)

    def grid(averaged: nn.Module) -> NDArray[np.uint8]:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            made = system.sample(averaged, shown, min(run.step / steps, 1.0))
            size = shown["plane"].shape[-2:]
            made = nn.functional.interpolate(made, size, mode="bilinear", align_corners=False)
        return pictures.grid([list(shown["plane"][:, 0]), list(made[:, 0])])

    if run.step < steps:
        samples = CutSamples(cuts, steps * system.preset.batch, seed)
        every = max(steps // PICTURES, 1)
        for sample in run.batches(samples, system.preset.batch, steps, 0, every, grid):
            figures = system.step(run, sample, run.step / steps)
            run.average()
            run.log(**figures)
    run.board.close()
    return Sampler(system, run.averaged.eval())


def minutes_spent(folder: Path) -> float:
    """What the run's log says, all its sessions together."""
    path = folder / LOG
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    seconds = [json.loads(line)["seconds"] for line in lines]
    ends = [a for a, b in zip(seconds, [*seconds[1:], 0.0], strict=True) if b <= a]
    return sum(ends) / 60
