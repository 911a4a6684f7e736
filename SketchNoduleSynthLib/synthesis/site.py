"""The site of a nodule: the VOI's real tissue and the drawing, what every generator starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.edges import EDGES
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, Stroke, outline, raster
from SketchNoduleSynthLib.errors import InputError

AIR_OUTSIDE_HU = -950.0
TISSUE_SHARE = 0.05


@dataclass
class Site:
    """A recipe's VOI in a CT. Planes are v, u of 128 x 128 over the VOI, in HU."""

    volume: Volume
    recipe: NoduleRecipe

    def __post_init__(self) -> None:
        index = self.volume.to_index(self.recipe.voi.center_lps_mm)
        if (index < -0.5).any() or (index > self.volume.size - 0.5).any():
            at = ", ".join(f"{value:g}" for value in self.recipe.voi.center_ras_mm)
            raise InputError(f"The VOI's centre (RAS {at} mm) is outside the CT; move the VOI into it.")
        middle = self.frame.with_samples(16, 16, 16).sample(self.volume)
        if (middle > AIR_OUTSIDE_HU).mean() < TISSUE_SHARE:
            raise InputError("The VOI holds nothing but air; move it into the lung.")

    @property
    def diameter_mm(self) -> float:
        """The long diameter asked for."""
        return self.recipe.voi.diameter_mm

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The drawing."""
        return self.recipe.strokes

    @cached_property
    def frame(self) -> Frame:
        """The VOI, sampled as the drawing is."""
        return self.recipe.voi.frame(RASTER_SAMPLES)

    @property
    def pixel_mm(self) -> float:
        """A plane's pixel."""
        return float(self.frame.spacing[0])

    @cached_property
    def outline(self) -> tuple[NDArray[np.bool_], list[str]]:
        """The drawn area and the notes on it; see :func:`drawing.sketch.outline`."""
        return outline(self.strokes, self.recipe.voi.side_mm)

    @cached_property
    def plane_hu(self) -> NDArray[np.float32]:
        """The real reslice in the sketch plane."""
        return self.frame.plane().sample(self.volume)[0]

    @cached_property
    def structure_lines(self) -> NDArray[np.bool_]:
        """The drawn vessels, walls and other lines around the nodule."""
        return raster([stroke for stroke in self.strokes if stroke.label != "nodule"], self.recipe.voi.side_mm)

    def edges(self, planes_hu: NDArray[np.float32]) -> NDArray[np.bool_]:
        """The Canny edges of real planes (w, v, u), found as in training."""
        return np.stack([EDGES["physical"](plane, self.pixel_mm) for plane in planes_hu])

    @cached_property
    def plane_edges(self) -> NDArray[np.bool_]:
        """The edges in the sketch plane, (1, v, u)."""
        return self.edges(self.plane_hu[None])

    def with_strokes(self, strokes: tuple[Stroke, ...]) -> Site:
        """The same site with another drawing; the reslice and its edges are kept."""
        from dataclasses import replace

        site = object.__new__(Site)
        site.volume, site.recipe = self.volume, replace(self.recipe, strokes=strokes)
        for name in ("frame", "plane_hu", "plane_edges"):
            site.__dict__[name] = getattr(self, name)
        return site
