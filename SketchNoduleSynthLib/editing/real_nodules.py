"""A real nodule of the CT as a drawing, which can be edited and made like any other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import ndimage

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import CORE_HU, SYNTHETIC, Draft
from SketchNoduleSynthLib.drawing.sketch import ACROSS, RASTER_SAMPLES, Stroke, outlines
from SketchNoduleSynthLib.editing.drawing_tools import simplified, smoothed
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.appearance import core_density
from SketchNoduleSynthLib.synthesis.insertion import Insertion

TOLERANCE = 0.01
"""Of the diameter: so much less is said of an outline than its voxels do."""


def drawing_of(real: Insertion, grid: Grid, choices: Draft) -> Draft:
    """A drawing that is like a nodule of the CT on `grid`: its outline, its height, its attenuation and density.

    What it does not say, such as the model, is as in `choices`. Raises :class:`InputError` if the nodule
    does not reach the plane through its middle.
    """
    voi, box = real.recipe.voi, grid.cropped(real.box)
    mask = Volume(real.nodule.astype(np.float32), box)
    strokes = []
    for label in ("nodule", ACROSS):
        plane = replace(voi.plane(label), samples=(RASTER_SAMPLES, RASTER_SAMPLES, 1))
        area = ndimage.gaussian_filter(plane.sample(mask)[0], RASTER_SAMPLES / voi.side_mm / 2) > 0.5
        for one in outlines(area, voi.side_mm)[:1]:
            smooth = simplified(smoothed(one), TOLERANCE * voi.diameter_mm)
            strokes.append(Stroke(smooth.points_mm.round(2), label, closed=True))
    if not any(stroke.label == "nodule" for stroke in strokes):
        raise InputError("The nodule does not reach the plane through its middle; click on it again.")
    centre = np.array(ndimage.center_of_mass(real.nodule))
    core_hu = float(np.clip(round(core_density(real.before, grid.spacing[::-1], centre)), *CORE_HU))
    return replace(
        choices, voi=voi, attenuation=real.recipe.attenuation, core_hu=core_hu, strokes=tuple(strokes), kind=SYNTHETIC
    )


def holds(insertion: Insertion, grid: Grid, point_lps_mm: ArrayLike) -> bool:
    """Whether a point lies in the voxels of a nodule."""
    z, y, x = np.rint(grid.to_index(point_lps_mm)).astype(int)[::-1] - insertion.box.start
    inside = all(0 <= at < size for at, size in zip((z, y, x), insertion.nodule.shape, strict=True))
    return bool(inside and insertion.nodule[z, y, x])
