"""The file of a nodule set: what training reads back, and how its parts become one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from refusal import refused
from torch.utils.data import DataLoader
from training_records import HEADER, ellipsoid, record

from training.data.collect import Source, collect
from training.data.dataset import PlaneDataset
from training.data.nodule_file import Header, Item, Reason, Record, Skipped, write_set
from training.data.nodules import read_nodules

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120.0
KILLED = 70


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
    assert mask.grid.origin.tolist() == nodules[0].ct.grid.origin.tolist() == [-24.5] * 3


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


def drawn_by_workers(method: str, nodule_set: Path) -> None:
    """In a process of its own, as training is: one in which Qt and VTK have threads must not fork."""
    samples = PlaneDataset(read_nodules(nodule_set), 2, seed=3, free_share=0.0)
    assert samples[0]["plane"].std() > 0
    workers = DataLoader(samples, None, num_workers=1, multiprocessing_context=method, timeout=PATIENCE_S)
    for there, here in zip(workers, [samples[0], samples[1]], strict=True):
        assert all(torch.equal(there[key], here[key]) for key in here)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes_draw_the_same_samples(method: str, nodule_set: Path) -> None:
    words = [sys.executable, __file__, method, str(nodule_set)]
    path = os.pathsep.join(map(str, (ROOT, ROOT / "Testing")))
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


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


# Parts


def sources(count: int, read: list[int], stop_at: int | None = None) -> list[Source]:
    """Nodules of their own, with a note of which were read; one that ends the process."""

    def source(number: int) -> Iterator[Item]:
        if number == stop_at:
            os._exit(KILLED)  # At once: nothing is closed, nothing tidied, as by SIGKILL.
        read.append(number)
        yield record(number)
        yield Skipped(str(number), Reason.EDGE, "too close")

    return [Source(str(k), lambda k=k: source(k)) for k in range(count)]  # type: ignore[misc]


def test_killed_it_goes_on(tmp_path: Path) -> None:
    """The finished parts are not read again, and the set is as if never stopped."""
    out, read = tmp_path / "out.h5", []
    code = f"from test_training_file import *; collect(sources(4, [], stop_at=2), Path({str(out)!r}), HEADER)"
    ended = subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert ended.returncode == KILLED
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


if __name__ == "__main__":
    drawn_by_workers(sys.argv[1], Path(sys.argv[2]))
