"""The networks behind one small interface: a site in, HU in the VOI's frame out."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.box_generator import BoxGenerator
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.plane_generator import PlaneGenerator
from SketchNoduleSynthLib.synthesis.site import Site


class Generator(Protocol):
    """A bundled network in use."""

    model: bundle.Loaded

    def notes(self, site: Site) -> list[str]:
        """What of the drawing this network does not use, a sentence each."""

    def reach_mm(self, site: Site) -> float:
        """How far from the VOI's middle, along u and v, a nodule is made in full."""

    def nodule(self, site: Site) -> Generated:
        """The whole nodule. Raises :class:`InputError` if the drawing or the diameter cannot be used."""

    def plane(self, site: Site) -> NDArray[np.float32]:
        """The sketch plane alone (v, u) in HU, as it will look in the CT, for a preview."""


@cache
def generator(name: str, folder: Path = MODELS_FOLDER) -> Generator:
    """The generator of the model `name` of `folder`; loads torch and the weights the first time.

    Raises :class:`InputError` as :func:`bundle.load` does.
    """
    model = bundle.load(name, folder)
    return BoxGenerator(model) if model.dimensions == 3 else PlaneGenerator(model)
