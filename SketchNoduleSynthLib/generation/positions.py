"""Where a nodule may be put: in the lung, away from the hilum, clear of vessels and of other nodules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.coarse import GRID_MM
from SketchNoduleSynthLib.generation.lung import Lung
from SketchNoduleSynthLib.generation.sides import SIDE_OF
from SketchNoduleSynthLib.generation.surroundings import Neighbourhood
from SketchNoduleSynthLib.json_keys import number
from SketchNoduleSynthLib.synthesis.insertion import SIDES
from SketchNoduleSynthLib.synthesis.tissue import dense_tissue

HILUM_MM = 30.0
PLEURA_GAP_MM = 2.0
NODULE_GAP_MM = 5.0
VESSEL_GAP_MM = 1.0
CLEAR_CENTRE_MM = 5.0
"""Larger nodules always have vessels in them, as real ones do; their middle is kept clear."""
ON_VESSEL_MM = 2.5
VESSEL_HU = -700.0
"""A voxel of 2 mm with a vessel in it is denser."""
JUXTAPLEURAL = (0.35, 0.85)
"""How far the centre of a nodule that meets the pleura lies from it, in radii."""
MOST_DRAWS = 20


@dataclass(frozen=True)
class Location:
    """Which places a nodule may take; by default any in either lung that is clear of pleura and vessels.

    `juxtapleural`: it meets the pleura. `on_vessel`: its middle lies on a vessel. `upper_preference`: how many times
    likelier a place in the upper half of a lung is than one in the lower; 1 is none. (Cancers prefer the upper lobes:
    odds ratio 1.9 in McWilliams et al., N. Engl. J. Med. 369 (2013) 910; a nodule as such does not.)
    """

    side: Literal["right", "left"] | None = None
    juxtapleural: bool = False
    on_vessel: bool = False
    upper_preference: float = 1.0

    def __post_init__(self) -> None:
        if self.side not in (None, *SIDES):
            raise InputError(f"The side {self.side!r} is unknown; use right, left or none.")
        number(self.upper_preference, "upper_preference", 0.001, 1000.0)


class Positions:
    """The places of a CT that `location` allows, to be drawn from.

    Real nodules that the CT has are not known; a place on one is only avoided as a vessel would be.
    """

    def __init__(self, volume: Volume, lung: Lung, location: Location) -> None:
        self.volume, self.lung, self.location = volume, lung, location
        voxels = np.argwhere(lung.mask)
        sides = lung.sides[tuple(voxels.T)]
        points = lung.hu.grid.to_lps(voxels[:, ::-1])
        weights = np.zeros(len(points))
        for side, hilum in lung.hila.items():
            own = sides == side
            if location.side not in (None, SIDE_OF[side]):
                continue
            heights = points[own, 2]
            upper = heights > (heights.min() + heights.max()) / 2
            away = np.linalg.norm(points[own] - hilum, axis=1) >= HILUM_MM
            weights[own] = away * np.where(upper, location.upper_preference, 1.0)
        if location.on_vessel:
            weights *= lung.hu.array[tuple(voxels.T)] > VESSEL_HU
        kept = weights > 0
        self.points, self.weights = points[kept], weights[kept]
        self.pleura_mm = lung.pleura_mm[tuple(voxels[kept].T)]

    def draw(
        self, diameter_mm: float, tilts_deg: tuple[float, float], taken: Sequence[Voi], rng: np.random.Generator
    ) -> Voi | None:
        """A VOI at a random place for a nodule of that size; None if none of MOST_DRAWS places will do."""
        radius = diameter_mm / 2
        if self.location.juxtapleural:
            low, high = (share * radius for share in JUXTAPLEURAL)
            fitting = np.flatnonzero((self.pleura_mm >= low) & (self.pleura_mm <= max(high, GRID_MM / 2)))
        else:
            fitting = np.flatnonzero(self.pleura_mm >= radius + PLEURA_GAP_MM)
        if not len(fitting):
            return None
        chances = np.cumsum(self.weights[fitting])
        for _ in range(MOST_DRAWS):
            voxel = fitting[np.searchsorted(chances, rng.uniform(0, chances[-1]), side="right")]
            center = self.points[voxel] + rng.uniform(-GRID_MM / 2, GRID_MM / 2, 3)
            x, y, z = np.round(ras_of_lps(center), 1).tolist()
            voi = Voi((x, y, z), diameter_mm, *tilts_deg)
            is_seen_whole = self.volume.grid.holds(voi.frame(1).corners())
            if is_seen_whole and not any(overlap(voi, other) for other in taken) and self._vessels_allow(voi):
                return voi
        return None

    def _vessels_allow(self, voi: Voi) -> bool:
        around = Neighbourhood(self.volume, self.lung, voi.center_lps_mm)
        radius = voi.diameter_mm / 2
        if self.location.on_vessel:
            return around.vessel_mm <= min(radius / 2, ON_VESSEL_MM)
        thick = dense_tissue(around.hu, (1.0, 1.0, 1.0)) & around.dense & (around.away_mm <= radius)
        return around.vessel_mm >= min(radius + VESSEL_GAP_MM, CLEAR_CENTRE_MM) and not thick.any()


def overlap(one: Voi, other: Voi) -> bool:
    apart = np.linalg.norm(one.center_lps_mm - other.center_lps_mm)
    return bool(apart < (one.diameter_mm + other.diameter_mm) / 2 + NODULE_GAP_MM)
