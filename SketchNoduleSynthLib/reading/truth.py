"""A case's truth: the nodules that readers shall find, as measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.cases.result import Result
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError


@dataclass(frozen=True)
class TruthNodule:
    """A nodule that readers shall find.

    `number` is its label in the label map; `center_ras_mm` the centre of its voxels; `diameter_mm` its long diameter as
    measured in the sketch plane; `slice_number` the slice of its centre, counted from 1 along the CT's third axis;
    `box_ijk` its bounding box as x, y, z: first voxel, then size. `difficulty` goes from 0, conspicuous, to 1, subtle;
    `difficulty_class` is its word. `side` is the patient's right or left, `third` the lung's upper, middle or lower.
    These are None where nobody measured them.
    """

    number: int
    center_ras_mm: tuple[float, float, float]
    diameter_mm: float
    volume_mm3: float
    attenuation: str
    slice_number: int
    box_ijk: tuple[tuple[int, int, int], tuple[int, int, int]]
    side: str | None = None
    third: str | None = None
    difficulty: float | None = None
    difficulty_class: str | None = None

    @property
    def center_lps_mm(self) -> NDArray[np.float64]:
        """The centre in LPS mm."""
        return np.array(self.center_ras_mm) * (-1.0, -1.0, 1.0)


@dataclass(frozen=True)
class Place:
    """A place where marks are neither right nor wrong, such as a nodule that the source CT has of its own.

    LUNA16 calls such findings irrelevant. Centre in RAS mm; marks within `diameter_mm` / 2 of it are left out.
    """

    center_ras_mm: tuple[float, float, float]
    diameter_mm: float

    @property
    def center_lps_mm(self) -> NDArray[np.float64]:
        """The centre in LPS mm."""
        return np.array(self.center_ras_mm) * (-1.0, -1.0, 1.0)


@dataclass(frozen=True)
class Truth:
    """What is in a case: its nodules (maybe none) and the places that do not count."""

    case_id: str
    case_sha256: str
    nodules: tuple[TruthNodule, ...] = ()
    excluded: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        numbers = [nodule.number for nodule in self.nodules]
        if len(set(numbers)) < len(numbers):
            raise InputError(f"Two nodules of the case {self.case_id} have the same number; give each its own.")


def ct_sha256(ct: Volume) -> str:
    """What tells a case's CT from all others: its HU and where they lie, whatever its file format and voxel type."""
    digest = sha256(str(ct.array.shape).encode())
    for plane in ct.array:
        digest.update(np.ascontiguousarray(plane, "<f4").tobytes())
    digest.update((np.round(ct.index_to_lps, 3) + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()


def truth_of(
    result: Result,
    regions: Sequence[tuple[str, str] | None] | None = None,
    difficulties: Sequence[tuple[float, str] | None] | None = None,
) -> tuple[TruthNodule, ...]:
    """The nodules of a made case, in the order of its recipe; so are `regions` (side, third) and `difficulties`.

    Raises :class:`InputError` if a nodule is wholly covered by later ones.
    """
    nodules = []
    for index, insertion in enumerate(result.insertions):
        voxels = np.argwhere(result.labels[insertion.box] == index + 1)
        if not len(voxels):
            raise InputError(f"Nodule {index + 1} is wholly covered by those after it; move or remove it.")
        voxels = (voxels + [part.start for part in insertion.box])[:, ::-1]
        low, size, center = voxels.min(0), np.ptp(voxels, 0) + 1, voxels.mean(0)
        x, y, z = (result.source.to_lps(center) * (-1, -1, 1)).round(2).tolist()
        side, third = (regions and regions[index]) or (None, None)
        difficulty, word = (difficulties and difficulties[index]) or (None, None)
        nodules.append(
            TruthNodule(
                index + 1,
                (x, y, z),
                # A faint nodule may have no outline of its own in the sketch plane.
                insertion.report["long_diameter_mm"] or insertion.recipe.voi.diameter_mm,
                round(float(len(voxels) * result.source.spacing.prod()), 1),
                insertion.recipe.attenuation,
                int(np.rint(center[2])) + 1,
                (tuple(low.tolist()), tuple(size.tolist())),
                side,
                third,
                difficulty,
                word,
            )
        )
    return tuple(nodules)
