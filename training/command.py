"""What the training commands share: options, start weights, and how bad input ends them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.bundle import WEIGHTS


def training_options(description: str | None) -> argparse.ArgumentParser:
    """The options of all training scripts."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path, help="training set")
    options.add_argument("run", type=Path, help="the run's folder; an existing run is resumed")
    options.add_argument("--preset", choices=("compact", "paper"), default="compact")
    options.add_argument("--steps", type=int, help="default: the preset's")
    options.add_argument("--batch", type=int, help="default: the preset's")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--start", type=Path, help="weights to start from: a bundled model's folder or a checkpoint")
    options.add_argument("--threads", type=int, default=0, help="of torch, on a CPU; 0: all")
    options.add_argument("--workers", type=int, default=1, help="processes that draw samples")
    options.add_argument("--bf16", action="store_true", help="mixed precision (fast where the CPU has AVX-512 BF16)")
    options.add_argument("--cpu", action="store_true", help="even where there is a GPU")
    return options


def begin(arguments: argparse.Namespace) -> None:
    """Seed and threads."""
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)


def start_from(path: Path, models: dict[str, nn.Module]) -> list[str]:
    """Load into `models` what of the weights at `path` fits by name and shape; returns what does not fit.

    A bundled model's folder has the generator alone. Raises :class:`InputError` if nothing fits.
    """
    try:
        if (path / WEIGHTS).exists():
            from safetensors.torch import load_file

            known = {"generator": load_file(path / WEIGHTS)}
        else:
            known = torch.load(path, weights_only=False, map_location="cpu")
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path} has no weights to start from: {error}.") from error
    left = []
    for name, model in models.items():
        own = model.state_dict()
        given = known.get(name, {})
        fitting = {key: value for key, value in given.items() if key in own and own[key].shape == value.shape}
        model.load_state_dict(own | fitting)
        left += [f"{name}.{key}" for key in own if key not in fitting]
        if name == "generator" and not fitting:
            raise InputError(f"{path} is of another network; start from weights of the same model.")
    return left


def run_command(main: Callable[[], None]) -> None:
    """Run `main`; an :class:`InputError` ends the command with its one sentence and exit code 2."""
    try:
        main()
    except InputError as error:
        sys.exit(_refused(error))


def _refused(error: InputError) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 2
