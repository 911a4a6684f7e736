"""The quality gate: does a nodule of the asked kind stand there, as real ones of its size look, without a seam?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.errors import BrokenModel, with_minus
from SketchNoduleSynthLib.resources import QUALITY_BOUNDS
from SketchNoduleSynthLib.synthesis.appearance import Sight, features_of, of_mask
from SketchNoduleSynthLib.synthesis.blending import Blend
from SketchNoduleSynthLib.synthesis.density_map import AERATED_HU
from SketchNoduleSynthLib.synthesis.report import Quality
from SketchNoduleSynthLib.synthesis.segmentation import background_hu

JUDGED = {
    "height": "Its height is {value:.2f} of its width; real nodules have {low:.2f} to {high:.2f}.",
    "length": "It is {value:.2f} times as long as wide; real nodules are up to {high:.2f} times.",
    "mean_hu": "Its core has {value:.0f} HU; such nodules have {low:.0f} to {high:.0f}.",
    "border_hu_per_mm": "At its border HU change by {value:.0f} a mm; in real nodules by {low:.0f} to {high:.0f}.",
    "shell_hu": "Its rim is {value:.0f} HU denser than its middle; in real nodules up to {high:.0f}.",
    "streaks": "HU change {value:.2f} times as much across slices as in them; in real nodules up to {high:.2f} times.",
    "noise_ratio": "Its noise is {value:.2f} times that around it; real nodules have {low:.2f} to {high:.2f} times.",
}
"""The plain features that are judged, and what is said where one is not as in real nodules."""
BANDS_MM = (8.0, 14.0)
"""Nodules shorter, between, and longer have bounds of their own."""
LEAST_DICE = 0.6
LEAST_SEEN_HU = 130.0
"""Over the lung around; of real ground-glass nodules 97% stand out by more."""
LEAST_NOISE_HU = 5.0
MOST_SEAM = 4.0
DIAMETER_RATIO = (0.75, 1.3)


Bounds = dict[str, dict[str, list[tuple[float, float]]]]
"""By feature, attenuation and band: least and most in real nodules."""


@cache
def bounds(path: Path = QUALITY_BOUNDS) -> Bounds:
    """Those that `training.quality_bounds` made; raises :class:`BrokenModel` if they are missing or broken."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["bounds"]
        return {
            name: {kind: [(low, high) for low, high in bands] for kind, bands in found[name].items()} for name in JUDGED
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenModel(f"The quality bounds {path} are missing or broken; install the extension again.") from error


def band(diameter_mm: float) -> int:
    """The number of its band."""
    return int(np.searchsorted(BANDS_MM, diameter_mm, side="right"))


def unlike_real(features: dict[str, float], attenuation: str, diameter_mm: float) -> list[str]:
    """A sentence for each feature that is beyond that of real nodules; what could not be measured is not judged."""
    said = []
    for name, sentence in JUDGED.items():
        low, high = bounds()[name][attenuation][band(diameter_mm)]
        if features[name] < low or features[name] > high:
            said.append(with_minus(sentence.format(value=features[name], low=low, high=high)))
    return said


@dataclass(frozen=True)
class Asked:
    """What a nodule is judged against: its kind, its long diameter (mm), and whether its drawing was cut off."""

    attenuation: str
    diameter_mm: float
    is_cut_off: bool = False


def seam_ratio(blended: Blend) -> float:
    """How much the outermost changed voxels in the lung changed, in units of the noise; up to about 1 nothing shows.

    Of 95% of them, not their mean: a seam along one side alone is seen, too.
    """
    changed = blended.weight > 0
    lung = ~ndimage.binary_dilation(blended.before > AERATED_HU, iterations=2)
    outermost = changed & ndimage.binary_dilation(~changed) & lung
    if not outermost.any():
        return 0.0
    step = np.percentile(np.abs(blended.after - blended.before)[outermost], 95)
    return float(step / max(blended.noise_around_hu, LEAST_NOISE_HU))


def judge(
    blended: Blend, spacing: NDArray[np.float64], sight: Sight, asked: Asked, dice: float | None, diameter_mm: float
) -> Quality:
    """The gate's verdict.

    `spacing`: of the CT, z, y, x in mm; `sight`: the nodule in the synthetic CT; `dice`: of drawn and synthetic
    outline, None without a drawing; `diameter_mm`: long diameter as measured in the sketch plane.
    """
    reasons = []
    if asked.is_cut_off:
        reasons.append("Its drawing reaches the VOI's border and was cut off; place the VOI on the drawing's middle.")
    around = blended.after[blended.weight == 0]
    if len(around) and sight.core - background_hu(around) < LEAST_SEEN_HU:
        reasons.append("It hardly stands out from what surrounds it.")
    if dice is not None and dice < LEAST_DICE:
        reasons.append(f"It overlaps the drawing by a Dice of only {dice:.2f}.")
    diameter_ratio = diameter_mm / max(asked.diameter_mm, 1e-6)
    if not DIAMETER_RATIO[0] <= diameter_ratio <= DIAMETER_RATIO[1]:
        reasons.append(f"Its long diameter is {diameter_ratio:.2f} times the asked or drawn one.")
    seam = seam_ratio(blended)
    if seam > MOST_SEAM:
        reasons.append(f"At its seam the tissue changes by {seam:.1f} times the noise.")
    features = features_of(sight, JUDGED) | of_mask(blended.after, blended.nodule, spacing)
    reasons += unlike_real(features, asked.attenuation, asked.diameter_mm)
    return Quality(tuple(reasons))
