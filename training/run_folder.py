"""What lies in a run's folder, read back: its configuration and its checkpoint, or what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from SketchNoduleSynthLib.errors import InputError

CHECKPOINT, CONFIG = "checkpoint.pt", "config.json"


def read_config(run: Path) -> dict[str, Any]:
    """The configuration of the run in `run`; raises :class:`InputError` if there is none."""
    path = run / CONFIG
    if not path.is_file():
        raise InputError(f"There is no run in {run}; give a folder with the {CONFIG} that training has written.")
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged or no run's configuration; take a run that is whole.") from error


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The state dicts by name and the step, on the CPU; raises :class:`InputError` if `path` is no checkpoint."""
    if not path.is_file():
        raise InputError(f"There is no checkpoint at {path}; training writes one after its first steps.")
    try:
        # Weights only: a checkpoint may come from others, and a whole pickle could run anything.
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # torch meets what is no checkpoint, or damaged, with errors of every kind
        raise InputError(f"{path} is damaged or no checkpoint; take one that training has written.") from error
    if not isinstance(state, dict) or not isinstance(state.get("generator"), dict):
        raise InputError(f"{path} has no generator in it; take a checkpoint that training has written.")
    return state
