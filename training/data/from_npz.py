"""The shared npz: patches of 50 mm, already cut, with masks and readers' ratings.

`<name>.npz` has `ct` (n, 50, 50, 50) in HU at 1 mm, axes z, y, x in LPS, the nodule at the centre, and `mask`
(n, 15625), the bits of the nodule; `<name>.csv` has a row a nodule in the same order. Ratings count only where
`match_corr` says that they belong to the nodule. A patch is taken whole: where twice the diameter exceeds 50 mm,
there is less around the nodule than in a patch that `training.data.patches` would have cut.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from training.data.collect import Source
from training.data.nodule_file import Item, Reason, Record, Skipped, rated_attenuation
from training.data.patches import has_padding, measure, padding_hu, rounded, voi

SOURCE = "LIDC-IDRI by way of LUNA16 and node21challenge/node21_generation_baseline"
LICENCE = "LIDC-IDRI: CC BY 3.0; LUNA16: CC BY 4.0; node21_generation_baseline: Apache-2.0"
SIDE = 50
SPACING_MM = 1.0
RATINGS_MATCH = 0.95
RATINGS = ("Texture", "Malignancy", "Spiculation", "Lobulation", "Margin")
EDGE_MM = np.full(3, -(SIDE - 1) / 2 * SPACING_MM)


def load(path: Path) -> tuple[NDArray, NDArray[np.uint8], list[dict[str, str]]]:
    """`ct`, `mask` bits and the rows of the table; raises :class:`InputError` if they are not what they should be."""
    table = path.with_suffix(".csv")
    for file in (path, table):
        if not file.exists():
            raise InputError(f"There is no {file}; a set is an .npz with its .csv beside it.")
    try:
        with np.load(path) as arrays:
            ct, bits = arrays["ct"], arrays["mask"]
        with table.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, csv.Error) as error:
        raise InputError(f"{path} or its .csv is empty, damaged or has no ct and mask; copy it again.") from error
    expected = (len(rows), SIDE, SIDE, SIDE), (len(rows), -(-(SIDE**3) // 8))
    if not rows or "patient" not in rows[0]:
        raise InputError(f"{table} has no rows, or no column patient; copy it again.")
    if (ct.shape, bits.shape) != expected or ct.dtype.kind not in "iuf" or bits.dtype != np.uint8:
        raise InputError(f"{path} has ct {ct.shape} and mask {bits.shape} for {len(rows)} rows of its .csv.")
    return ct, bits, rows


def rating(row: dict[str, str], name: str) -> float | None:
    """The readers' mean, or None where it is not known to be this nodule's."""
    if not row.get(name) or float(row.get("match_corr") or 0) <= RATINGS_MATCH:
        return None
    return float(row[name])


def read(ct: NDArray, bits: NDArray[np.uint8], row: dict[str, str], where: str) -> Iterator[Item]:
    """What `nodule` finds, as a source gives it."""
    yield nodule(ct, bits, row, where)


def nodule(ct: NDArray, bits: NDArray[np.uint8], row: dict[str, str], where: str) -> Item:
    """One nodule, checked; `where` names it."""
    mask = np.unpackbits(bits)[: SIDE**3].reshape(SIDE, SIDE, SIDE).astype(bool)
    if not mask.any():
        return Skipped(where, Reason.NO_OUTLINE, "its mask is empty")
    if not np.isfinite(ct).all():
        return Skipped(where, Reason.NOT_NUMBERS, "its patch has voxels that are not numbers")
    try:
        rated: dict[str, Any] = {name.lower(): rating(row, name) for name in RATINGS}
    except ValueError:
        return Skipped(where, Reason.BAD_ANNOTATION, "its row in the .csv has a rating that is not a number")
    facts: dict[str, Any] = measure(mask, SPACING_MM)
    volume, padding = Volume.of(ct, origin=EDGE_MM), padding_hu(ct)
    if has_padding(volume, voi(facts["center_mm"], facts["diameter_mm"]), padding):
        return Skipped(where, Reason.PADDING, f"padding of {padding:g} HU reaches into the nodule's VOI")
    return Record(
        patient=row["patient"],
        series=row.get("series", ""),
        source="LIDC-IDRI",
        attenuation=None if rated["texture"] is None else rated_attenuation(rated["texture"]),
        **rated,
        padded=padding is not None,
        hu=rounded(ct),
        mask=mask,
        **facts,
    )


def sources(path: Path) -> list[Source]:
    """A source a nodule of the set at `path` (.npz); raises :class:`InputError` if it is none."""
    ct, bits, rows = load(path)
    names = [f"{path.name}, row {number + 1}" for number in range(len(rows))]
    return [Source(parts[-1], partial(read, *parts)) for parts in zip(ct, bits, rows, names, strict=True)]


def records(path: Path) -> Iterator[Item]:
    """All nodules of the set at `path`, checked."""
    for source in sources(path):
        yield from source.read()
