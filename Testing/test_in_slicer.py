"""The tests that run inside desktop Slicer: there, where one is given, and their steps in our stand-in."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from in_slicer.__main__ import run as run_in_slicer

pytest_plugins = ["standin"]
MODULE = Path(__file__).resolve().parent.parent / "SketchNoduleSynth" / "SketchNoduleSynth.py"


@pytest.mark.skipif(not os.environ.get("SLICER"), reason="no desktop Slicer: SLICER names its executable")
def test_in_desktop_slicer(tmp_path):
    code = run_in_slicer(os.environ["SLICER"], tmp_path)
    assert code == 0, (tmp_path / "slicer.txt").read_text()[-4000:]


def test_the_same_steps_in_our_stand_in(desktop, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "in_slicer"))
    monkeypatch.setenv("IN_SLICER_LATENCY_MS", "5000")  # Both are measured in Slicer, not on a busy machine.
    monkeypatch.setenv("IN_SLICER_GAP_MS", "5000")
    monkeypatch.setenv("IN_SLICER_STROKES", "2")
    from run import run

    desktop.load_module(MODULE)
    run(tmp_path)
    cases = ElementTree.parse(tmp_path / "junit.xml").getroot().findall("testcase")
    wrong = {one.get("name"): part.text for one in cases for part in one if part.tag in ("failure", "error")}
    assert len(cases) == 17 and wrong == {}
