"""The networks behind one small interface: a site in, HU in the VOI's frame out."""

from __future__ import annotations

from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.box_generator import BoxGenerator
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.plane_generator import PlaneGenerator
from SketchNoduleSynthLib.synthesis.site import Site


class Generator(Protocol):
    """A bundled network in use."""

    model: bundle.Bundled

    def notes(self, site: Site) -> list[str]:
        """What of the drawing this network does not use, a sentence each."""

    def reach_mm(self, site: Site) -> float:
        """How far from the VOI's middle, along u and v, a nodule is made in full."""

    def nodule(self, site: Site) -> Generated:
        """The whole nodule. Raises :class:`InputError` if the drawing or the diameter cannot be used."""

    def plane(self, site: Site) -> NDArray[np.float32]:
        """The sketch plane alone (v, u) in HU, as it will look in the CT, for a preview."""


@cache
def generator(name: str) -> Generator:
    """The generator of a bundled model; loads torch and the weights the first time."""
    model = bundle.load(name)
    return BoxGenerator(model) if name == "mcgan" else PlaneGenerator(model)


def check_diameter(model: bundle.Bundled, diameter_mm: float) -> None:
    """Raise :class:`InputError` if the model was not trained on nodules of that size."""
    low, high = model.diameter_mm
    if not low <= diameter_mm <= high:
        raise InputError(
            f"A diameter of {diameter_mm:g} mm is beyond {model.name}, which knows {low:g} to {high:g} mm."
        )
