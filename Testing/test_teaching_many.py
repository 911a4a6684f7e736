"""Many cases: the same whatever the number of workers, and after a kill; the plan decides all."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from generation_fixtures import scanned  # noqa: F401
from generation_phantom import Patient
from hypothesis import given
from hypothesis import strategies as st
from refusal import refused
from sphere import sphere

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.generation.generate import Request
from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.reading.truth import Place
from SketchNoduleSynthLib.reading.truth_table import read_table
from SketchNoduleSynthLib.teaching import many
from SketchNoduleSynthLib.teaching.case import Case, files_in, sha256_of
from SketchNoduleSynthLib.teaching.check import check
from SketchNoduleSynthLib.teaching.make import Form
from SketchNoduleSynthLib.teaching.many import _client, make_many
from SketchNoduleSynthLib.teaching.plan import Plan, held
from SketchNoduleSynthLib.teaching.source import Source

COUNT, PATIENCE_S = 4, 300.0
RUN = """
import pickle, sys
from sphere import sphere
from SketchNoduleSynthLib.teaching.many import make_many

if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        plan, folder = pickle.load(file)
    make_many(plan, folder, 2, make=sphere)
"""


@pytest.fixture(scope="module")
def source(scanned: Patient, tmp_path_factory) -> Path:  # noqa: F811
    path = tmp_path_factory.mktemp("source") / "chest.nrrd"
    scanned.volume.write(path)
    return path


@pytest.fixture(scope="module")
def other(scanned: Patient, source) -> Path:  # noqa: F811
    """The same chest in a mirror, another patient's."""
    path = source.with_name("mirrored.nrrd")
    scanned.volume.with_array(np.ascontiguousarray(scanned.volume.array[:, :, ::-1])).write(path)
    return path


@pytest.fixture(scope="module")
def plan(source, other) -> Plan:
    sources = (Source.read(source), Source.read(other))
    return Plan(sources, COUNT, (0, 1), 5, Request(sizes_mm=(8.0, 14.0), models=("mcgan",)), Form("nrrd"))


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with one worker, a process that many runs share."""
    with _client(1, None) as client:
        yield client.scheduler.address


@pytest.fixture(scope="module")
def by_one(plan, scheduler, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "by_one"
    told: list[tuple[int, int]] = []
    summary = make_many(plan, folder, None, scheduler, lambda *step: told.append(step), sphere)
    assert told[0] == (0, COUNT) and told[-1] == (COUNT, COUNT)
    assert summary["cases"] == COUNT and not summary["refused"]
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {name: sha256_of(folder / name) for name in files_in(folder)}


def test_the_cases_are_whole_of_the_cts_by_turns_and_the_summary_counts_them(plan, by_one):
    truths = [read_table(by_one / name / "truth" / "truth.json") for name in plan.names()]
    assert [len(truth.nodules) for truth in truths] == [plan.draw(index)[0] for index in range(COUNT)]
    summary = json.loads((by_one / "summary.json").read_text())
    assert summary["nodules"] == sum(len(truth.nodules) for truth in truths) > 0
    assert summary["cases_without_nodules"] == sum(not truth.nodules for truth in truths) > 0
    assert summary["cts"] == 2
    for index, name in enumerate(plan.names()):
        source = plan.sources[index % 2]
        assert Case.open(by_one / name).source_sha256 == source.sha256
        assert check(Case.open(by_one / name), Path(source.ct))
    assert (by_one / "coverage.png").exists() and (by_one / "coverage.csv").exists()


def test_two_workers_and_a_kill_give_the_same_bytes(plan, by_one, scheduler, tmp_path):
    """What the two workers had made when they were killed, and what one makes then."""
    folder = tmp_path / "killed"
    (tmp_path / "run.py").write_text(RUN)
    (tmp_path / "plan.pickle").write_bytes(pickle.dumps((plan, folder)))
    command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "plan.pickle")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, start_new_session=True, env=environment)
    try:
        until = time.monotonic() + PATIENCE_S
        while not list(folder.glob("case-*")) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        assert process.poll() is None, "it had not ended before"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # A session of its own: its workers, and nobody else.
        process.wait()
    there = sorted(folder.glob("case-*"))
    assert 0 < len(there) < COUNT, "killed half way"
    times = [case.stat().st_mtime_ns for case in there]
    assert all(check(Case.open(case)) for case in there), "what is there is whole"
    summary = make_many(plan, folder, scheduler=scheduler, make=sphere)
    assert summary["cases"] == COUNT
    assert [case.stat().st_mtime_ns for case in there] == times, "nothing is done twice"
    assert digests(folder) == digests(by_one)
    assert make_many(plan, folder, 2, make=sphere) == summary, "what is whole is only counted"


def test_the_command_makes_many_with_the_real_networks(source, other, tmp_path, capsys):
    words = ["--count", "3", "--nodules", "0-1", "--seed", "5", "--sizes", "8", "14", "--model", "mcgan"]
    command = ["case", "make", str(source), str(other), str(tmp_path / "cases"), *words, "--format", "nrrd"]
    assert main([*command, "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "3 cases" in told and "from 2 CTs" in told and "show one patient" in told
    cases = [Case.open(path) for path in sorted((tmp_path / "cases").glob("case-*"))]
    assert len(cases) == 3 and sum(len(case.truth().nodules) for case in cases) > 0
    assert all(check(case) for case in cases)
    assert main([*command, "--workers", "2"]) == 0
    assert capsys.readouterr().out == told, "what is whole is only counted"


def test_a_case_made_alone_is_that_of_the_workers(plan, by_one, tmp_path):
    index = next(index for index in range(COUNT) if plan.draw(index)[0])
    many.make_case(plan, index, tmp_path / plan.names()[index], plan.names()[index], make=sphere)
    assert digests(tmp_path / plan.names()[index]) == digests(by_one / plan.names()[index])


def test_another_plan_in_the_same_folder_is_refused(plan, by_one):
    for another, said in ((replace(plan, seed=6), "other seed"), (replace(plan, sources=plan.sources[:1]), "sources")):
        with refused(said, "give another folder"):
            make_many(another, by_one, 1)


def test_more_cases_are_added_and_fewer_refused(plan, by_one, scheduler, tmp_path):
    begun = tmp_path / "begun"
    first = replace(plan, count=2)
    make_many(first, begun, scheduler=scheduler, make=sphere)
    kept = {path: path.stat().st_mtime_ns for path in begun.rglob("ct.nrrd")}
    assert len(kept) == 2
    make_many(replace(plan, count=3), begun, scheduler=scheduler, make=sphere)
    assert len(list(begun.rglob("ct.nrrd"))) == 3 and all(path.stat().st_mtime_ns == t for path, t in kept.items())
    for name in replace(plan, count=3).names():
        assert (begun / name / "case.json").read_bytes() == (by_one / name / "case.json").read_bytes()
    with refused("other count", "give another folder"):
        make_many(first, begun, 1)


def test_a_set_that_an_earlier_version_began_with_more_digits_goes_on_with_them(plan, by_one, scheduler, tmp_path):
    """It gave all cases of a set as many as the last one had."""
    begun = tmp_path / "begun"
    first, three = replace(plan, count=2), replace(plan, count=3)
    with held(begun):
        first.keep_in(begun)
        for name in first.names():
            shutil.copytree(by_one / name, begun / name.replace("-000", "-0000"))
    (begun / f"{first.names()[0]}.zip").write_text("a copy of the user's")
    assert make_many(three, begun, scheduler=scheduler, make=sphere)["cases"] == 3
    made = [path.name for path in sorted(begun.glob("case-*")) if path.is_dir()]
    assert made == three.names(begun) == [name.replace("-000", "-0000") for name in three.names()]


def test_a_second_run_in_the_same_folder_is_refused_and_spoils_nothing(plan, scheduler, tmp_path):
    folder, two = tmp_path / "cases", replace(plan, count=2, nodules=(0, 0))
    draft = folder / ".draft.case"

    def run_again(_done: int, _total: int) -> None:
        if (folder / "plan.json").exists():
            draft.mkdir(exist_ok=True)
        with refused("is being made by another run", "wait for it"):
            make_many(two, folder, 1)

    make_many(two, folder, scheduler=scheduler, progress=run_again)
    draft.rmdir()
    names = {"plan.json", "summary.json", "coverage.csv", "coverage.png"}
    assert {path.name for path in folder.iterdir()} == {*names, *two.names()}
    assert make_many(two, folder, 1)["cases"] == 2


def test_dask_keeps_to_this_machine_and_says_nothing_where_its_port_is_taken(recwarn):
    with socket.socket() as taken:
        with suppress(OSError):  # By another process.
            taken.bind(("127.0.0.1", 8787))
            taken.listen()
        with _client(1, None) as client:
            http = client.cluster.scheduler.http_server
            assert http.address == "127.0.0.1" and http.port != 8787
    assert not [str(warning.message) for warning in recwarn if "8787" in str(warning.message)]


def test_a_folder_with_other_things_is_refused(plan, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with refused("is not empty"):
        make_many(plan, tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_workers_that_are_not_there_are_told_and_nothing_is_begun(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(many, "SCHEDULER_PATIENCE", "1s")
    with refused("There is no Dask scheduler at tcp://127.0.0.1:9"):
        make_many(plan, tmp_path / "cases", scheduler="tcp://127.0.0.1:9")
    with refused("0 workers make nothing"):
        make_many(plan, tmp_path / "cases", 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("module", ["distributed", "matplotlib.figure"])
def test_a_missing_package_is_told_with_its_extra_before_anything_is_made(module, plan, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with refused(module, "SketchNoduleSynth[cases]"):
        make_many(plan, tmp_path / "cases", 1)
    assert not list(tmp_path.iterdir())


def test_highdicom_is_known_to_be_missing_before_a_nodule_is_made(source, tmp_path, monkeypatch, capsys):
    """The segmentation, which needs it, is written last."""
    monkeypatch.setitem(sys.modules, "highdicom", None)
    monkeypatch.setattr(many, "generate", lambda *_given, **_options: pytest.fail("nodules were made"))
    assert main(["case", "make", str(source), str(tmp_path / "case"), "--nodules", "1"]) == 2
    told = capsys.readouterr().err
    assert "highdicom" in told and "SketchNoduleSynth[cases]" in told and not (tmp_path / "case").exists()


def test_what_does_not_fit_is_told_case_by_case_and_the_others_are_made(source, scheduler, tmp_path, capsys):
    """A CT without lungs, and one with."""
    Volume.of(np.full((40, 40, 40), -50, np.int16)).write(tmp_path / "fat.nrrd")
    words = ["--count", "2", "--nodules", "0", "--format", "nrrd", "--scheduler", scheduler]
    cases = tmp_path / "cases"
    assert main(["case", "make", str(source), str(tmp_path / "fat.nrrd"), str(cases), *words]) == 1
    told = capsys.readouterr().out
    assert "1 cases with 0 nodules from 2 CTs" in told and "-0002: " in told and "show one patient" not in told
    assert [path.name[-5:] for path in cases.glob("case-*")] == ["-0001"]


def test_if_no_case_can_be_made_the_reason_is_told_and_nothing_is_left(source, scheduler, tmp_path):
    full = replace(Source.read(source), own=(Place((0.0, 0.0, 0.0), 400.0),))
    with refused("No case could be made", "-0001: Only 0 of the 1 nodules fit"):
        make_many(Plan((full,), 1, (1, 1), 1, form=Form("nrrd")), tmp_path / "cases", scheduler=scheduler)
    assert not list(tmp_path.iterdir())


def test_if_no_case_can_be_made_the_plan_of_an_earlier_run_is_kept(scheduler, tmp_path):
    Volume.of(np.full((40, 40, 40), -50, np.int16)).write(tmp_path / "fat.nrrd")
    plan, cases = Plan((Source.read(tmp_path / "fat.nrrd"),), 1, form=Form("nrrd")), tmp_path / "cases"
    with held(cases):
        assert plan.keep_in(cases)
    with refused("No case could be made"):
        make_many(plan, cases, scheduler=scheduler)
    assert [path.name for path in cases.iterdir()] == ["plan.json"]


ONE = (Source("ct.nrrd", "digest"),)


@given(st.integers(0, MAX_SEED), st.integers(0, 5), st.integers(0, 5), st.integers(0, 500))
def test_a_case_depends_on_the_plan_and_its_number_alone(seed, least, more, index):
    small, large = (Plan(ONE, count, (least, least + more), seed) for count in (index + 1, index + 1000))
    assert small.draw(index) == large.draw(index)
    assert least <= small.draw(index)[0] <= least + more
    assert small.names()[: index + 1] == large.names()[: index + 1]


def test_no_case_is_renamed_as_a_set_grows():
    small, large = (Plan(ONE, count).names() for count in (9_999, 100_000))
    assert small == large[:9_999] and small[0].endswith("-0001") and large[-1].endswith("-100000")
    assert len(set(large)) == 100_000


def test_cases_of_other_cts_and_plans_have_other_ids_wherever_the_cts_lie():
    own = Place((0.0, 0.0, 0.0), 8.0)
    plan, elsewhere = Plan(ONE, 3), Plan((Source("copy.nrrd", "digest"),), 3)
    others = [
        Plan(ONE, 3, seed=1),
        Plan((Source("ct.nrrd", "other"),), 3),
        Plan((Source("ct.nrrd", "digest", (own,)),), 3),
    ]
    assert plan.names() == elsewhere.names() and re.fullmatch("case-[0-9a-f]{4}-0003", plan.names()[2])
    assert len({name for one in (plan, *others) for name in one.names()}) == 12


def test_cases_of_one_ct_are_handed_out_together():
    sources = tuple(Source(f"{k}.nrrd", f"digest {k}") for k in range(3))
    plan = Plan(sources, 8)
    assert plan.by_source(range(8)) == [0, 3, 6, 1, 4, 7, 2, 5]
    assert [plan.source(index).ct for index in (3, 1, 5)] == ["0.nrrd", "1.nrrd", "2.nrrd"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"count": 0}, "0 cases"),
        ({"nodules": (3, 2)}, "3 to 2 nodules"),
        ({"seed": -1}, "The seed -1"),
        ({"seed": MAX_SEED + 1}, f"The seed {MAX_SEED + 1}"),
        ({"sources": ONE * 2}, "Two of the CTs are the same"),
        ({"sources": tuple(Source("ct.nrrd", str(k)) for k in range(4))}, "3 cases of 4 CTs"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(words, said):
    with refused(said):
        Plan(**({"sources": ONE, "count": 3} | words))
