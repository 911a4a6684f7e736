"""A reader's file and the session that writes it: every step is on disk, and what is finished or wrong is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from changed_json import DELETE, changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest
from reading_cases import BEGAN, ENDED
from refusal import refused

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.reading.findings import Finding, Reading
from SketchNoduleSynthLib.reading.session import ReadingSession

OPEN = {
    "version": 1,
    "reader": "R1",
    "case": {"id": "0007", "sha256": "abc"},
    "started": "2026-11-02T10:15:00+00:00",
    "finished": None,
    "findings": [
        {
            "number": 1,
            "at_ras_mm": [62.0, -31.5, 118.0],
            "confidence": 80,
            "diameter_mm": 7.5,
            "remark": "beside a vessel",
        },
        {"number": 3, "at_ras_mm": [0, 0, 0], "confidence": 1, "attenuation": "ground-glass"},
    ],
}
POINTS = st.tuples(*[st.floats(-60, 60)] * 3)


@pytest.fixture(scope="module")
def ct() -> Volume:
    return chest()


@pytest.fixture
def begin(tmp_path: Path, ct: Volume) -> Callable[..., ReadingSession]:
    def session(reader: str = "R1", case_id: str = "0007", digest: str = "abc") -> ReadingSession:
        times = iter(BEGAN + timedelta(minutes=k) for k in range(100))
        return ReadingSession(tmp_path / "reading.json", reader, case_id, digest, ct.grid, lambda: next(times))

    return session


# The file


def test_a_file_comes_back_as_written(tmp_path: Path) -> None:
    read = Reading.from_dict(OPEN)
    assert read.findings[0] == Finding(1, (62.0, -31.5, 118.0), 80, 7.5, None, "beside a vessel")
    assert read.findings[0].at_lps_mm.tolist() == [-62.0, 31.5, 118.0]
    assert read.started == datetime(2026, 11, 2, 10, 15, tzinfo=UTC) and read.minutes is None
    path = tmp_path / "R1.json"
    path.write_text(read.to_json())
    assert Reading.read(path) == read


FINDING = ("findings", 0)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("version",), 2, ["reading.version is 2"]),
        (("version",), DELETE, ["reading.version"]),
        (("reader",), " ", ["reader"]),
        (("reader",), 7, ["reader"]),
        (("case",), "0007", ["reading.case"]),
        (("case", "sha256"), DELETE, ["reading.case.sha256"]),
        (("case", "hash"), "x", ["reading.case.hash"]),
        (("started",), "yesterday", ["reading.started"]),
        (("started",), "2026-11-02T10:15:00", ["reading.started", "time zone"]),
        (("finished",), 5, ["reading.finished"]),
        (("findings",), {}, ["reading.findings"]),
        (("colour",), "red", ["reading.colour"]),
        ((*FINDING, "at_ras_mm"), [1, 2], ["reading.findings[0].at_ras_mm"]),
        ((*FINDING, "at_ras_mm"), [1, 2, "3"], ["reading.findings[0].at_ras_mm"]),
        ((*FINDING, "at_ras_mm"), [1, 2, float("nan")], ["reading.findings[0].at_ras_mm"]),
        ((*FINDING, "confidence"), 0, ["reading.findings[0].confidence", "1 and 100"]),
        ((*FINDING, "confidence"), 101, ["reading.findings[0].confidence", "1 and 100"]),
        ((*FINDING, "confidence"), 50.5, ["reading.findings[0].confidence"]),
        ((*FINDING, "confidence"), True, ["reading.findings[0].confidence"]),
        ((*FINDING, "confidence"), DELETE, ["reading.findings[0].confidence"]),
        ((*FINDING, "number"), 3, ["same number"]),
        ((*FINDING, "diameter_mm"), -1, ["reading.findings[0].diameter_mm"]),
        ((*FINDING, "attenuation"), "dense", ["reading.findings[0].attenuation"]),
        ((*FINDING, "remark"), 5, ["reading.findings[0].remark"]),
        ((*FINDING, "rating"), 5, ["reading.findings[0].rating"]),
        (("seal",), "0" * 64, ["changed after it was finished"]),
    ],
)
def test_a_bad_key_is_named(path: tuple[Any, ...], value: Any, words: list[str]) -> None:
    with refused(*words):
        Reading.from_dict(changed(OPEN, path, value))


@pytest.mark.parametrize("text", ["{", "[]", '"R1"', "\x00", "1e999999999"])
def test_what_is_no_reading_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "R1.json"
    path.write_text(text)
    with refused("R1.json"):
        Reading.read(path)
    with refused("There is no reader's file"):
        Reading.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*FINDING, "confidence"), 81),
        ((*FINDING, "at_ras_mm"), [62.0, -31.5, 118.1]),
        (("findings",), []),
        (("reader",), "R2"),
        (("case", "id"), "0008"),
        (("started",), "2026-11-02T10:14:00+00:00"),
    ],
)
def test_a_finished_file_that_was_changed_is_refused(path: tuple[Any, ...], value: Any) -> None:
    sealed = Reading("R1", "0007", "abc", BEGAN, ENDED, Reading.from_dict(OPEN).findings)
    data = sealed.to_dict()
    assert Reading.from_dict(json.loads(json.dumps(data))) == sealed and sealed.minutes == 3
    with refused("changed after it was finished"):
        Reading.from_dict(changed(OPEN, path, value) | {key: data[key] for key in ("finished", "seal")})
    with refused("changed after it was finished"):
        Reading.from_dict(data | {"finished": None})


# The session


def test_every_step_is_on_disk(begin: Callable[..., ReadingSession]) -> None:
    session = begin()
    assert not session.path.exists(), "nothing was marked yet"
    seen = []
    stop = session.changed.connect(lambda: seen.append(len(session.findings)))
    first = session.mark(LUNG_RAS_MM, 50)
    second = session.mark((0, 0, 0), 20, attenuation="solid", diameter_mm=4.0, remark="?")
    session.move(second, (1, 2, 3))
    session.rate(first, 90)
    session.remove(first)
    third = session.mark((4, 5, 6), 10)
    assert third not in (first, second), "a number is given once"
    assert session.findings == (
        Finding(second, (1, 2, 3), 20, 4.0, "solid", "?"),
        Finding(third, (4, 5, 6), 10),
    )
    assert Reading.read(session.path) == session.reading and seen == [1, 2, 2, 2, 1, 2]
    stop()
    session.finish()
    assert Reading.read(session.path) == session.reading and session.is_finished and len(seen) == 6
    assert session.reading.minutes == 1
    assert [path.name for path in session.path.parent.iterdir()] == ["reading.json"]


def test_a_reading_is_taken_up_again(begin: Callable[..., ReadingSession]) -> None:
    session = begin()
    session.mark(LUNG_RAS_MM, 50)
    session.mark((0, 0, 0), 20)
    again = begin()
    assert again.reading == session.reading and again.mark((1, 1, 1), 5) == 3
    with refused("reader R1, not of R2"):
        begin("R2")
    with refused("belongs to the case 0007"):
        begin(case_id="0008")
    with refused("belongs to the case 0007"):
        begin(digest="of another CT")


def test_a_finished_reading_is_never_changed(begin: Callable[..., ReadingSession]) -> None:
    session = begin()
    number = session.mark(LUNG_RAS_MM, 50)
    session.finish()
    before = session.path.read_bytes()
    for late in (session, begin()):
        assert late.is_finished
        for step in (
            lambda late=late: late.mark((0, 0, 0), 5),
            lambda late=late: late.move(number, (0, 0, 0)),
            lambda late=late: late.rate(number, 5),
            lambda late=late: late.remove(number),
            lambda late=late: late.finish(),
        ):
            with refused("R1 is finished"):
                step()
    assert session.path.read_bytes() == before and session.reading.minutes == 1


def test_wrong_steps_change_nothing(begin: Callable[..., ReadingSession]) -> None:
    session = begin()
    number = session.mark(LUNG_RAS_MM, 50)
    before = session.reading
    with refused("outside of the CT"):
        session.mark((500, 0, 0), 50)
    with refused("outside of the CT"):
        session.move(number, (0, 0, -500))
    with refused("confidence"):
        session.mark((0, 0, 0), 0)
    with refused("confidence"):
        session.rate(number, 101)
    with refused("attenuation"):
        session.rate(number, 50, attenuation="dense")
    with refused("at_ras_mm"):
        session.mark((0, 0, float("nan")), 50)
    for step in (
        session.remove,
        lambda unknown: session.rate(unknown, 5),
        lambda unknown: session.move(unknown, (0, 0, 0)),
    ):
        with refused("no finding 9"):
            step(9)
    assert session.reading == before == Reading.read(session.path)


def test_the_border_of_the_ct_is_inside(begin: Callable[..., ReadingSession], ct: Volume) -> None:
    session = begin()
    for corner in (np.array([-0.49] * 3), ct.grid.size - 0.51):
        session.mark(ct.grid.to_lps(corner) * (-1, -1, 1), 50)
        with refused("outside of the CT"):
            session.mark(ct.grid.to_lps(corner + np.sign(corner - 1) * 0.1) * (-1, -1, 1), 50)


def test_a_step_that_cannot_be_saved_is_not_done(
    begin: Callable[..., ReadingSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begin()
    session.mark(LUNG_RAS_MM, 50)
    before, file = session.reading, session.path.read_bytes()

    def full(path: Path, data: bytes) -> int:
        path.write_text(data.decode()[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with refused("could not be written", "No space left"):
        session.mark((0, 0, 0), 50)
    assert session.reading == before and session.path.read_bytes() == file
    assert [path.name for path in session.path.parent.iterdir()] == ["reading.json"]
    monkeypatch.undo()
    assert session.mark((0, 0, 0), 50) == 2


def test_a_folder_in_the_files_place_is_told(tmp_path: Path, ct: Volume) -> None:
    with refused("cannot be read"):
        ReadingSession(tmp_path, "R1", "0007", "abc", ct.grid)


def test_no_folder_no_step(tmp_path: Path, ct: Volume) -> None:
    session = ReadingSession(tmp_path / "gone" / "reading.json", "R1", "0007", "abc", ct.grid)
    with refused("could not be written"):
        session.mark(LUNG_RAS_MM, 50)
    assert not session.findings and not list(tmp_path.iterdir())


def test_two_windows_do_not_overwrite_each_other(begin: Callable[..., ReadingSession]) -> None:
    session = begin()
    session.mark(LUNG_RAS_MM, 50)
    other = begin()
    other.mark((0, 0, 0), 20)
    with refused("changed elsewhere"):
        session.mark((1, 1, 1), 5)
    other.path.unlink()
    with refused("changed elsewhere"):
        other.finish()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["mark", "move", "rate", "remove"]), st.integers(0, 9), POINTS, st.integers(1, 100))
    )
)
def test_whatever_is_done_the_file_holds_it(
    tmp_path_factory: pytest.TempPathFactory, ct: Volume, steps: list[tuple[str, int, Any, int]]
) -> None:
    path = tmp_path_factory.mktemp("readings") / "reading.json"
    session = ReadingSession(path, "R1", "0007", "abc", ct.grid)
    expected: dict[int, tuple[tuple[float, ...], int]] = {}
    for step, which, at, confidence in steps:
        at = (at[0], at[1], at[2] / 2)
        number = list(expected)[which % len(expected)] if expected else None
        if step == "mark" or number is None:
            expected[session.mark(at, confidence)] = (at, confidence)
        elif step == "move":
            session.move(number, at)
            expected[number] = (at, expected[number][1])
        elif step == "rate":
            session.rate(number, confidence)
            expected[number] = (expected[number][0], confidence)
        else:
            session.remove(number)
            del expected[number]
        assert {f.number: (f.at_ras_mm, f.confidence) for f in Reading.read(path).findings} == expected
    assert ReadingSession(path, "R1", "0007", "abc", ct.grid).findings == session.findings
