"""The cases that one reader reads, one after the other."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest
from phantom import chest
from reading_folder import write_case, write_cases
from refusal import refused

from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.teaching.copies import case_paths, header, zipped
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase
from SketchNoduleSynthLib.teaching.work_list import WorkList

READER = "R1"


@pytest.fixture
def cases(tmp_path) -> Path:
    return write_cases(tmp_path / "cases", READER)


def place(case: OpenedCase) -> tuple[str, int, int, int]:
    return case.id, case.place, case.count, case.left


def test_it_goes_on_with_what_is_not_finished(cases: Path) -> None:
    work = WorkList([cases], READER)
    second = work.open_first()
    assert place(second) == ("c2", 2, 4, 2) and second.ct.array.shape[0] == 20
    second.session.finish()
    third = work.open_next(second)
    assert place(third) == ("c3", 3, 4, 1) and third.session.path.parent == cases / "readings"
    again = WorkList([cases], READER)
    assert place(again.open_first()) == ("c3", 3, 4, 1), "it was left, not finished"
    third.session.finish()
    fourth = work.open_next(third)
    fourth.session.finish()
    assert place(fourth) == ("c4", 4, 4, 0)
    assert place(WorkList([cases], READER).open_first()) == ("c1", 1, 4, 0), "all are finished; the first is shown"
    assert all(Reading.read(path).finished for path in (cases / "readings").iterdir())


def test_readers_do_not_share_a_list_and_a_folder_may_be_given(cases: Path, tmp_path: Path) -> None:
    assert place(WorkList([cases], "R2").open_first()) == ("c1", 1, 4, 3)
    elsewhere = WorkList([cases / "c4", cases / "c2"], READER, tmp_path / "kept").open_first()
    assert place(elsewhere) == ("c4", 1, 2, 1) and elsewhere.session.path == tmp_path / "kept" / "c4_R1.json"


def test_of_a_zip_no_more_is_unpacked_than_is_read(
    cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(cases / "c3.zip", "a") as archive:
        archive.writestr("big.bin", bytes(10_000_000))
    unpacked: list[str] = []
    extract = zipfile.ZipFile.extract

    def noted(self: zipfile.ZipFile, member: str, *rest: object) -> str:
        unpacked.append(str(member))
        return extract(self, member, *rest)

    monkeypatch.setattr(zipfile.ZipFile, "extractall", lambda self, path, names: [noted(self, n, path) for n in names])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    work = WorkList([cases], READER)
    assert unpacked == ["case.json"]
    assert not list((tmp_path / "temporary").iterdir())
    third = work.open_next(work.open_first())
    assert third.id == "c3" and third.ct.array.shape[0] == 30
    assert not list((tmp_path / "temporary").iterdir()), "the CT is in memory"


def test_what_cannot_be_read_is_refused(cases: Path, tmp_path: Path) -> None:
    with refused("There is no case at"):
        WorkList([tmp_path], READER)
    with refused("no folder"):
        WorkList([tmp_path / "nowhere"], READER).open_first()
    with refused("reader's name"):
        WorkList([cases], "../R1")
    write_case(cases / "c5", chest((40, 40, 12)), case_id="c2")
    with refused("c2 and ", "c5 are both the case c2"):
        WorkList([cases], READER)
    shutil.rmtree(cases / "c5")
    last = WorkList([cases / "c4"], READER).open_first()
    last.session.finish()
    with refused("All cases are read"):
        WorkList([cases / "c4"], READER).open_next(last)


def test_one_bad_case_does_not_keep_the_reader_from_the_others(cases: Path) -> None:
    (cases / "c2" / "ct" / "ct.nrrd").write_bytes(b"no CT")
    (cases / "c3.zip").write_bytes(b"no zip")
    (cases / "readings" / "c1_R1.json").write_text("{}")
    work = WorkList([cases], READER)
    last = work.open_first()
    assert place(last) == ("c4", 3, 3, 2), "c1 and c2 are left"
    assert [word in " ".join(last.problems) for word in ("c3.zip", "version", "case c2")] == [True] * 3
    last.session.finish()
    with refused("version", "case c2"):
        work.open_next(last)
    (cases / "readings" / "c1_R1.json").unlink()
    shutil.copyfile(cases / "c4" / "ct" / "ct.nrrd", cases / "c2" / "ct" / "ct.nrrd")
    first = work.open_next(last)
    assert place(first) == ("c1", 1, 3, 1), "it is tried again"
    first.session.finish()
    with refused("c2 was changed after it was made"):
        work.open_next(first)
    chest((40, 40, 20)).write(cases / "c2" / "ct" / "ct.nrrd")
    assert place(work.open_next(first)) == ("c2", 2, 3, 0)


def test_a_zip_and_the_case_that_was_unpacked_from_it_are_one(cases: Path) -> None:
    zipped(cases / "c2", cases / "c2.zip")
    work = WorkList([cases], READER)
    assert place(work.open_first()) == ("c2", 2, 4, 2)
    with zipfile.ZipFile(cases / "c3.zip") as archive:
        archive.extractall(cases / "c3")
    assert place(WorkList([cases], READER).open_next(work.open_first())) == ("c3", 3, 4, 1)


def test_what_else_lies_in_the_folder_is_left_out(cases: Path) -> None:
    """A zip of papers, what macOS leaves on a stick, what a killed run left."""
    with zipfile.ZipFile(cases / "papers.zip", "w") as archive:
        archive.writestr("paper.txt", "no case")
    (cases / "._c2.zip").write_bytes(b"x")
    shutil.copytree(cases / "c2", cases / ".draft.ab12cd34.c2")
    (cases / "notes").mkdir()
    assert [path.name for path in case_paths([cases])] == ["c1", "c2", "c3.zip", "c4"]


def test_a_zip_may_hold_the_folder_of_the_case(cases: Path) -> None:
    shutil.make_archive(str(cases / "c9"), "zip", cases, "c4")
    shutil.rmtree(cases / "c4")
    assert place(WorkList([cases / "c9.zip"], READER).open_first()) == ("c4", 1, 1, 0)


def test_a_zip_without_a_case_is_refused_by_its_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "no case")
    with refused("no case in other.zip"):
        header(tmp_path / "other.zip")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("case.json", "{}")
    with refused("other: case.version is missing"):
        header(tmp_path / "other.zip")


def test_readings_stand_where_the_case_is_listed(cases: Path, tmp_path: Path) -> None:
    listed = tmp_path / "listed"
    listed.mkdir()
    (listed / "c2").symlink_to(cases / "c2")
    assert WorkList([listed], READER).open_first().session.path == listed / "readings" / "c2_R1.json"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that even root cannot write to")
def test_a_folder_for_readings_that_cannot_be_written_to_is_told_at_once(cases: Path) -> None:
    with refused("Readings cannot be written to /proc/self"):
        WorkList([cases / "c2"], READER, Path("/proc/self")).open_first()
