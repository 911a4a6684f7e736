"""The bundled networks: weights, config and hash, found in resources/models."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.resources import MODELS_FOLDER

if TYPE_CHECKING:
    from torch import nn

WEIGHTS, CONFIG, CARD, FIGURES = "weights.safetensors", "config.json", "card.md", "figures.json"


@dataclass(frozen=True)
class Bundled:
    """A bundled model: `network` in evaluation mode; `diameter_mm` is the range that it was trained on."""

    name: str
    network: nn.Module
    sha256: str
    diameter_mm: tuple[float, float]


def bundled_names(folder: Path = MODELS_FOLDER) -> list[str]:
    """The models that have weights here."""
    return sorted(path.parent.name for path in folder.glob(f"*/{CONFIG}"))


def read_config(name: str, folder: Path = MODELS_FOLDER) -> dict[str, Any]:
    """A model's config.json; raises :class:`InputError` if the model is not bundled or its config is broken."""
    path = folder / name / CONFIG
    if not path.exists():
        names = ", ".join(bundled_names(folder)) or "none"
        raise InputError(f"No weights of {name} are bundled; those at hand: {names}.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        return {key: config[key] for key in ("network", "preset", "arguments", "sha256", "diameter_mm")} | config
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"The config of {name} is broken; install the extension again.") from error


def read_figures(name: str, folder: Path = MODELS_FOLDER) -> dict[str, str]:
    """A model's main figures by name, as `training.evaluate` measured them; empty if that was with other weights."""
    path = folder / name / FIGURES
    try:
        measured = json.loads(path.read_text(encoding="utf-8"))
        return dict(measured["figures"]) if measured["sha256"] == read_config(name, folder)["sha256"] else {}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"The figures of {name} are broken; install the extension again.") from error


@cache
def load(name: str, folder: Path = MODELS_FOLDER) -> Bundled:
    """The model `name`, its weights checked against the hash in its config.

    Raises :class:`InputError` if it is not bundled, or its weights are missing, broken or altered.
    """
    config = read_config(name, folder)
    path = folder / name / WEIGHTS
    if not path.exists():
        raise InputError(f"The weights of {name} are missing ({path}); install the extension again.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != config["sha256"]:
        raise InputError(f"The weights of {name} are not the ones that were bundled; install the extension again.")

    from safetensors.torch import load as load_tensors

    from SketchNoduleSynthLib.networks import build
    from SketchNoduleSynthLib.networks.layers import channels_last

    try:
        network = build(config["network"], config["arguments"])
        network.load_state_dict({key: value.float() for key, value in load_tensors(data).items()})
    except Exception as error:
        raise InputError(f"The weights of {name} do not fit their config; install the extension again.") from error
    network = channels_last(network, 3 if config["network"] == "mcgan" else 2)
    low, high = config["diameter_mm"]
    return Bundled(name, network.eval().requires_grad_(False), config["sha256"], (low, high))
