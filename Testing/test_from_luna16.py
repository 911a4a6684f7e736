"""LUNA16: nodules out of .mhd and annotations.csv, and what of it is left out."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from refusal import refused
from training_records import ct_with, prepared

from SketchNoduleSynthLib.ct.volume import Volume
from training.data.nodule_file import Reason
from training.data.nodules import read_nodules


def write_mhd(folder: Path, name: str, ct: Volume) -> None:
    import SimpleITK as sitk

    folder.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(ct.array)
    image.SetSpacing(ct.grid.spacing.tolist())
    image.SetOrigin(ct.grid.origin.tolist())
    sitk.WriteImage(image, str(folder / f"{name}.mhd"))


def write_annotations(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="") as table:
        csv.writer(table).writerows([("seriesuid", "coordX", "coordY", "coordZ", "diameter_mm"), *rows])
    return path


def with_ball(center: tuple[float, float, float], diameter: float) -> Volume:
    ct = ct_with()
    index = np.stack(np.meshgrid(*map(np.arange, ct.grid.size), indexing="ij"), -1)
    distance = np.linalg.norm(ct.grid.to_lps(index) - center, axis=-1).T
    ct.array[distance <= diameter / 2] = 40
    return ct


@pytest.mark.parametrize("spacing", [1.0, 0.625])
def test_luna16_nodules_stand_in_the_middle_of_their_patches(spacing: float, tmp_path: Path) -> None:
    write_mhd(tmp_path / "subset0", "1.2.3", with_ball((5.0, -4.0, 9.0), 12.0))
    table = write_annotations(tmp_path / "annotations.csv", [("1.2.3", 5.0, -4.0, 9.0, 12.0)])
    summary = prepared("luna16", tmp_path, table, "--spacing", spacing, tmp_path / "out.h5")
    assert (summary["nodules"], summary["with_mask"], summary["attenuations"]) == (1, 0, {"unrated": 1})
    assert read_nodules(tmp_path / "out.h5") == []
    (nodule,) = read_nodules(tmp_path / "out.h5", only_with_mask=False)
    assert (nodule.series, nodule.diameter_mm, nodule.half_height_mm) == ("1.2.3", 12.0, 6.0)
    assert nodule.ct.grid.spacing.tolist() == [spacing] * 3
    ball = np.argwhere(nodule.ct.array > -400)
    middle = nodule.ct.grid.to_lps(ball.mean(0)[::-1])
    assert np.abs(middle).max() < 0.3
    assert np.ptp(ball, axis=0) * spacing + spacing == pytest.approx([12.0] * 3, abs=2.1), "slices are 2 mm apart"


def test_bad_luna16_data_are_skipped_and_counted(tmp_path: Path) -> None:
    padded = ct_with()
    padded.array[:, :, :32] = -3024
    write_mhd(tmp_path, "good", padded)
    write_mhd(tmp_path, "bare", ct_with())
    not_numbers = ct_with().with_array(np.full((40, 100, 100), np.nan, np.float32))
    write_mhd(tmp_path, "nan", not_numbers)
    (tmp_path / "empty.mhd").touch()
    rows = [
        ("good", 12, 0, 0, 8.0),
        ("good", 13, 0, 0, 9.0),
        ("good", 0, 0, 0, 8.0),
        ("good", -5, 0, 0, 12.0),
        ("good", 0, 0, 30, 8.0),
        ("good", "", 0, 0, 8.0),
        ("good", "nan", 0, 0, 8.0),
        ("good", 0, 0, 0, 0.0),
        ("good", 0, 0),
        ("nan", 0, 0, 0, 8.0),
        ("empty", 0, 0, 0, 8.0),
        ("missing", 0, 0, 0, 8.0),
    ]
    summary = prepared("luna16", tmp_path, write_annotations(tmp_path / "annotations.csv", rows), tmp_path / "out.h5")
    assert summary["skipped"] == {
        Reason.NO_ANNOTATION: 1,
        Reason.UNREADABLE: 2,
        Reason.DUPLICATE: 1,
        Reason.PADDING: 1,
        Reason.EDGE: 1,
        Reason.BAD_ANNOTATION: 4,
        Reason.NO_CT: 1,
    }
    assert (summary["nodules"], summary["padding_made_air"]) == (2, 1)


def test_luna16_without_cts_or_annotations_is_refused(tmp_path: Path) -> None:
    table = write_annotations(tmp_path / "annotations.csv", [("1.2.3", 5.0, -4.0, 9.0, 12.0)])
    with refused("no .mhd"):
        prepared("luna16", tmp_path, table, tmp_path / "out.h5")
    for content in ("", "a,b\n1,2\n"):
        table.write_text(content)
        with refused("annotations.csv"):
            prepared("luna16", tmp_path, table, tmp_path / "out.h5")
