"""What lies in a run's folder, read back: its configuration, its checkpoint and figures, or what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.networks.architectures import build
from SketchNoduleSynthLib.networks.layers import Usable

CHECKPOINT, CONFIG = "checkpoint", "config.json"


def read_config(run: Path) -> dict[str, Any]:
    """The configuration of the run in `run`; raises :class:`InputError` if there is none."""
    path = run / CONFIG
    if not path.is_file():
        raise InputError(f"There is no run in {run}; give a folder with the {CONFIG} that training has written.")
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is damaged or no run's configuration; take a run that is whole.") from error


def step_of(checkpoint: Path) -> int:
    """After how many steps a checkpoint was written."""
    return int(checkpoint.name.rpartition("-")[2])


def checkpoints(run: Path) -> list[Path]:
    """The whole checkpoints of a run, the newest last: one, or two if it was killed between writing and tidying."""
    return sorted(run.glob(f"{CHECKPOINT}-*"))


def newest_checkpoint(run: Path) -> Path:
    """The newest whole checkpoint of a run; raises :class:`InputError` if there is none."""
    if not (there := checkpoints(run)):
        raise InputError(f"There is no checkpoint in {run}; training writes one after its first steps.")
    return there[-1]


def read_weights(checkpoint: Path, name: str) -> dict[str, Tensor]:
    """A model's state dict, on the CPU; raises :class:`InputError` if the checkpoint has none of this name."""
    path = weights_of(checkpoint, name)
    try:
        return load_file(path)
    except FileNotFoundError as error:
        raise InputError(f"{checkpoint} has no {name} in it; take a checkpoint that training has written.") from error
    except (OSError, SafetensorError) as error:
        raise InputError(f"{path} is damaged or no weights; take a checkpoint that training has written.") from error


def weights_of(checkpoint: Path, name: str) -> Path:
    return checkpoint / f"{name}.safetensors"


def network_of(run: Path) -> Usable:
    """The averaged generator of a run's newest checkpoint; raises :class:`InputError` if it is not whole."""
    config = read_config(run)
    try:
        network = build(config["model"], config["network"])
        network.load_state_dict(read_weights(newest_checkpoint(run), "averaged"))
    except (KeyError, TypeError, RuntimeError) as error:
        raise InputError(f"The checkpoint and the configuration in {run} do not fit; give a whole run.") from error
    return network.eval().requires_grad_(False)


def kept(path: Path, what: dict[str, Any], make: Callable[[], Any]) -> Any:
    """The figures in the file `path`, if they are of `what`; else `make` makes them."""
    what = json.loads(json.dumps(what))  # As it is read back.
    if path.exists() and (known := json.loads(path.read_text(encoding="utf-8")))["of"] == what:
        return known["figures"]
    figures = make()
    write_json(path, {"of": what, "figures": figures})
    return figures
