"""A case's truth: the nodules that readers shall find, as measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import lps_of_ras, ras_of_lps
from SketchNoduleSynthLib.drawing.measure import axes_in_a_slice
from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, SYNTHETIC
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.result import Result

LEAST_UNCOVERED = 0.5
"""Of a nodule's voxels, so many must not be a later one's: else it is no nodule that a reader could find."""


@dataclass(frozen=True)
class TruthNodule:
    """A nodule that readers shall find.

    All is measured on its voxels in the label map, where it has the label `number`: `center_ras_mm` is their centre,
    `diameter_mm` the longest diameter in a slice (edge to edge, as LIDC and RECIST have it), `short_axis_mm` that
    across it in the same slice, `height_mm` how far it reaches across the slices; `slice_number` the slice of its
    centre, counted from 1 along the CT's third axis, and `instance_number` DICOM's, which a source may count from the
    other end; `box_ijk` its bounding box as x, y, z: first voxel, then size.
    `difficulty` goes from 0, conspicuous, to 1, subtle; `difficulty_class` is its word. `side` is the patient's right
    or left, `third` the lung's upper, middle or lower. These are None where nobody measured them. `kind`: one of KINDS;
    readers shall find the synthetic ones.
    """

    number: int
    center_ras_mm: tuple[float, float, float]
    diameter_mm: float
    short_axis_mm: float
    height_mm: float
    volume_mm3: float
    attenuation: str
    slice_number: int
    box_ijk: tuple[tuple[int, int, int], tuple[int, int, int]]
    side: str | None = None
    third: str | None = None
    difficulty: float | None = None
    difficulty_class: str | None = None
    instance_number: int | None = None
    kind: str = SYNTHETIC

    @property
    def center_lps_mm(self) -> NDArray[np.float64]:
        return lps_of_ras(self.center_ras_mm)


@dataclass(frozen=True)
class Place:
    """A place where marks are neither right nor wrong, such as a nodule that the source CT has of its own.

    LUNA16 calls such findings irrelevant. Centre in RAS mm; marks within `diameter_mm` / 2 of it are left out.
    `may_be_synthetic`: the source CT says of itself that it is synthetic, so that this is no real nodule for certain.
    """

    center_ras_mm: tuple[float, float, float]
    diameter_mm: float
    may_be_synthetic: bool = False

    @property
    def center_lps_mm(self) -> NDArray[np.float64]:
        return lps_of_ras(self.center_ras_mm)


@dataclass(frozen=True)
class Truth:
    """What is in a case: its nodules (maybe none) and the places that do not count.

    `real`: the source CT's own nodules that were found, which are among the excluded, or taken out of it.
    """

    case_id: str
    case_sha256: str
    nodules: tuple[TruthNodule, ...] = ()
    excluded: tuple[Place, ...] = ()
    real: tuple[TruthNodule, ...] = ()

    @classmethod
    def of(cls, case_id: str, case_sha256: str, entries: Sequence[TruthNodule], own: Sequence[Place] = ()) -> Truth:
        """Of all entries of a case's recipe; `own`: other nodules that its CT has."""
        real = tuple(one for one in entries if one.kind != SYNTHETIC)
        excluded = (*own, *(Place(one.center_ras_mm, one.diameter_mm) for one in real if one.kind == FOUND))
        return cls(case_id, case_sha256, tuple(one for one in entries if one.kind == SYNTHETIC), excluded, real)

    def __post_init__(self) -> None:
        numbers = [nodule.number for nodule in (*self.nodules, *self.real)]
        if len(set(numbers)) < len(numbers):
            raise InputError(f"Two nodules of the case {self.case_id} have the same number; give each its own.")


def truth_of(result: Result) -> tuple[TruthNodule, ...]:
    """A made case's entries in its recipe's order; :class:`InputError` if most of one is covered by later ones."""
    nodules = []
    grid = result.source.grid
    spacing = grid.spacing
    for index, insertion in enumerate(result.insertions):
        kind = insertion.recipe.kind
        # Another nodule may take the place of one that was taken out.
        mask = insertion.nodule if kind == REMOVED else result.labels[insertion.box] == index + 1
        voxels = np.argwhere(mask)
        if len(voxels) < LEAST_UNCOVERED * insertion.nodule.sum():
            raise InputError(f"Nodule {index + 1} is mostly covered by those after it; move or remove it.")
        long, short = axes_in_a_slice(mask, spacing)
        voxels = (voxels + insertion.box.start)[:, ::-1]
        low, size, center = voxels.min(0), np.ptp(voxels, 0) + 1, voxels.mean(0)
        x, y, z = ras_of_lps(grid.to_lps(center)).round(2).tolist()
        found = asdict(insertion.situation) if insertion.situation else {}
        if found:
            found["difficulty"] = round(found["difficulty"], 4)
        if kind != SYNTHETIC:  # How hard it is to find is said of nodules that are put there.
            found = {name: found[name] for name in ("side", "third") if found}
        nodules.append(
            TruthNodule(
                index + 1,
                (x, y, z),
                round(long, 2),
                round(short, 2),
                round(float(size[2] * spacing[2]), 2),
                round(float(len(voxels) * spacing.prod()), 1),
                insertion.recipe.attenuation,
                int(np.rint(center[2])) + 1,
                (tuple(low.tolist()), tuple(size.tolist())),
                kind=kind,
                **found,
            )
        )
    return tuple(nodules)
