"""The bundled networks: files that are what their config says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from SketchNoduleSynthLib.errors import BrokenModel, InputError
from SketchNoduleSynthLib.extras import runtime_fault
from SketchNoduleSynthLib.models import Model
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.runtime import GRAPH, WEIGHTS, Run, loaded, quickly


@dataclass(frozen=True)
class Loaded(Model):
    """A model that can `run`; `quick` does so in the precision that is fastest on this machine."""

    run: Run
    quick: Run

    def for_preview(self) -> Loaded:
        return replace(self, run=self.quick)


@cache
def load(name: str, folder: Path = MODELS_FOLDER) -> Loaded:
    """The model `name` of `folder`, its files checked against the hashes in its config.

    Raises :class:`BrokenModel` if it is not bundled, or a file is missing, broken or altered, and
    :class:`InputError` if nothing is installed that runs it, or that does not work.
    """
    model = Model.read(folder / name)
    for what, expected in ((WEIGHTS, model.sha256), (GRAPH, model.graph_sha256)):
        path = model.folder / what
        if not path.exists():
            raise BrokenModel(f"The weights of {name} are missing ({path}); install the extension again.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise BrokenModel(f"The weights of {name} are not the ones that were bundled; install the extension again.")
    if fault := runtime_fault():
        raise InputError(fault)
    try:
        run = loaded(model)
        return Loaded(**vars(model), run=run, quick=quickly(model, run))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BrokenModel(f"The weights of {name} do not fit their config; install the extension again.") from error
