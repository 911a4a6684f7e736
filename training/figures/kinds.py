"""The kinds of nodules that the figures tell apart: the readers' attenuations, and of the solid ones the calcified."""

from __future__ import annotations

from SketchNoduleSynthLib.synthesis.appearance import core_density
from SketchNoduleSynthLib.synthesis.extraction import CALCIFIED_HU
from training.data.nodules import Nodule


def core_of_nodule(nodule: Nodule) -> float:
    return core_density(nodule.ct.array, nodule.ct.grid.spacing[::-1], nodule.ct.grid.to_index(nodule.center_mm)[::-1])


def kind_of(nodule: Nodule) -> str:
    """One of ATTENUATIONS; empty if no reader has rated its attenuation."""
    dense = nodule.attenuation == "solid" and core_of_nodule(nodule) >= CALCIFIED_HU
    return "calcified" if dense else nodule.attenuation or ""
