"""What a training run goes on from, compared bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from accelerate.utils import load
from safetensors.torch import load_file

from training.run_folder import newest_checkpoint, step_of


def checkpoint(folder: Path) -> dict[str, Any]:
    """All that a run goes on from, by the names of the files."""
    newest = newest_checkpoint(folder)
    state: dict[str, Any] = {path.stem: load_file(path) for path in newest.glob("*.safetensors")}
    state |= {path.stem: load(path) for path in newest.glob("*.bin")}
    state |= {path.stem: load(path)["torch_manual_seed"] for path in newest.glob("*.pkl")}
    return state | {"step": step_of(newest)}


def equal(a: object, b: object) -> bool:
    """Bit for bit, however nested."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return torch.equal(a, b)
    return a == b
