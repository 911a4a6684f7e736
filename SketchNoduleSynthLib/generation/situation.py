"""Where in the lungs a made nodule stands, and how hard that makes it to find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.difficulty import difficulty, level_of
from SketchNoduleSynthLib.generation.lung import Lung, lung_of
from SketchNoduleSynthLib.generation.sides import SIDE_OF
from SketchNoduleSynthLib.synthesis.insertion import THIRDS, Insertion, Situation
from SketchNoduleSynthLib.synthesis.result import Result


def side_and_third(lung: Lung, point_lps_mm: ArrayLike) -> tuple[str | None, str]:
    """The patient's side that a point (LPS mm) is on, and the third of that lung's volume.

    Those of the nearest voxel of lung for a point outside the lungs; no side where a lung alone does not tell it.
    """
    point = np.asarray(point_lps_mm, float)
    side = int(lung.at(lung.sides, point))
    if not side:
        away = {one: ((lung.voxels_lps_mm(one) - point) ** 2).sum(1).min() for one in lung.hila}
        side = min(away, key=lambda one: away[one])
    of_slices = (lung.sides == side).sum((1, 2))
    above = of_slices[np.arange(len(of_slices)) > lung.hu.grid.to_index(point)[2]].sum() / of_slices.sum()
    return SIDE_OF[side], THIRDS[min(int(len(THIRDS) * above), len(THIRDS) - 1)]


def situation_of(insertion: Insertion, volume: Volume, lung: Lung) -> Situation:
    score = difficulty(volume, insertion, lung)
    return Situation(*side_and_third(lung, insertion.recipe.voi.center_lps_mm), score, level_of(score))


def situated(result: Result) -> Result:
    """`result` with the situation of every nodule, where its CT's lungs can be found."""
    if all(one.situation for one in result.insertions):
        return result
    try:
        lung = lung_of(result.source)
    except InputError:  # A recipe may be for what is no chest; then its nodules have neither side nor difficulty.
        return result
    found = (replace(one, situation=situation_of(one, result.source, lung)) for one in result.insertions)
    return replace(result, insertions=tuple(found))
