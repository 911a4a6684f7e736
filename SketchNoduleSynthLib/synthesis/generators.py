"""The bundled networks in use: a site in, a nodule with its surroundings out.

Every model goes the same way. A real nodule's shape is warped to the drawing; a network of planes, where the user
chose one, leads its density in and near the sketch plane; drawn parts have theirs; the tissue network completes it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.errors import with_minus
from SketchNoduleSynthLib.models import completing
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis import bundle, shapes
from SketchNoduleSynthLib.synthesis.calcification import calcified
from SketchNoduleSynthLib.synthesis.completion import completed
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.plane_network import led_by_plane
from SketchNoduleSynthLib.synthesis.runtime import Run
from SketchNoduleSynthLib.synthesis.segmentation import least_core_hu
from SketchNoduleSynthLib.synthesis.shaping import shaped
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.structures import with_parts


@dataclass(frozen=True)
class Generator:
    """`model` is the one that was chosen; `tissue`, the same or another, makes voxels of a shape of `shapes`."""

    model: bundle.Loaded
    tissue: bundle.Loaded
    shapes: shapes.Shapes

    @property
    def sha256(self) -> str:
        """Of all weights and shapes that decide what is made."""
        parts = dict.fromkeys((self.model.sha256, self.tissue.sha256, self.shapes.sha256))
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def with_tissue(self, run: Run) -> Generator:
        """With another tissue network, such as one that still trains."""
        return replace(self, tissue=replace(self.tissue, run=run, quick=run))

    def nodule(self, site: Site, only_plane: bool = False) -> Generated:
        """The whole nodule, or no more of it than the sketch plane needs.

        Raises :class:`InputError` if the drawing cannot be used.
        """
        made = shaped(site, self.shapes)
        if self.model.needs_drawing:
            made = led_by_plane(made, site, self.model)
        asked, least = site.recipe.core_hu, least_core_hu(site.reslice)
        centre = made.centre if asked is None else float(to_network(asked, clip=False))
        made = made.with_centre(max(centre, float(to_network(least, clip=False))))
        finished = completed(with_parts(calcified(made, site), site), site, self.tissue.run, only_plane)
        if asked is None or asked >= least:
            return finished
        note = with_minus(f"So near to the lung's HU it would not be seen: its core was asked with {least:.0f} HU.")
        return replace(finished, notes=(note,))

    def plane(self, site: Site) -> NDArray[np.float32]:
        """The sketch plane alone (v, u) in HU, as it will look in the CT, for a preview."""
        quick = replace(self, model=self.model.for_preview(), tissue=self.tissue.for_preview())
        made = quick.nodule(site, only_plane=True)
        return site.reslice.hu + site.reslice.frame.plane().sample(Volume(made.added, made.frame.grid))[0]


@cache
def generator(name: str, folder: Path = MODELS_FOLDER) -> Generator:
    """The generator of the model `name` of `folder`; loads what runs it and the weights the first time.

    Raises :class:`InputError` as :func:`bundle.load` does.
    """
    model = bundle.load(name, folder)
    other = model if model.dimensions == 3 else completing(folder)
    return Generator(model, bundle.load(other.name, other.folder.parent), shapes.bundled())
