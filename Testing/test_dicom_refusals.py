"""What cannot be exported is refused in one sentence; the source stays as it is, and nothing half written is left."""

from __future__ import annotations

import multiprocessing
import os
import resource
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from dicom_cases import on, scanned, with_values
from dicom_writer import ct_volume
from dicom_writer import write_series as write_source
from pydicom import Dataset, dcmread
from refusal import refused

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.segmentation import write_segmentation
from SketchNoduleSynthLib.dicom.series import write_series
from SketchNoduleSynthLib.synthesis.result import Result

NODULE = (slice(2, 4), slice(3, 6), slice(2, 7))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small series in which a nodule of `result` stands."""
    write_source(tmp_path / "source", ct_volume(), edit=scanned)
    return tmp_path / "source"


@pytest.fixture
def result():
    """That nodule."""
    return with_values(ct_volume(), NODULE, np.array(37))


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """What follows must leave everything under `folder` as it was, hidden files too."""

    def state() -> dict[Path, bytes | None]:
        return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}

    before = state()
    yield
    assert state() == before


@contextmanager
def as_nobody() -> Iterator[None]:
    """As a user who may not do everything, where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Callable[..., None]]:
    """Calls in another process: who one is, and how much may be written, are of a whole process and all its threads."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
        yield lambda check, *given: other.submit(check, *given).result()


def closed_for_a_series(result: Result, folder: Path, target: Path) -> None:
    with untouched(folder), refused("could not be written", "Permission denied"), as_nobody():
        write_series(result, target)


class TestTarget:
    @pytest.mark.parametrize("inside", [".", "deeper/still", "../source", "../link/new"])
    def test_in_the_sources_folder(self, inside: str, source: Path, result) -> None:
        (source.parent / "link").symlink_to(source)
        with untouched(source.parent), refused("in the CT's own folder"):
            write_series(result, source / inside, source)

    def test_not_empty(self, source: Path, result, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / ".hidden").write_text("somebody's")
        with untouched(tmp_path), refused("not empty"):
            write_series(result, tmp_path / "new", source)

    def test_a_file(self, source: Path, result, tmp_path: Path) -> None:
        (tmp_path / "new").write_text("somebody's")
        with untouched(tmp_path), refused("is a file"):
            write_series(result, tmp_path / "new", source)

    def test_below_a_file(self, source: Path, result, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("somebody's")
        with untouched(tmp_path), refused("could not be written"):
            write_series(result, tmp_path / "file" / "new", source)

    def test_an_empty_folder_is_fine(self, source: Path, result, tmp_path: Path) -> None:
        (tmp_path / "new").mkdir()
        write_series(result, tmp_path / "new", source)
        assert len(list((tmp_path / "new").iterdir())) == 6

    @pytest.mark.parametrize("closed", ["closed", "closed/below"])
    def test_where_one_may_not_write(self, elsewhere, closed: str, result, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir(mode=0o500)
        elsewhere(closed_for_a_series, result, tmp_path, tmp_path / closed / "new")

    def test_a_study_that_is_none(self, source: Path, result, tmp_path: Path) -> None:
        with untouched(tmp_path), refused("'new'", "source, anonymous"):
            write_series(result, tmp_path / "new", source, study="new")  # type: ignore[arg-type]


class TestSource:
    def test_two_series(self, source: Path, result, tmp_path: Path) -> None:
        write_source(source / "more", ct_volume())
        with untouched(tmp_path), refused("2 CT series"):
            write_series(result, tmp_path / "new", source)

    def test_a_missing_slice(self, source: Path, result, tmp_path: Path) -> None:
        sorted(source.iterdir(), key=lambda path: dcmread(path).ImagePositionPatient[2])[2].unlink()
        with untouched(tmp_path), refused("missing"):
            write_series(result, tmp_path / "new", source)

    def test_a_missing_last_slice(self, source: Path, result, tmp_path: Path) -> None:
        sorted(source.iterdir(), key=lambda path: dcmread(path).ImagePositionPatient[2])[-1].unlink()
        with untouched(tmp_path), refused("not the CT that the nodules were made in"):
            write_series(result, tmp_path / "new", source)

    def test_no_folder(self, result, tmp_path: Path) -> None:
        with untouched(tmp_path), refused("no DICOM files"):
            write_series(result, tmp_path / "new", tmp_path / "nowhere")

    def test_a_voxel_that_changed_since(self, source: Path, result, tmp_path: Path) -> None:
        path = sorted(source.iterdir())[3]
        dataset = dcmread(path)
        dataset.PixelData = bytes([dataset.PixelData[0] ^ 1]) + dataset.PixelData[1:]
        dataset.save_as(path)
        with untouched(tmp_path), refused(path.name, "not a slice of the CT that the nodules were made in"):
            write_series(result, tmp_path / "new", source)

    @pytest.mark.parametrize(
        "moved",
        [
            {"origin": (-100.0, -90.0, 41.0)},
            {"spacing": (0.8, 0.8, 2.5)},
            {"direction": np.diag([-1.0, -1.0, 1.0])},
            {"shape": (6, 8, 11)},
        ],
        ids=str,
    )
    def test_a_ct_at_another_place(self, moved: dict, source: Path, tmp_path: Path) -> None:
        other = with_values(ct_volume(**moved), NODULE, np.array(37))
        with untouched(tmp_path), refused("not the CT that the nodules were made in"):
            write_series(other, tmp_path / "new", source)

    @pytest.mark.parametrize("keyword", ["SOPInstanceUID", "SOPClassUID", "BitsStored", "HighBit", "PixelData"])
    def test_slices_that_lack_something(self, keyword: str, result, tmp_path: Path) -> None:
        def forget(dataset: Dataset, index: int) -> None:
            if index == 4:
                delattr(dataset, keyword)

        write_source(tmp_path / "source", result.source, edit=forget)
        with untouched(tmp_path), refused():
            write_series(result, tmp_path / "new", tmp_path / "source")

    def test_bits_that_are_not_the_lowest(self, result, tmp_path: Path) -> None:
        def high(dataset: Dataset, index: int) -> None:
            dataset.BitsStored, dataset.HighBit = 12, 15
            dataset.PixelData = (np.frombuffer(dataset.PixelData, np.uint16) << 4).tobytes()

        write_source(tmp_path / "source", result.source, edit=high)
        read = on(result, Volume.read(tmp_path / "source"))
        with untouched(tmp_path), refused("stored in a way"):
            write_series(read, tmp_path / "new", tmp_path / "source")


def no_file_above(most_bytes: int) -> None:
    """From now on no file of this process may grow beyond `most_bytes`, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


@contextmanager
def full_disk(most_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    no_file_above(most_bytes)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def full_for_a_series(study: str, source: Path, result: Result, folder: Path) -> None:
    with untouched(folder), refused("could not be written", "too large"), full_disk(1000):
        write_series(result, folder / "new", source, study=study)


def full_half_way(result: Result, folder: Path) -> None:
    done = []

    def fill(number: int, total: int) -> None:
        done.append(number)
        if number == 3:
            no_file_above(500)

    with untouched(folder), refused("could not be written"), full_disk(10_000_000):
        write_series(result, folder / "new", progress=fill)
    assert done == [1, 2, 3]


def full_for_the_segmentation(result: Result, folder: Path) -> None:
    write_series(result, folder / "ct")
    (folder / "nodules.dcm").write_text("an older one")
    with untouched(folder), refused("could not be written"), full_disk(1000):
        write_segmentation(result, folder / "ct", folder / "nodules.dcm")


class TestDisk:
    @pytest.mark.parametrize("study", ["source", "anonymous"])
    def test_full(self, elsewhere, study, source: Path, result, tmp_path: Path) -> None:
        elsewhere(full_for_a_series, study, source, result, tmp_path)

    def test_full_half_way(self, elsewhere, result, tmp_path: Path) -> None:
        elsewhere(full_half_way, result, tmp_path)

    def test_full_for_the_segmentation(self, elsewhere, result, tmp_path: Path) -> None:
        elsewhere(full_for_the_segmentation, result, tmp_path)

    def test_stopped_half_way(self, source: Path, result, tmp_path: Path) -> None:
        def stop(number: int, total: int) -> None:
            if number == 3:
                raise KeyboardInterrupt

        with untouched(tmp_path), pytest.raises(KeyboardInterrupt):
            write_series(result, tmp_path / "new", source, progress=stop)


def test_progress_tells_every_slice(result, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_series(result, tmp_path / "new", progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 6) for number in range(1, 7)]
