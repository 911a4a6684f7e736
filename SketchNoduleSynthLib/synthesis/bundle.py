"""The bundled networks: weights that are what their config says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from SketchNoduleSynthLib.errors import BrokenModel
from SketchNoduleSynthLib.models import Model
from SketchNoduleSynthLib.resources import MODELS_FOLDER

if TYPE_CHECKING:
    from torch import nn

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Loaded(Model):
    """A model with its `network`, in evaluation mode."""

    network: nn.Module


@cache
def load(name: str, folder: Path = MODELS_FOLDER) -> Loaded:
    """The model `name` of `folder`, its weights checked against the hash in its config.

    Raises :class:`BrokenModel` if it is not bundled, or its weights are missing, broken or altered.
    """
    model = Model.read(folder / name)
    path = model.folder / WEIGHTS
    if not path.exists():
        raise BrokenModel(f"The weights of {name} are missing ({path}); install the extension again.")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != model.sha256:
        raise BrokenModel(f"The weights of {name} are not the ones that were bundled; install the extension again.")

    from safetensors.torch import load as load_tensors

    from SketchNoduleSynthLib.networks import build
    from SketchNoduleSynthLib.networks.layers import channels_last

    try:
        network = build(model.architecture, model.arguments)
        network.load_state_dict({key: value.float() for key, value in load_tensors(data).items()})
    except Exception as error:
        raise BrokenModel(f"The weights of {name} do not fit their config; install the extension again.") from error
    network = channels_last(network, model.dimensions)
    return Loaded(**vars(model), network=network.eval().requires_grad_(False))
