"""`case score`: which of the readers' files it takes, what it says of the others, what it leaves of an earlier run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from phantom import chest
from reading_cases import rated, reading

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.reading.truth import Truth, TruthNodule
from SketchNoduleSynthLib.reading.truth_table import write_table
from SketchNoduleSynthLib.teaching.case import INSTRUCTIONS, TRUTH_FOLDER, files_in, write_case_file

NEAR_MM = 4.0
"""From the nodule's centre: a hit by distance, none by overlap."""


@pytest.fixture(scope="module")
def ct() -> Volume:
    return chest((40, 40, 20))


@pytest.fixture
def write_case(ct: Volume, tmp_path: Path):
    """Writes a case with a nodule of 3 × 3 × 3 voxels, or none, into the folder `cases`."""

    def write(case_id: str, nodules: int = 1) -> Truth:
        folder = tmp_path / "cases" / case_id
        (folder / "ct").mkdir(parents=True)
        ct.write(folder / "ct" / "ct.nrrd")
        labels = np.zeros_like(ct.array, np.uint8)
        found = []
        for number in range(1, nodules + 1):
            labels[9:12, 19:22, 19:22] = number
            x, y, z = (ct.grid.to_lps((20, 20, 10)) * (-1, -1, 1)).tolist()
            found.append(TruthNodule(number, (x, y, z), 6.0, 6.0, 5.0, 100.0, "solid", 11, ((19, 19, 9), (3, 3, 3))))
        truth = Truth(case_id, ct.sha256(), tuple(found))
        write_table(truth, folder / TRUTH_FOLDER)
        ct.with_array(labels).write(folder / TRUTH_FOLDER / "labels.nrrd")
        write_case_file(folder, files_in(folder), case_id, INSTRUCTIONS, truth.case_sha256, "", "a test")
        return truth

    return write


@pytest.fixture
def score(tmp_path: Path):
    """Runs the command on `cases`, or one of them, and `readings`."""

    def run(*more: str, case: str = "") -> int:
        words = ["case", "score", str(tmp_path / "cases" / case), str(tmp_path / "out")]
        return main([*words, "--readings", str(tmp_path / "readings"), *more])

    return run


@pytest.fixture
def keep(tmp_path: Path):
    """Writes a reading to the folder `readings`."""

    def write(one: Reading, name: str = "") -> Path:
        (tmp_path / "readings").mkdir(exist_ok=True)
        path = tmp_path / "readings" / (name or f"{one.case_id}_{one.reader}.json")
        path.write_text(one.to_json())
        return path

    return write


def left(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_nothing_of_an_earlier_run_stays_beside_new_scores(write_case, keep, score, tmp_path):
    truth = write_case("a", 1)
    x, y, z = truth.nodules[0].center_ras_mm
    gone = keep(reading("B", truth, [((x, y, z), 60), ((x, y + 20, z), 20)]))
    keep(reading("A", truth, [((x, y + NEAR_MM, z), 80), ((x, y + 20, z), 20)]))
    write_case("b", 0)
    for reader in ("A", "B"):
        keep(rated(reader, Truth("b", truth.case_sha256), ()))
    assert score("--feedback", "--rjafroc") == 0
    before = left(tmp_path / "out")
    assert {"rjafroc.xlsx", "rjafroc_ids.csv", "feedback/a_B/feedback.png", "feedback/a_A/nodule_01_found.png"} < before
    (tmp_path / "out" / "notes.txt").write_text("the teacher's own")
    gone.unlink()
    (tmp_path / "readings" / "b_B.json").unlink()
    assert score("--feedback", "--overlap", case="a") == 0
    now = left(tmp_path / "out")
    pictures = {"nodule_01_missed.png", "finding_01_false.png", "finding_02_false.png", "feedback.png"}
    plain = {"scores.json", "table.csv", "nodules.csv", "froc.png", "notes.txt"}
    assert now == plain | {f"feedback/a_A/{name}" for name in pictures}
    assert score() == 0
    assert left(tmp_path / "out") == plain


def test_a_run_that_is_refused_leaves_the_earlier_one_as_it_was(write_case, keep, score, tmp_path, capsys):
    keep(rated("A", write_case("a"), (80,)))
    assert score("--feedback") == 0
    before = left(tmp_path / "out")
    assert score("--overlap", "--rjafroc") == 2
    assert "RJafroc" in capsys.readouterr().err and left(tmp_path / "out") == before


def test_cases_that_a_reader_has_not_read_are_named(write_case, keep, score, capsys):
    truths = [write_case(f"c{k}", k % 2) for k in range(8)]
    for truth in truths[1:]:
        keep(rated("most", truth, (80,) * len(truth.nodules)))
    keep(rated("one", truths[1], (80,)))
    assert score() == 0
    assert capsys.readouterr().out.splitlines()[:5] == [
        "most: 4 of 4 nodules, 0.00 false marks a case",
        "   most has not read 1 of the 8 cases (c0); the figures are of the others.",
        "one: 1 of 1 nodules, 0.00 false marks a case",
        "   one has not read 7 of the 8 cases (c0, c2, c3, c4, c5 and 2 more); the figures are of the others.",
        "   No AFROC and wAFROC of one: they need cases without nodules, of which one has read none.",
    ]
    assert score(case="c1") == 0
    assert "No AFROC and wAFROC: they need cases without nodules, and the set has none" in capsys.readouterr().out


def test_readings_of_other_cases_are_counted_and_left_out(write_case, keep, score, tmp_path, capsys):
    a, b = write_case("a"), write_case("b")
    for who in ("A", "B"):
        keep(rated(who, b, (80,)))
    keep(reading("C", b, [], is_finished=False))
    assert score(case="a") == 2
    told = capsys.readouterr()
    assert "no finished reading" in told.err and "Readings of other cases, left out: 3." in told.out
    assert "has not finished" not in told.out and not (tmp_path / "out").exists()
    keep(rated("A", a, (80,)))
    assert score(case="a") == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "Readings of other cases, left out: 3.",
        "A: 1 of 1 nodules, 0.00 false marks a case",
    ]
    keep(rated("A", Truth("a", "0" * 64), ()))
    assert score(case="a") == 2
    assert "The reading of A of a was made on another CT" in capsys.readouterr().err


def test_two_readings_of_one_case_by_one_reader_are_named(write_case, keep, score, capsys):
    truth = write_case("a")
    keep(rated("A", truth, (80,)))
    keep(rated("A", truth, (70,)), "copy.json")
    assert score() == 2
    assert "a_A.json and copy.json are both readings of a by A; take one away." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"theme": "dark"}',
            "settings.json is no reading that can be scored; take it away, or mend it: reading.version",
        ),
        ("[]", "settings.json is no reading that can be scored"),
        ("theme: dark", "settings.json is not JSON"),
    ],
)
def test_a_file_that_is_no_reading_is_named(write_case, keep, score, tmp_path, capsys, text, said):
    keep(rated("A", write_case("a"), (80,)))
    (tmp_path / "readings" / "settings.json").write_text(text)
    assert score() == 2
    assert said in capsys.readouterr().err


def test_a_broken_reading_is_named(write_case, keep, score, capsys):
    path = keep(rated("A", write_case("a"), (80,)))
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | {"reader": ""}))
    assert score() == 2
    assert "a_A.json is no reading that can be scored" in capsys.readouterr().err
    path.write_text(json.dumps(data | {"reader": "B"}))
    assert score() == 2
    assert "was changed after it was finished" in capsys.readouterr().err


def test_hidden_files_are_passed_over(write_case, keep, score, tmp_path):
    keep(rated("A", write_case("a"), (80,)))
    (tmp_path / "readings" / "._a_A.json").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "readings" / ".draft.0a1b2c3d.a_B.json").write_text("{")
    assert score() == 0
