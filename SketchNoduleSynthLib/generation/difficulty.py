"""How hard a nodule is to find: from its size, its contrast, and what is around it.

A score of our own choice, not validated on readers of synthetic cases. What counts follows Smith et al. (J. Med.
Imaging 5 (2018) 045502: line-like vessels in 3D, then line-like and dot-like ones in the slices, the lung's density,
contact with vessels), with size, contrast and pleural contact added; the weights are ours, chosen with the real nodules
of the training set in view. With the subtlety that LIDC's readers gave to those its rank correlation is 0.70 (size
alone: 0.55; 773 nodules), to the validation patients' 0.67 (0.54; 107). The limits between the levels are the thirds of
the training nodules: "subtle" is as a third of LIDC's nodules is.
"""

from __future__ import annotations

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.generation.lung import Lung
from SketchNoduleSynthLib.generation.surroundings import Surroundings, surroundings
from SketchNoduleSynthLib.synthesis.insertion import Insertion

LEVELS = ("conspicuous", "moderate", "subtle")
LIMITS = (0.31, 0.44)
DIAMETER_MM = (4.0, 30.0)
CONTRAST_HU = (100.0, 800.0)
CONTACT_MM = 8.0
"""A vessel or the pleura so far from a nodule's centre does not hide it."""
DISTRACTED = {"lines_3d": 0.07, "lines_2d": 0.05, "dots_2d": 0.04}
"""The distractor indices that only a tenth of the lung exceeds: nothing is harder above them."""
WEIGHTS = {
    "size": 0.30,
    "contrast": 0.35,
    "lines_3d": 0.10,
    "lines_2d": 0.06,
    "dots_2d": 0.05,
    "vessel": 0.07,
    "pleura": 0.07,
}
EXPECTED_HU = {
    "solid": (-280.0, 110.0),
    "part-solid": (-500.0, 70.0),
    "ground-glass": (-670.0, 0.0),
    "calcified": (400.0, 110.0),
}
"""Mean HU of a nodule not made yet, at 10 mm, and how much it rises as the diameter grows by a factor of e: a fit to
the training nodules. Small ones share their voxels with the lung."""


def level_of(score: float) -> str:
    """The level of a difficulty: conspicuous, moderate or subtle."""
    return LEVELS[int(np.searchsorted(LIMITS, score, side="right"))]


def is_near(score: float, level: str, tolerance: float) -> bool:
    """Whether the difficulty is that level's, or by up to `tolerance` harder or easier."""
    bounds = (0.0, *LIMITS, 1.0)
    place = LEVELS.index(level)
    return bounds[place] - tolerance <= score <= bounds[place + 1] + tolerance


def difficulty(volume: Volume, nodule: NoduleRecipe | Insertion, lung: Lung) -> float:
    """How hard a nodule is to find in `volume`, 0 (easy) to 1 (hard); it must not have it yet. Its lungs are `lung`.

    Of an insertion, size and HU are those measured; of a recipe those to be expected.
    """
    recipe = nodule.recipe if isinstance(nodule, Insertion) else nodule
    around = surroundings(volume, lung, recipe.voi.center_lps_mm)
    if isinstance(nodule, Insertion):
        return rated(nodule.report.long_diameter_mm, nodule.report.hu_mean, around)
    diameter = recipe.voi.diameter_mm
    at_10_mm, rise = EXPECTED_HU[recipe.attenuation]
    return rated(diameter, at_10_mm + rise * float(np.log(diameter / 10)), around)


def rated(diameter_mm: float, hu: float, around: Surroundings) -> float:
    """The difficulty of a nodule of that long diameter and mean HU, there."""
    low, high = DIAMETER_MM
    faint, bright = CONTRAST_HU
    terms = {
        "size": np.log(high / max(diameter_mm, low)) / np.log(high / low),
        "contrast": (bright - (hu - around.lung_hu)) / (bright - faint),
        **{name: getattr(around, name) / most for name, most in DISTRACTED.items()},
        "vessel": 1 - around.vessel_mm / CONTACT_MM,
        "pleura": 1 - around.pleura_mm / CONTACT_MM,
    }
    return float(sum(WEIGHTS[name] * float(np.clip(term, 0, 1)) for name, term in terms.items()))
