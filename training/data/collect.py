"""From scans to one set: part by part, so that a stopped run goes on, and with a count of what was left out.

Each part, mostly a scan, becomes a file of its own in the folder `OUT.h5.parts`, whole or not there. When all are
read, they are put together without duplicates, and the folder is removed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_text
from training.data.nodule_file import (
    ENDING,
    NODULES,
    Header,
    Item,
    Reason,
    Record,
    Skipped,
    open_set,
    record_of,
    skipped_in,
    write_set,
)

SETTINGS = "settings.json"


@dataclass(frozen=True)
class Source:
    """A scan or a part of a set: no other has its `name`; `read` gives its nodules and what is wrong with them."""

    name: str
    read: Callable[[], Iterable[Item]]


def collect(sources: Sequence[Source], out: Path, header: Header) -> dict[str, Any]:
    """Write the nodules of `sources` to `out` (.h5) and return the set's summary.

    An error of a source is what is wrong with that scan: it is skipped. Stopped and called again, it goes on. Raises
    :class:`InputError` if `out` exists, if a stopped run had other settings, and if no nodule can be used.
    """
    if out.suffix != ENDING or out.exists():
        why = "exists already" if out.exists() else f"does not end in {ENDING}"
        raise InputError(f"{out} {why}; give another name for the set.")
    folder = _begin(out, header)
    parts = [folder / (hashlib.sha1(source.name.encode()).hexdigest() + ENDING) for source in sources]
    for source, part in zip(tqdm(sources, unit="part", disable=not sys.stderr.isatty()), parts, strict=True):
        if not part.exists():
            write_set(part, header, _told(_items(source)))
    summary = write_set(out, header, _together(parts), parts=len(sources))
    shutil.rmtree(folder)
    if not summary["nodules"]:
        out.unlink()
        raise InputError(f"No nodule of {len(sources)} parts can be used ({reasons(summary)}); nothing was written.")
    return summary


def reasons(summary: dict[str, Any]) -> str:
    return ", ".join(f"{count} x {reason}" for reason, count in summary["skipped"].items()) or "nothing skipped"


def _begin(out: Path, header: Header) -> Path:
    folder = out.with_name(out.name + ".parts")
    path, text = folder / SETTINGS, json.dumps(vars(header))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_text(path, text)
        stopped = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder} could not be written; check the folder and the free disk space.") from error
    if stopped != text:
        raise InputError(f"{folder} is of a stopped run with other settings; use those, or remove the folder.")
    return folder


def _items(source: Source) -> Iterator[Item]:
    try:
        yield from source.read()
    except (InputError, OSError) as error:
        yield Skipped(source.name, Reason.UNREADABLE, str(error))


def _told(items: Iterable[Item]) -> Iterator[Item]:
    for item in items:
        if isinstance(item, Skipped):
            tqdm.write(f"skipped {item.where}: {item.detail}", file=sys.stderr)
        yield item


def _together(parts: Sequence[Path]) -> Iterator[Item]:
    """All but duplicates: what has the voxels of an earlier nodule, or lies within one of the same CT."""
    patches: set[bytes] = set()
    places: dict[str, list[tuple[NDArray, float]]] = defaultdict(list)
    for part in parts:
        with open_set(part) as file:
            yield from skipped_in(file)
            records = [record_of(group) for group in file[NODULES].values()]
        for record in records:
            digest, here, others = hashlib.sha1(record.hu.tobytes()).digest(), record.position_mm, places[record.series]
            if digest in patches or any(_within(record, place, diameter) for place, diameter in others):
                twice = Skipped(record.series or record.patient, Reason.DUPLICATE, "the same nodule is there already")
                yield from _told([twice])
                continue
            patches.add(digest)
            if here is not None:
                others.append((here, record.diameter_mm))
            yield record


def _within(record: Record, place: NDArray, diameter_mm: float) -> bool:
    here = record.position_mm
    return here is not None and bool(np.linalg.norm(here - place) < min(record.diameter_mm, diameter_mm) / 2)
