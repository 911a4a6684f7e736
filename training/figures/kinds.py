"""The kinds of nodules that the figures tell apart: the readers' attenuations, and of the solid ones the calcified."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from SketchNoduleSynthLib.synthesis.appearance import core_density
from SketchNoduleSynthLib.synthesis.calcification import CALCIFIED_HU
from training.data.nodules import Nodule


def core_of_nodule(nodule: Nodule) -> float:
    """HU about its centre of mass, where a made one is as dense as asked; `center_mm` is the middle of its extent."""
    centre = np.array(ndimage.center_of_mass(nodule.mask.array > 0))
    return core_density(nodule.ct.array, nodule.ct.grid.spacing[::-1], centre)


def kind_of(nodule: Nodule) -> str:
    """One of ATTENUATIONS; empty if no reader has rated its attenuation."""
    dense = nodule.attenuation == "solid" and core_of_nodule(nodule) >= CALCIFIED_HU
    return "calcified" if dense else nodule.attenuation or ""
