"""The site of a nodule: the VOI's real tissue and the drawing, what every generator starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.edges import physical_canny
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import ACROSS, LINES, PARTS, RASTER_SAMPLES, filled, outline, raster
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.tissue import dense_tissue

AIR_OUTSIDE_HU = -950.0
TISSUE_SHARE = 0.05


class Reslice:
    """The sketch plane of a VOI in a CT: 128 x 128 pixels (v, u), as real as it is, with what a preview needs.

    Raises :class:`InputError` if the VOI's centre is outside the CT or all of it is in air.
    """

    def __init__(self, volume: Volume, voi: Voi) -> None:
        self.volume, self.voi = volume, voi
        self.frame: Frame = voi.frame(RASTER_SAMPLES)
        self.pixel_mm = float(self.frame.spacing[0])
        if not volume.grid.holds(voi.center_lps_mm):
            at = ", ".join(f"{value:g}" for value in voi.center_ras_mm)
            hint = " (as LPS it would be inside)" if volume.grid.holds(np.array(voi.center_ras_mm)) else ""
            raise InputError(f"The VOI's centre (RAS {at} mm) is outside the CT{hint}; move the VOI into it.")
        coarse = ndimage.uniform_filter(self.frame.with_samples(16, 16, 16).sample(volume), 5)
        if (coarse > AIR_OUTSIDE_HU).mean() < TISSUE_SHARE:
            raise InputError("The VOI holds nothing but air; move it into the lung.")

    @cached_property
    def hu(self) -> NDArray[np.float32]:
        """The real plane in HU."""
        return self.frame.plane().sample(self.volume)[0]

    @cached_property
    def edges(self) -> NDArray[np.bool_]:
        """The plane's Canny edges, found as in training."""
        return physical_canny(self.hu, self.pixel_mm)

    @cached_property
    def dense(self) -> NDArray[np.bool_]:
        """The plane's walls and large vessels, which no nodule replaces."""
        return dense_tissue(self.hu, (self.pixel_mm,) * 2)

    @property
    def nearest_wall_mm(self) -> NDArray[np.float64] | None:
        """Where (u, v) in the plane what is dense comes nearest to its middle; None if nothing is."""
        u, v, _ = self.frame.offsets
        where = np.argwhere(self.dense)
        if not len(where):
            return None
        points = np.stack([u[where[:, 1]], v[where[:, 0]]], 1)
        return points[np.linalg.norm(points, axis=1).argmin()]


@dataclass
class Site:
    """A drawing on a reslice; several drawings in turn may share one reslice."""

    reslice: Reslice
    recipe: NoduleRecipe

    @property
    def side_mm(self) -> float:
        return self.recipe.voi.side_mm

    @property
    def diameter_mm(self) -> float:
        return self.recipe.voi.diameter_mm

    @cached_property
    def outline(self) -> tuple[NDArray[np.bool_], list[str]]:
        """The drawn area and the notes on it; see :func:`drawing.sketch.outline`."""
        return outline(self.recipe.strokes, self.side_mm)

    @cached_property
    def across(self) -> NDArray[np.bool_]:
        """The area (−w, u) that is drawn on the plane at right angles; empty if nothing is."""
        drawn = [replace(stroke, label="nodule") for stroke in self.recipe.strokes if stroke.label == ACROSS]
        return filled(drawn, self.side_mm)

    @property
    def is_drawn(self) -> bool:
        """Whether the recipe has a drawn nodule."""
        return self.recipe.is_drawn

    @property
    def has_parts(self) -> bool:
        """Whether a solid part, a calcification or a cavity is drawn."""
        return any(stroke.label in PARTS for stroke in self.recipe.strokes)

    @property
    def drawn_reach_mm(self) -> float:
        """How far from the VOI's middle, along u, v or w, the drawn nodule reaches; 0 without one."""
        drawn = (stroke for stroke in self.recipe.strokes if stroke.label in ("nodule", ACROSS))
        points = [np.abs(stroke.points_mm).max() for stroke in drawn]
        return float(max(points, default=0.0))

    def nodule_lines(self) -> NDArray[np.bool_]:
        """The nodule's strokes as drawn, as :attr:`outline`."""
        return raster([s for s in self.recipe.strokes if s.label == "nodule"], self.side_mm)

    @cached_property
    def structure_lines(self) -> NDArray[np.bool_]:
        """The drawn vessels, walls and other lines around the nodule."""
        return raster([s for s in self.recipe.strokes if s.label in LINES], self.side_mm)
