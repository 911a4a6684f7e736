"""Many cases: the same whatever the number of workers, and after a kill; the plan decides all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from generation_fixtures import made  # noqa: F401
from generation_phantom import Patient
from hypothesis import given
from hypothesis import strategies as st
from refusal import refused

from SketchNoduleSynthLib.generation.generate import Request
from SketchNoduleSynthLib.reading.truth_table import read_table
from SketchNoduleSynthLib.teaching.case import Case, files_in, sha256_of
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.make import Form
from SketchNoduleSynthLib.teaching.many import make_many
from SketchNoduleSynthLib.teaching.plan import Plan

COUNT, PATIENCE_S = 4, 120.0


@pytest.fixture(scope="module")
def source(made: Patient, tmp_path_factory) -> Path:  # noqa: F811
    path = tmp_path_factory.mktemp("source") / "chest.nrrd"
    made.volume.write(path)
    return path


@pytest.fixture(scope="module")
def plan(source) -> Plan:
    return Plan(str(source), COUNT, (0, 1), 5, Request(sizes_mm=(8.0, 14.0), models=("mcgan",)), Form("nrrd"))


@pytest.fixture(scope="module")
def by_one(plan, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "by_one"
    told: list[tuple[int, int]] = []
    summary = make_many(plan, folder, 1, progress=lambda *step: told.append(step))
    assert told[0] == (0, COUNT) and told[-1] == (COUNT, COUNT)
    assert summary["cases"] == COUNT and not summary["refused"]
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in files_in(folder)}


def test_the_cases_are_whole_and_the_summary_counts_them(plan, by_one):
    truths = [read_table(by_one / name / "truth" / "truth.json") for name in plan.names()]
    assert [len(truth.nodules) for truth in truths] == [plan.draw(index)[0] for index in range(COUNT)]
    summary = json.loads((by_one / "summary.json").read_text())
    assert summary["nodules"] == sum(len(truth.nodules) for truth in truths) > 0
    assert summary["cases_without_nodules"] == sum(not truth.nodules for truth in truths) > 0
    for name in plan.names():
        assert check(Case.open(by_one / name), Path(plan.ct))
    assert (by_one / "coverage.png").exists() and (by_one / "coverage.csv").exists()


def test_two_workers_and_a_kill_give_the_same_bytes(plan, by_one, tmp_path):
    folder = tmp_path / "killed"
    words = ["--count", str(COUNT), "--nodules", "0-1", "--seed", "5", "--sizes", "8", "14", "--model", "mcgan"]
    command = [sys.executable, "-m", "SketchNoduleSynthLib", "case", "make", plan.ct, str(folder), *words]
    command += ["--format", "nrrd", "--workers", "2"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE_S
    while not list(folder.glob("case-*")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    there = sorted(folder.glob("case-*"))
    times = [case.stat().st_mtime_ns for case in there]
    assert there and all(check(Case.open(case)) for case in there), "what is there is whole"
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{COUNT} cases" in done.stdout
    assert [case.stat().st_mtime_ns for case in there] == times, "nothing is done twice"
    assert digests(folder) == digests(by_one)


def test_another_plan_in_the_same_folder_is_refused(plan, by_one):
    with refused("other seed", "give another folder"):
        make_many(Plan(plan.ct, plan.count, plan.nodules, 6, plan.request, plan.form), by_one, 1)


def test_a_folder_with_other_things_is_refused(plan, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with refused("is not empty"):
        make_many(plan, tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_scheduler_that_is_not_there_is_told(plan, tmp_path, monkeypatch):
    import SketchNoduleSynthLib.teaching.many as many

    monkeypatch.setattr(many, "SCHEDULER_PATIENCE", "1s")
    with refused("There is no Dask scheduler at tcp://127.0.0.1:9"):
        make_many(plan, tmp_path / "cases", scheduler="tcp://127.0.0.1:9")


def test_what_does_not_fit_is_told_case_by_case(source, tmp_path):
    request = Request("subtle", (29.0, 30.0), models=("mcgan",))
    hard = Plan(str(source), 1, (1, 1), 1, request, Form("nrrd"))
    summary = make_many(hard, tmp_path / "cases", 1)
    assert summary["cases"] == 0 and "Only 0 of the 1 nodules fit" in summary["refused"]["case-0001"]


@given(st.integers(0, 2**32 - 1), st.integers(0, 5), st.integers(0, 5), st.integers(0, 500))
def test_a_case_depends_on_the_plan_and_its_number_alone(seed, least, more, index):
    small, large = (Plan("ct.nrrd", count, (least, least + more), seed) for count in (index + 1, index + 1000))
    assert small.draw(index) == large.draw(index)
    assert least <= small.draw(index)[0] <= least + more
    assert small.names()[: index + 1] == large.names()[: index + 1]


@pytest.mark.parametrize(
    ("words", "said"),
    [({"count": 0}, "0 cases"), ({"nodules": (3, 2)}, "3 to 2 nodules"), ({"seed": -1}, "The seed -1")],
)
def test_a_plan_that_makes_no_sense_is_refused(words, said):
    with refused(said):
        Plan(**({"ct": "ct.nrrd", "count": 3} | words))
