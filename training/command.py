"""What the training commands share: options, start weights, and how bad input ends them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.models import models_in
from SketchNoduleSynthLib.synthesis.bundle import WEIGHTS
from training.run_folder import newest_checkpoint, read_weights, weights_of


def at_least(least: int) -> Callable[[str], int]:
    """The type of an option that is a whole number, `least` or more."""

    def whole(word: str) -> int:
        if int(word) < least:
            raise argparse.ArgumentTypeError(f"{word} is too little; give {least} or more")
        return int(word)

    return whole


def models_of(given: argparse.Namespace) -> list[str]:
    """The models that `--model` names, or all in the folder `--models`; raises :class:`InputError` if that has none."""
    names = given.model or list(models_in(given.models))
    if not names:
        raise InputError(f"There are no bundled models in {given.models}; give the folder that holds theirs.")
    return names


def training_options(description: str | None, presets: Sequence[str] = ("compact", "paper")) -> argparse.ArgumentParser:
    """The options of all training scripts."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path, help="training set")
    options.add_argument("run", type=Path, help="the run's folder; an existing run is resumed")
    options.add_argument("--preset", choices=presets, default=presets[0])
    options.add_argument("--steps", type=at_least(1), help="default: the preset's")
    options.add_argument("--batch", type=at_least(1), help="default: the preset's")
    options.add_argument("--seed", type=at_least(0), default=1)
    options.add_argument("--start", type=Path, help="weights to start from: the folder of a bundled model or of a run")
    options.add_argument("--threads", type=at_least(0), default=0, help="of torch, on a CPU; 0: all")
    options.add_argument("--workers", type=at_least(0), default=1, help="processes that draw samples")
    options.add_argument("--bf16", action="store_true", help="mixed precision (fast where the CPU has AVX-512 BF16)")
    options.add_argument("--cpu", action="store_true", help="even where there is a GPU")
    return options


def begin(arguments: argparse.Namespace) -> None:
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)


def start_from(path: Path, models: dict[str, nn.Module]) -> list[str]:
    """Load into `models` what of the weights at `path` fits by name and shape; returns what does not fit.

    A bundled model's folder has the generator alone. Raises :class:`InputError` if nothing fits.
    """
    try:
        bundled = (path / WEIGHTS).exists()
        if bundled:
            known = {"generator": load_file(path / WEIGHTS)}
        else:
            checkpoint = newest_checkpoint(path)
            known = {name: read_weights(checkpoint, name) for name in models if weights_of(checkpoint, name).exists()}
    except (InputError, OSError, SafetensorError) as error:
        raise InputError(
            f"{path} has no weights to start from; give the folder of a bundled model or of a run."
        ) from error
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
    """Run `main`; bad input ends the command with one sentence and exit code 2.

    That is an :class:`InputError`, or a file or folder that cannot be read or written.
    """
    try:
        main()
    except InputError as error:
        _refuse(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _refuse(f"{error.filename} cannot be read or written ({error.strerror}); check the path and the disk.")


def _refuse(sentence: str) -> NoReturn:
    print(f"error: {sentence}", file=sys.stderr)
    sys.exit(2)
