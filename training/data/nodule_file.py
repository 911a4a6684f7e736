"""The file that training reads: HDF5, one file a set of nodules.

Layout (format "SketchNoduleSynth nodules", version 1)::

    /                  attributes
                         format, version
                         spacing_mm       the voxels of all patches are cubes of this side
                         source, licence  of the CTs and the outlines: they go into the card of weights trained on it
                         settings         JSON: what the set was made of and how
                         summary          JSON: how much was read, how much skipped and why
    /nodules/000000    a group a nodule; attributes: the fields of `Facts`, absent where they are not known
        hu             int16 (n, n, n), axes z, y, x along LPS, HU; contiguous
        mask           uint8, 1 in the nodule, the same voxels; contiguous; absent where there is no outline
    /skipped           text (m, 3): where, reason (one of `Reason`), detail

The patch's centre is its coordinate origin: voxel i of n lies at (i - (n - 1) / 2) * spacing_mm along x, y or z.
n may differ from nodule to nodule. Contiguous and uncompressed, so that training maps the file into memory: a sample
costs what it would in memory, all worker processes share the pages, and HDF5 is not needed while drawing samples.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file

FORMAT, VERSION = "SketchNoduleSynth nodules", 1
ENDING = ".h5"
NODULES, SKIPPED = "nodules", "skipped"
GROUND_GLASS_TEXTURE, SOLID_TEXTURE = 2.0, 4.0


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a nodule besides its voxels; positions are x, y, z in LPS mm."""

    patient: str
    series: str
    """The CT: its SeriesInstanceUID."""
    source: str
    """The collection: LIDC-IDRI, LUNA16 ..."""
    diameter_mm: float
    """The longest axial diameter."""
    half_height_mm: float
    """Half the extent along z."""
    center_mm: NDArray[np.float64]
    """The middle of the mask's bounding box, from the patch's centre."""
    position_mm: NDArray[np.float64] | None = None
    """The patch's centre in the CT."""
    attenuation: str | None = None
    """solid, part-solid or ground-glass: see `rated_attenuation`."""
    malignancy: float | None = None
    """The readers' mean, 1 (highly unlikely) ... 5 (highly suspicious)."""
    texture: float | None = None
    """The readers' mean, 1 (non-solid), 3 (part-solid) ... 5 (solid)."""
    spiculation: float | None = None
    lobulation: float | None = None
    margin: float | None = None
    """The readers' means, 1 (none; poorly defined) ... 5 (marked; sharp)."""
    padded: bool = False
    """Whether padding around the reconstruction reached into the patch; it was made air."""

    @property
    def ratings(self) -> tuple[float, float, float] | None:
        """Spiculation, lobulation and margin, where all are rated."""
        if self.spiculation is None or self.lobulation is None or self.margin is None:
            return None
        return self.spiculation, self.lobulation, self.margin


@dataclass(frozen=True, kw_only=True)
class Record(Facts):
    """A nodule to be written: `hu` int16 and `mask` bool (z, y, x)."""

    hu: NDArray[np.int16]
    mask: NDArray[np.bool_] | None = None


class Reason(StrEnum):
    UNREADABLE = "the CT cannot be read"
    NOT_CT = "not a CT"
    NO_CT = "no CT for the annotation"
    NO_ANNOTATION = "no annotation for the CT"
    BAD_ANNOTATION = "the annotation is broken or does not fit the CT"
    SCAN_RULE = "slice thickness or pixel size outside the rule"
    FEW_READERS = "marked by too few readers"
    NO_OUTLINE = "the mask is empty"
    NOT_NUMBERS = "voxels that are not numbers"
    EDGE = "at the CT's edge"
    PADDING = "padding close to the nodule"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Skipped:
    """What was left out: a scan or a nodule, the reason it is counted under, and a sentence."""

    where: str
    reason: Reason
    detail: str


Item = Record | Skipped


@dataclass(frozen=True)
class Header:
    """What holds for a whole set: see the module's docstring."""

    spacing_mm: float
    source: str
    licence: str
    settings: str


def rated_attenuation(texture: float) -> str:
    """The class of the readers' mean texture (1 non-solid, 3 part-solid, 5 solid)."""
    if texture <= GROUND_GLASS_TEXTURE:
        return "ground-glass"
    return "solid" if texture >= SOLID_TEXTURE else "part-solid"


def write_set(path: Path, header: Header, items: Iterable[Item], **counted: int) -> dict[str, Any]:
    """Write a set and return its summary, with `counted` in it; what is at `path` is replaced when all is written."""
    with new_file(path) as draft, h5py.File(draft, "w", alignment_threshold=4096, alignment_interval=8) as file:
        file.attrs.update({"format": FORMAT, "version": VERSION, **vars(header)})
        nodules, skipped = file.create_group(NODULES), []
        for item in items:
            if isinstance(item, Skipped):
                skipped.append((item.where, str(item.reason), item.detail))
            else:
                _write(nodules.create_group(f"{len(nodules):06d}"), item)
        table = file.create_dataset(SKIPPED, (len(skipped), 3), h5py.string_dtype())
        table[...] = np.array(skipped, object).reshape(-1, 3)
        summary = {**counted, **_summary(file)}
        file.attrs["summary"] = json.dumps(summary)
    return summary


def _write(group: h5py.Group, record: Record) -> None:
    values = {field.name: getattr(record, field.name) for field in fields(Facts)}
    group.attrs.update({name: value for name, value in values.items() if value is not None})
    group.create_dataset("hu", data=record.hu.astype("<i2", casting="safe"))
    if record.mask is not None:
        group.create_dataset("mask", data=record.mask.astype(np.uint8))


def _summary(file: h5py.File) -> dict[str, Any]:
    groups = list(file[NODULES].values())
    nodules = [facts_of(group) for group in groups]
    return {
        "nodules": len(nodules),
        "patients": len({nodule.patient for nodule in nodules}),
        "with_mask": sum("mask" in group for group in groups),
        "padding_made_air": sum(bool(nodule.padded) for nodule in nodules),
        "attenuations": dict(Counter(nodule.attenuation or "unrated" for nodule in nodules)),
        "skipped": dict(Counter(str(skipped.reason) for skipped in skipped_in(file))),
    }


def open_set(path: Path) -> h5py.File:
    """A set, to be read and closed; raises :class:`InputError` if there is no whole one at `path`."""
    if not path.exists():
        raise InputError(f"There is no nodule set at {path}; make one with python -m training.prepare.")
    with suppress(OSError):
        file = h5py.File(path, "r")
        if file.attrs.get("format") == FORMAT and file.attrs.get("version") == VERSION:
            return file
        file.close()
    raise InputError(f"{path} is no whole nodule set of version {VERSION}; make it with python -m training.prepare.")


def facts_of(group: h5py.Group) -> Facts:
    return Facts(**dict(group.attrs))


class Place(NamedTuple):
    """Where the voxels of a data set lie in the file: bytes from its beginning, and how they are laid out."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype

    @classmethod
    def of(cls, voxels: h5py.Dataset) -> Place:
        return cls(voxels.id.get_offset(), voxels.shape, voxels.dtype)


def record_of(group: h5py.Group) -> Record:
    mask = group["mask"][()] > 0 if "mask" in group else None
    return Record(**vars(facts_of(group)), hu=group["hu"][()], mask=mask)


def skipped_in(file: h5py.File) -> list[Skipped]:
    return [Skipped(where, Reason(reason), detail) for where, reason, detail in file[SKIPPED].asstr()[()]]
