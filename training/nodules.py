"""Real nodules with their masks: the shared npz format, read into memory.

A set is `<name>.npz` (`ct` int16 (n, 50, 50, 50) HU at 1 mm, axes z, y, x in LPS; `mask` bits) and `<name>.csv`
(a row a nodule: patient, ratings). Ratings count only where `match_corr` says they belong to the nodule.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.sketch import long_diameter
from SketchNoduleSynthLib.networks.conditions import ATTENUATIONS

SIDE = 50
RATINGS_MATCH = 0.95
GROUND_GLASS_TEXTURE, SOLID_TEXTURE = 2.0, 4.0
SHARES = {"solid": 0.55, "part-solid": 0.25, "ground-glass": 0.20}
"""How often each attenuation is drawn in training: of the data only 3% are ground-glass, 12% part-solid."""


@dataclass(frozen=True)
class Nodule:
    """A real nodule: HU and mask on one 1 mm grid, LPS mm about the patch's centre."""

    patient: str
    ct: Volume
    mask: Volume
    center_mm: NDArray[np.float64]
    diameter_mm: float
    half_height_mm: float
    attenuation: str | None


def attenuation_of(row: dict[str, str]) -> str | None:
    """Texture as rated by the readers (1 non-solid ... 5 solid), or None where it is not known."""
    if not row["Texture"] or float(row["match_corr"] or 0) <= RATINGS_MATCH:
        return None
    texture = float(row["Texture"])
    if texture <= GROUND_GLASS_TEXTURE:
        return "ground-glass"
    return "solid" if texture >= SOLID_TEXTURE else "part-solid"


def read_nodules(path: Path) -> list[Nodule]:
    """All nodules of `path` (.npz, its .csv beside it); those with an empty mask are left out."""
    arrays = np.load(path)
    cts, masks = arrays["ct"], arrays["mask"]
    with path.with_suffix(".csv").open() as table:
        rows = list(csv.DictReader(table))
    nodules = []
    for row, ct, bits in zip(rows, cts, masks, strict=True):
        mask = np.unpackbits(bits)[: SIDE**3].reshape(SIDE, SIDE, SIDE)
        where = np.argwhere(mask)
        if len(where) == 0:
            continue
        low, high = where.min(0), where.max(0)
        origin = np.full(3, -(SIDE - 1) / 2)
        center = ((low + high) / 2)[::-1] + origin
        widest = mask[np.argmax(mask.sum((1, 2)))] > 0
        nodules.append(
            Nodule(
                row["patient"],
                Volume(ct, origin=origin),
                Volume(mask.astype(np.float32), origin=origin),
                center,
                long_diameter(widest, 1.0),
                (high[0] - low[0] + 1) / 2,
                attenuation_of(row),
            )
        )
    return nodules


def sampling_weights(nodules: list[Nodule]) -> NDArray[np.float64]:
    """A probability a nodule so that the attenuations come in SHARES; unrated nodules are left out."""
    kinds = np.array([n.attenuation or "" for n in nodules])
    weights = np.zeros(len(nodules))
    for kind in ATTENUATIONS:
        weights[kinds == kind] = SHARES[kind] / max((kinds == kind).sum(), 1)
    if not weights.any():
        raise ValueError("No nodule of the set has a rated texture; training needs attenuation classes.")
    return weights / weights.sum()
