"""Where in the lungs a made nodule stands, and how hard that makes it to find."""

from __future__ import annotations

from dataclasses import replace

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.difficulty import difficulty
from SketchNoduleSynthLib.generation.lung import Lung, lung_mask
from SketchNoduleSynthLib.generation.regions import region_of
from SketchNoduleSynthLib.synthesis.insertion import Insertion, Situation
from SketchNoduleSynthLib.synthesis.result import Result


def situation_of(insertion: Insertion, volume: Volume, lung: Lung) -> Situation:
    """The situation of a nodule in `volume`, which must not have it yet and whose lungs are `lung`."""
    region, found = region_of(lung, insertion.recipe.voi.center_lps_mm), difficulty(volume, insertion, lung)
    return Situation(region.side, region.third, found.score, found.level)


def situated(result: Result) -> Result:
    """`result` with the situation of every nodule, where its CT's lungs can be found."""
    if all(one.situation for one in result.insertions):
        return result
    try:
        lung = lung_mask(result.source)
    except InputError:  # A recipe may be for what is no chest; then its nodules have neither side nor difficulty.
        return result
    found = (replace(one, situation=situation_of(one, result.source, lung)) for one in result.insertions)
    return replace(result, insertions=tuple(found))
