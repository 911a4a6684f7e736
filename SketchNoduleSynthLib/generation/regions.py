"""Where in the lungs a place is: side, third, how far from pleura and hilum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from SketchNoduleSynthLib.generation.lung import SIDES, Lung

THIRDS = ("upper", "middle", "lower")


@dataclass(frozen=True)
class Region:
    """A place in the lungs: `side` the patient's right or left; `third` upper, middle or lower, of that lung's volume.

    `pleura_mm`, `hilum_mm`: how far it is from where that lung ends, and from its hilum.
    """

    side: str
    third: str
    pleura_mm: float
    hilum_mm: float


def region_of(lung: Lung, point_lps_mm: ArrayLike) -> Region:
    """The region that a point (LPS mm) is in; one outside the lungs is in that of the nearest voxel of lung."""
    point = np.asarray(point_lps_mm, float)
    voxels = {side: lung.voxels_lps_mm(side) for side in lung.hila}
    away = {side: ((own - point) ** 2).sum(1).min() for side, own in voxels.items()}
    side = min(away, key=lambda one: away[one])
    above = float((voxels[side][:, 2] > point[2]).mean())
    return Region(
        SIDES[side],
        THIRDS[min(int(len(THIRDS) * above), len(THIRDS) - 1)],
        float(lung.at(lung.pleura_mm, point)),
        float(np.linalg.norm(point - lung.hila[side])),
    )
