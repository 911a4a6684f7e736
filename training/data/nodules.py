"""Real nodules for training: their facts at once, their voxels when they are asked for.

A set is an HDF5 file (`training.data.nodule_file` states the format, `training.prepare` makes it) or the shared npz
(`training.data.from_npz`), which is read into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.networks.inputs import ATTENUATIONS
from training.data.from_npz import SPACING_MM, records
from training.data.nodule_file import NODULES, Facts, Place, Record, facts_of, open_set

SHARES = {"solid": 0.55, "part-solid": 0.25, "ground-glass": 0.20}
"""How often each attenuation is drawn in training: of the data only 3% are ground-glass, 12% part-solid."""

Voxels = tuple[Volume, Volume | None]


@dataclass(frozen=True, kw_only=True)
class Nodule(Facts):
    """A real nodule: HU and mask on one isotropic grid, LPS mm about the patch's centre."""

    voxels: Callable[[], Voxels]
    """Gives the HU (int16) and, where there is an outline, the mask (0 or 1)."""
    has_mask: bool = True

    @property
    def ct(self) -> Volume:
        """The HU of the patch, int16. Not to be written to."""
        return self.voxels()[0]

    @property
    def mask(self) -> Volume:
        """The nodule's mask on the same voxels, float32. Raises ValueError if it has none."""
        mask = self.voxels()[1]
        if mask is None:
            raise ValueError("This nodule has no mask; read_nodules(path) leaves such nodules out.")
        return mask.with_array(mask.array.astype(np.float32))


def read_nodules(path: Path, only_with_mask: bool = True) -> list[Nodule]:
    """All nodules of the set at `path`; without `only_with_mask` also those that have a place and a size alone.

    The nodules may be handed to other processes, forked or spawned: each maps the file into its memory.
    Raises :class:`InputError` if `path` is no whole set.
    """
    if path.suffix == ".npz":
        return [_in_memory(item) for item in records(path) if isinstance(item, Record)]
    with open_set(path) as file:
        changed, spacing = path.stat().st_mtime_ns, float(file.attrs["spacing_mm"])
        nodules = []
        for group in file[NODULES].values():
            places = [Place.of(group[name]) for name in ("hu", "mask") if name in group]
            voxels = partial(_in_file, path.resolve(), changed, places, spacing)
            nodules.append(Nodule(**vars(facts_of(group)), voxels=voxels, has_mask="mask" in group))
    return [nodule for nodule in nodules if nodule.has_mask or not only_with_mask]


def read_apart(training: Path, validation: Path) -> tuple[list[Nodule], list[Nodule]]:
    """The nodules of two sets, which must be of different patients; raises :class:`InputError` if they are not."""
    sets = read_nodules(training), read_nodules(validation)
    one, other = ({nodule.patient for nodule in nodules} for nodules in sets)
    if shared := one & other:
        raise InputError(f"{len(shared)} patients are in both sets ({min(shared)} is one); give sets split by patient.")
    return sets


@lru_cache(8)
def _mapped(path: Path, changed: int) -> NDArray[np.uint8]:
    """The bytes of a file, read only when they are looked at; `changed` is when it was written."""
    if path.stat().st_mtime_ns != changed:
        raise InputError(f"{path} was replaced while it was in use; start again.")
    return np.asarray(np.memmap(path, np.uint8, "r"))


def _in_file(path: Path, changed: int, places: Sequence[Place], spacing_mm: float) -> Voxels:
    file = _mapped(path, changed)
    hu, *mask = (np.ndarray(place.shape, place.dtype, file, place.offset) for place in places)
    return _volumes(hu, mask[0] if mask else None, spacing_mm)


def _in_memory(record: Record) -> Nodule:
    facts = {name: value for name, value in vars(record).items() if name not in ("hu", "mask")}
    return Nodule(**facts, voxels=partial(_volumes, record.hu, record.mask, SPACING_MM))


def _volumes(hu: NDArray[np.int16], mask: NDArray | None, spacing_mm: float) -> Voxels:
    spacing = np.full(3, spacing_mm)
    origin = -(np.array(hu.shape[::-1]) - 1) / 2 * spacing
    ct = Volume.of(hu, spacing, origin)
    return ct, None if mask is None else ct.with_array(mask)


def sampling_weights(nodules: Sequence[Nodule]) -> NDArray[np.float64]:
    """A probability a nodule so that the attenuations come in SHARES; unrated nodules are left out.

    Raises :class:`InputError` if there is no other.
    """
    kinds = np.array([n.attenuation or "" for n in nodules])
    weights = np.zeros(len(nodules))
    for kind in ATTENUATIONS:
        weights[kinds == kind] = SHARES[kind] / max((kinds == kind).sum(), 1)
    if not weights.any():
        raise InputError("No nodule of the set has a rated texture; training needs attenuation classes.")
    return weights / weights.sum()
