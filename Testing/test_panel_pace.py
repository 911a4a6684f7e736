"""What keeps the panel quick where it runs: small, whole while the network is loaded, alive on a low priority."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from memory import give_back
from panel_fixtures import insert
from phantom import LUNG_RAS_MM, chest
from reader import CIRCLE, Reader
from sphere import sphere

from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi

pytest_plugins = ["standin", "panel_fixtures"]
MOST_MB, NODULES = 100.0, 50
LOWEST, IN_CHILD, PATIENCE_S = 19, "IN_CHILD", 300


def held_mb() -> float:
    give_back()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process holds")
def test_fifty_nodules_take_less_than_100_mb(desktop, monkeypatch) -> None:
    monkeypatch.setattr("SketchNoduleSynthLib.mrml.editor.look_for_lung", lambda ct: None)  # Nothing else meanwhile.
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    reader.wait()
    session, random = reader.session, np.random.default_rng(0)
    session.make = lambda below, nodule, progress: sphere(session.source, nodule, progress)

    def add(count: int) -> None:
        centers = (LUNG_RAS_MM + random.uniform(-8, 8, (count, 3))).tolist()
        session.carry_out(session.add(Recipe(tuple(NoduleRecipe(Voi(tuple(one), 12.0), "mcgan") for one in centers))))
        reader.desktop.process_events()

    add(3)
    before = held_mb()
    for _ in range(5):
        add(NODULES // 5)
    assert reader.ui.nodulesTable.rowCount == 3 + NODULES
    assert held_mb() - before < MOST_MB


def test_the_first_stroke_is_whole_while_the_network_is_still_loaded(desktop, monkeypatch) -> None:
    """By a thread that does not let go of Python's lock more often than it must."""
    from SketchNoduleSynthLib.mrml import previews

    go, load = threading.Event(), previews.generator

    def busy(model: str) -> object:
        while not go.is_set():
            sum(range(10_000))
        return load(model)

    monkeypatch.setattr(previews, "generator", busy)
    reader = Reader(desktop)
    reader.show(chest(), LUNG_RAS_MM)
    try:
        reader.place(LUNG_RAS_MM)
        reader.draw(share=0.2)
        assert reader.widget.logic.worker.is_busy, "with the network"
    finally:
        go.set()
    (stroke,) = reader.session.draft.strokes
    drawn = 0.2 * min(reader.slice_node("Red").GetFieldOfView()[:2]) * CIRCLE
    assert len(stroke.points_mm) == len(CIRCLE)
    assert np.abs(stroke.points_mm - drawn).max() < 0.2, "a pixel is some 0.06 mm"
    reader.wait()
    assert reader.composite("Red").GetForegroundVolumeID() == reader.editor.nodes.node("Preview").GetID()


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="there are no priorities to set")
def test_strokes_and_insert_work_on_the_lowest_priority(request: pytest.FixtureRequest) -> None:
    """As on Linux Slicer's main thread has it, and each that it starts; in a process that is over with the test."""
    if IN_CHILD not in os.environ:
        words = (sys.executable, "-m", "pytest", "--noconftest", f"{__file__}::{request.node.name}")
        child = subprocess.run(
            words, env=os.environ | {IN_CHILD: "1"}, capture_output=True, text=True, timeout=PATIENCE_S
        )
        assert "1 passed" in child.stdout, child.stdout + child.stderr
        return
    reader: Reader = request.getfixturevalue("reader")
    os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
    reader.place(LUNG_RAS_MM)
    reader.draw()
    insert(reader)
    assert len(reader.session.draft.strokes[0].points_mm) == len(CIRCLE) and len(reader.session.nodules) == 1
