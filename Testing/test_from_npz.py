"""The shared npz: the same nodules as in an .h5, and what of it is left out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refusal import refused
from training_records import ellipsoid, prepared, record

from training import prepare
from training.command import run_command
from training.data.from_npz import SIDE
from training.data.nodule_file import Reason, Skipped, open_set, rated_attenuation, skipped_in
from training.data.nodules import Nodule, read_nodules


def skipped(path: Path) -> list[Skipped]:
    with open_set(path) as file:
        return skipped_in(file)


def test_attenuation_by_mean_texture() -> None:
    kinds = {t: rated_attenuation(t) for t in (1.0, 2.0, 2.25, 3.75, 4.0, 5.0)}
    assert [t for t, kind in kinds.items() if kind == "ground-glass"] == [1.0, 2.0]
    assert [t for t, kind in kinds.items() if kind == "part-solid"] == [2.25, 3.75]
    assert [t for t, kind in kinds.items() if kind == "solid"] == [4.0, 5.0]


def write_npz(path: Path, rows: list[dict[str, Any]]) -> Path:
    """A set; the keys `hu` and `mask` of a row are its voxels, the others its columns."""
    columns = ["patient", "series", "match_corr", "Texture", "Malignancy"]
    whole = [
        {"patient": f"P{k}", "match_corr": 0.99, "Texture": 5, "Malignancy": 2.5, **row} for k, row in enumerate(rows)
    ]
    patches = [row.get("hu", record(k).hu) for k, row in enumerate(whole)]
    masks = [np.packbits(row.get("mask", ellipsoid())) for row in whole]
    np.savez(path, ct=np.stack(patches), mask=np.stack(masks))
    with path.with_suffix(".csv").open("w", newline="") as table:
        writer = csv.DictWriter(table, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(whole)
    return path


def facts(nodule: Nodule) -> list[object]:
    return [nodule.patient, nodule.diameter_mm, nodule.attenuation, nodule.malignancy, nodule.center_mm.tolist()]


def test_npz_and_h5_are_the_same_nodules(tmp_path: Path) -> None:
    path = write_npz(
        tmp_path / "set.npz", [{}, {"Texture": 1.5}, {"match_corr": 0.5}, {"Texture": 3, "match_corr": ""}]
    )
    summary = prepared("npz", path, tmp_path / "out.h5")
    assert summary["attenuations"] == {"solid": 1, "ground-glass": 1, "unrated": 2}
    assert (summary["parts"], summary["nodules"], summary["patients"], summary["with_mask"]) == (4, 4, 4, 4)
    before, after = read_nodules(path), read_nodules(tmp_path / "out.h5")
    assert [n.malignancy for n in after] == [2.5, 2.5, None, None]
    for a, b in zip(before, after, strict=True):
        assert facts(a) == facts(b)
        assert np.array_equal(a.ct.array, b.ct.array)
        assert np.array_equal(a.mask.array, b.mask.array)


def test_bad_patches_of_an_npz_are_skipped_and_counted(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    hole, near, far = (record(9).hu.astype(np.float32) for _ in range(3))
    hole[0, 0, 0] = np.nan
    near[:10, :10, :30] = -3024
    near[25, 25, 12] = -3024
    far[:, :, :5] = -3024
    rows = [
        {},
        {"mask": np.zeros((SIDE,) * 3, bool)},
        {"hu": hole},
        {"hu": near},
        {"hu": far},
        {"Texture": "solid"},
        {"hu": record(0).hu},
    ]
    path = write_npz(tmp_path / "set.npz", rows)
    summary = prepared("npz", path, tmp_path / "out.h5")
    said = capfd.readouterr()
    assert summary["skipped"] == {
        Reason.NO_OUTLINE: 1,
        Reason.NOT_NUMBERS: 1,
        Reason.PADDING: 1,
        Reason.BAD_ANNOTATION: 1,
        Reason.DUPLICATE: 1,
    }
    assert (summary["nodules"], summary["padding_made_air"]) == (2, 1)
    assert "2 nodules of 2 patients" in said.out
    assert "1 x padding close to the nodule" in said.out
    assert "set.npz, row 4: padding of -3024 HU" in said.err
    assert [n.patient for n in read_nodules(tmp_path / "out.h5")] == ["P0", "P4"]
    assert read_nodules(tmp_path / "out.h5")[1].ct.array.min() == -1024
    assert {s.where for s in skipped(tmp_path / "out.h5")} > {f"set.npz, row {k}" for k in (2, 3, 4, 6)}


def test_an_npz_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_npz(tmp_path / "set.npz", [{}, {}])
    table = path.with_suffix(".csv").read_text()
    path.with_suffix(".csv").write_text("\n".join(table.splitlines()[:2]))
    with refused("for 1 rows"):
        read_nodules(path)
    path.with_suffix(".csv").write_text("")
    with refused("no rows"):
        read_nodules(path)
    path.with_suffix(".csv").write_text(table)
    for content in (b"", b"text", path.read_bytes()[:1000]):
        path.write_bytes(content)
        with refused("empty, damaged"):
            read_nodules(path)
    path.with_suffix(".csv").unlink()
    words = prepare.parser().parse_args(["npz", str(path), str(tmp_path / "out.h5")])
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: prepare.prepare(words))
    assert ended.value.code == 2
    assert "There is no" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["set.npz"]
