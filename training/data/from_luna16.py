"""LUNA16: CTs as .mhd, nodules as centre and diameter in annotations.csv (CC BY 4.0).

The table's columns are seriesuid, coordX, coordY, coordZ (LPS mm) and diameter_mm. There is neither an outline nor a
rating; such nodules serve what needs a box alone. LUNA16 names no patients: `patient` is the series, so do not mix
it with a set of LIDC-IDRI, whose CTs are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_rows
from training.data.collect import Source
from training.data.nodule_file import Item, Reason, Record, Skipped
from training.data.patches import Patch, cut, padding_hu

SOURCE = "LUNA16"
LICENCE = "CC BY 4.0, of LIDC-IDRI: CC BY 3.0"
COLUMNS = ("coordX", "coordY", "coordZ", "diameter_mm")
Row = dict[str, str]


def rows_by_series(path: Path) -> dict[str, list[Row]]:
    """The rows of annotations.csv by series; raises :class:`InputError` if it is no such table."""
    series = defaultdict(list)
    for _, row in read_rows(path, ("seriesuid", *COLUMNS), "table of annotations"):
        series[row["seriesuid"]].append(row)
    if not series:
        raise InputError(f"{path} has no rows; give LUNA16's annotations.csv.")
    return series


def sources(folder: Path, annotations: Path, spacing_mm: float) -> list[Source]:
    """A source a CT under `folder`, and one for the annotations without a CT."""
    rows = rows_by_series(annotations)
    cts = sorted(folder.rglob("*.mhd"))
    if not cts:
        raise InputError(f"{folder} holds no .mhd; give the folder with LUNA16's subsets.")
    found = [Source(str(ct.relative_to(folder)), partial(read, ct, rows.get(ct.stem, []), spacing_mm)) for ct in cts]
    alone = [series for series in rows if series not in {ct.stem for ct in cts}]
    missing = [Skipped(series, Reason.NO_CT, f"no {series}.mhd for its annotations") for series in alone]
    return [*found, Source(annotations.name, lambda: missing)] if missing else found


def read(path: Path, rows: Sequence[Row], spacing_mm: float) -> Iterator[Item]:
    if not rows:
        yield Skipped(path.stem, Reason.NO_ANNOTATION, "annotations.csv has no row for this CT")
        return
    ct = Volume.read(path)
    padding = padding_hu(ct.array)
    for row in rows:
        yield nodule(ct, padding, row, spacing_mm)


def nodule(ct: Volume, padding: float | None, row: Row, spacing_mm: float) -> Item:
    """The nodule of one row; `padding` as in `patches.cut`."""
    series = row["seriesuid"]
    try:
        *place, diameter = (float(row[name]) for name in COLUMNS)
    except (TypeError, ValueError):
        place, diameter = [np.nan] * 3, np.nan
    if not np.isfinite([*place, diameter]).all() or diameter <= 0:
        detail = f"a row has no valid {', '.join(COLUMNS)}"
        return Skipped(series, Reason.BAD_ANNOTATION, detail)
    center = np.array(place)
    where = f"{series} at {center.round(1).tolist()} mm"
    patch = cut(ct, padding, center, diameter, spacing_mm, where)
    if not isinstance(patch, Patch):
        return patch
    return Record(
        patient=series,
        series=series,
        source=SOURCE,
        diameter_mm=diameter,
        half_height_mm=diameter / 2,
        center_mm=np.zeros(3),
        position_mm=center,
        padded=patch.padded,
        hu=patch.hu,
    )
