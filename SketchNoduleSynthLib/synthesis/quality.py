"""The quality gate: does a nodule of the asked kind stand there, without a seam, with noise like its surroundings?"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from SketchNoduleSynthLib.synthesis.blending import Blend
from SketchNoduleSynthLib.synthesis.report import Quality
from SketchNoduleSynthLib.synthesis.segmentation import AERATED_HU, background_hu

CORE_HU = {"solid": (-420.0, 400.0), "part-solid": (-650.0, 150.0), "ground-glass": (-820.0, -250.0)}
"""Mean HU of the core, as in real nodules of that texture (`python -m training.quality_bounds`).

Wider than theirs where few are rated. Above 400 HU a nodule is calcified, which is not asked for.
"""
LARGE_MM, LARGE_SOLID_HU = 8.0, -300.0
"""A solid nodule so long has so many at least: in smaller ones the border's partial volume reaches the core."""
LEAST_CONTRAST_HU = 100.0
LEAST_DICE = 0.6
LEAST_NOISE_HU = 5.0
MOST_SEAM = 2.5
NOISE_RATIO = (0.4, 3.0)
DIAMETER_RATIO = (0.75, 1.3)


def core_bounds(attenuation: str, diameter_mm: float) -> tuple[float, float]:
    """Least and most mean HU of the core of a nodule with that long diameter."""
    low, high = CORE_HU[attenuation]
    return (LARGE_SOLID_HU if attenuation == "solid" and diameter_mm >= LARGE_MM else low), high


def seam_ratio(blended: Blend) -> float:
    """How much the outermost changed voxels in the lung changed, in units of the noise; up to about 1 nothing shows."""
    changed = blended.weight > 0
    lung = ~ndimage.binary_dilation(blended.before > AERATED_HU, iterations=2)
    outermost = changed & ndimage.binary_dilation(~changed) & lung
    if not outermost.any():
        return 0.0
    step = np.abs(blended.after - blended.before)[outermost].mean()
    return float(step / max(blended.noise_around_hu, LEAST_NOISE_HU))


def judge(
    blended: Blend,
    attenuation: str,
    dice: float | None,
    diameter_mm: float,
    asked_mm: float,
    is_cut_off: bool = False,
) -> Quality:
    """The gate's verdict: `dice` of drawn and synthetic outline where there is a drawing, long diameter as measured and
    as asked or drawn, whether the drawing goes beyond what the network fills.
    """
    reasons = []
    if is_cut_off:
        reasons.append("Its drawing reaches the VOI's border and was cut off; place the VOI on the drawing's middle.")
    core = blended.after[ndimage.binary_erosion(blended.nodule)]
    core = core if len(core) else blended.after[blended.nodule]
    mean = float(core.mean()) if len(core) else float("nan")
    low, high = core_bounds(attenuation, diameter_mm)
    if not low <= mean <= high:
        reasons.append(f"Its core has {mean:.0f} HU; {attenuation} nodules have {low:.0f} to {high:.0f}.")
    around = blended.after[blended.weight == 0]
    if len(around) and mean - background_hu(around) < LEAST_CONTRAST_HU:
        reasons.append("It hardly stands out from what surrounds it.")
    if dice is not None and dice < LEAST_DICE:
        reasons.append(f"It overlaps the drawing by a Dice of only {dice:.2f}.")
    diameter_ratio = diameter_mm / max(asked_mm, 1e-6)
    if not DIAMETER_RATIO[0] <= diameter_ratio <= DIAMETER_RATIO[1]:
        reasons.append(f"Its long diameter is {diameter_ratio:.2f} times the asked or drawn one.")
    seam = seam_ratio(blended)
    if seam > MOST_SEAM:
        reasons.append(f"At its seam the tissue changes by {seam:.1f} times the noise.")
    if blended.noise_inside_hu is not None:
        noise = blended.noise_inside_hu / max(blended.noise_around_hu, LEAST_NOISE_HU)
        if not NOISE_RATIO[0] <= noise <= NOISE_RATIO[1]:
            reasons.append(f"Its noise is {noise:.1f} times that of its surroundings.")
    return Quality(tuple(reasons))
