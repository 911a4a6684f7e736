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
from SketchNoduleSynthLib.teaching.copies import id_of
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


def test_of_a_zip_no_more_is_unpacked_than_is_read(cases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(cases / "c3.zip", "a") as archive:
        archive.writestr("big.bin", bytes(10_000_000))
    unpacked: list[str] = []
    extract = zipfile.ZipFile.extract

    def noted(self: zipfile.ZipFile, member: str, *rest: object) -> str:
        unpacked.append(str(member))
        return extract(self, member, *rest)

    monkeypatch.setattr(zipfile.ZipFile, "extractall", lambda self, path, names: [noted(self, n, path) for n in names])
    before = set(Path(tempfile.gettempdir()).glob("SketchNoduleSynth-*"))
    work = WorkList([cases], READER)
    assert unpacked == ["case.json"]
    assert set(Path(tempfile.gettempdir()).glob("SketchNoduleSynth-*")) == before
    third = work.open_next(work.open_first())
    assert third.id == "c3" and third.ct.array.shape[0] == 30
    assert set(Path(tempfile.gettempdir()).glob("SketchNoduleSynth-*")) == before, "the CT is in memory"


def test_what_cannot_be_read_is_refused(cases: Path, tmp_path: Path) -> None:
    with refused("There is no case at"):
        WorkList([tmp_path], READER)
    with refused("no folder"):
        WorkList([tmp_path / "nowhere"], READER)
    with refused("reader's name"):
        WorkList([cases], "../R1")
    write_case(cases / "c5", chest((40, 40, 10)), case_id="c2")
    with refused("the same id"):
        WorkList([cases], READER)
    shutil.rmtree(cases / "c5")
    (cases / "readings" / "c1_R1.json").write_text("{}")
    with refused("version"):
        WorkList([cases], READER)


def test_a_zip_without_a_case_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "no case")
    with refused("case"):
        id_of(tmp_path / "other.zip")
