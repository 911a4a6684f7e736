"""A maker of nodules that costs nothing: a ball of plain HU, a real insertion with a real report."""

from __future__ import annotations

import numpy as np

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.report import NoiseHU, Quality, Report
from SketchNoduleSynthLib.synthesis.stages import Progress, silent

STAGES = ("load", "site", "network", "blend", "report")
HU = {"solid": 40, "part-solid": -300, "ground-glass": -600, "calcified": 500}
MOST_HU = -400.0
"""As for the real maker, in denser tissue there is no room."""


def sphere(volume: Volume, nodule: NoduleRecipe, progress: Progress = silent, /) -> Insertion:
    """A ball of the recipe's diameter; its HU come of the attenuation, the seed and, in part, what was there."""
    for stage in STAGES:
        progress(stage)
    box = nodule.voi.frame(1).box_in(volume.grid, 1)
    before = volume.array[box].copy()
    index = np.stack(np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij"), -1)
    away = np.linalg.norm(volume.grid.to_lps(index[..., ::-1]) - nodule.voi.center_lps_mm, axis=-1)
    ball = away <= nodule.voi.diameter_mm / 2
    if not ball.any() or before[ball].mean() > MOST_HU:
        raise InputError("There is no room for the nodule; move the VOI into the lung.")
    after = before.copy()
    after[ball] = np.rint(HU[nodule.attenuation] + nodule.seed % 50 + 0.1 * before[ball])
    return Insertion(box, before, after, ball, nodule, report_of(nodule, box, float(after[ball].mean())))


def report_of(nodule: NoduleRecipe, box: Box, hu_mean: float = 0.0, *reasons: str) -> Report:
    """A report on a nodule that is as it was asked for, but for `reasons`."""
    diameter = nodule.voi.diameter_mm
    return Report(
        model=nodule.model,
        attenuation=nodule.attenuation,
        box_ijk=box,
        hu_mean=hu_mean,
        hu_percentiles=dict.fromkeys(("5", "25", "50", "75", "95"), hu_mean),
        long_diameter_mm=diameter,
        short_axis_mm=diameter,
        volume_mm3=round(np.pi / 6 * diameter**3, 1),
        outline_dice=1.0 if nodule.is_drawn else None,
        seam_ratio=0.0,
        noise_hu=NoiseHU(20.0, None),
        quality=Quality(reasons),
        plane_continuity=1.0,
        notes=(),
        seconds=dict.fromkeys((*STAGES, "network_alone", "total"), 0.0),
    )
