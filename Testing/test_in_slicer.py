"""The tests that run inside desktop Slicer: there, where one is given, and their steps in our stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from in_slicer.__main__ import TIMED_OUT
from in_slicer.__main__ import run as run_in_slicer

pytest_plugins = ["standin"]
MODULE = Path(__file__).resolve().parent.parent / "SketchNoduleSynth" / "SketchNoduleSynth.py"


@pytest.mark.skipif(not os.environ.get("SLICER"), reason="no desktop Slicer: SLICER names its executable")
def test_in_desktop_slicer(tmp_path):
    code = run_in_slicer(os.environ["SLICER"], tmp_path)
    assert code == 0, (tmp_path / "slicer.txt").read_text()[-4000:]


@pytest.mark.skipif(os.name == "nt", reason="the made-up Slicer is a shell script")
@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 0", 1),
        ("exit 7", 7),
        ("kill -SEGV $$", -11),
        ('echo \'<testsuite tests="1" errors="1" failures="0"/>\' > "$IN_SLICER_OUTPUT/junit.xml"', 1),
        ('echo \'<testsuite tests="1" errors="0" failures="0"/>\' > "$IN_SLICER_OUTPUT/junit.xml"', 0),
        ("sleep 60 & echo $! > $IN_SLICER_OUTPUT/child; wait", TIMED_OUT),
    ],
)
def test_a_slicer_that_ends_or_hangs_is_no_success(tmp_path, script, code):
    slicer, output = tmp_path / "slicer", tmp_path / "out"
    slicer.write_text(f"#!/bin/sh\n{script}\n")
    slicer.chmod(0o755)
    assert run_in_slicer(str(slicer), output, patience_s=0.5 if code == TIMED_OUT else 60) == code
    if code == TIMED_OUT:
        child, until = (output / "child").read_text().strip(), time.monotonic() + 20
        while (is_alive := bool(command_line(child))) and time.monotonic() < until:
            time.sleep(0.05)
        assert not is_alive, "what it started has ended too"


def command_line(process: str) -> bytes:
    """Of a process with that number; empty where there is none, or none any more."""
    try:
        return Path("/proc", process, "cmdline").read_bytes()
    except OSError:
        return b""


CRASHES = """
import os, sys, unittest
from pathlib import Path
sys.path[:0] = [{testing!r}, {root!r}]
from in_slicer import run
class Made(unittest.TestCase):
    def test_good(self): pass
    def test_bad(self):
        {does}
run.TEST_LIMIT_S = 0.2
with open(sys.argv[1] + "/hangs.txt", "w") as hangs:
    run.InOrder().loadTestsFromTestCase(Made).run(run.Recorded(Path(sys.argv[1]), hangs))
"""


@pytest.mark.parametrize("does", ["os.abort()", "import time; time.sleep(60)"])
def test_a_test_that_slicer_does_not_survive_is_named(tmp_path, does):
    testing = Path(__file__).parent
    program = CRASHES.format(testing=str(testing), root=str(testing.parent), does=does)
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, timeout=30)
    assert done.returncode != 0
    good, bad = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [part.tag for part in good] == ["system-out"]
    assert bad.get("name") == "test_bad" and "Slicer ended in this test" in bad.find("error").text
    assert "test_bad" in (tmp_path / "hangs.txt").read_text()


def test_the_same_steps_in_our_stand_in(desktop, small_window, real_dialogs, tmp_path, monkeypatch):
    monkeypatch.setenv("IN_SLICER_LATENCY_MS", "5000")  # Both are measured in Slicer, not on a busy machine.
    monkeypatch.setenv("IN_SLICER_GAP_MS", "5000")
    monkeypatch.setenv("IN_SLICER_STROKES", "2")
    from in_slicer.run import run

    desktop.load_module(MODULE)
    run(tmp_path)
    cases = ElementTree.parse(tmp_path / "junit.xml").getroot().findall("testcase")
    wrong = {one.get("name"): part.text for one in cases for part in one if part.tag in ("failure", "error")}
    assert wrong == {}
    assert all((tmp_path / f"{case.get('name')}.jpg").exists() for case in cases)
    assert len(cases) > 50 or os.environ.get("IN_SLICER_ONLY")


def test_a_dialog_that_nobody_answers_is_closed_and_told(desktop, real_dialogs, monkeypatch):
    import qt
    from in_slicer import dialogs

    monkeypatch.setattr(dialogs, "DIALOG_PATIENCE_S", 0.2)
    with pytest.raises(AssertionError, match="nobody answered"), dialogs.answering():
        assert qt.QInputDialog.getText(None, "Who reads?", "") == ""


@pytest.fixture
def small_window(desktop) -> Iterator[None]:
    """It is drawn in less time."""
    before = desktop.window.size
    desktop.window.resize(1000, 640)
    yield
    desktop.window.resize(before)


@pytest.fixture
def real_dialogs(desktop, monkeypatch) -> None:
    """Qt's own dialogs for files and words, in the place of the stand-in's that answer at once."""
    import qt
    from shiboken6 import delete

    def shown(dialog: Any) -> bool:
        loop = qt.QEventLoop()
        dialog.finished.connect(loop.quit)
        dialog.open()
        loop.exec()
        return bool(dialog.result())

    def of_files(mode: Any, accept: Any) -> Any:
        def ask(parent: Any = None, title: str = "", *_more: Any) -> str:
            dialog = qt.QFileDialog(parent, title)
            dialog.setFileMode(mode)
            dialog.setAcceptMode(accept)
            chosen = dialog.selectedFiles()[0] if shown(dialog) else ""
            delete(dialog)
            return chosen

        return staticmethod(ask)

    def ask_text(parent: Any, title: str, label: str, *_more: Any) -> str:
        dialog = qt.QInputDialog(parent)
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        text = dialog.textValue() if shown(dialog) else ""
        delete(dialog)
        return text

    files = qt.QFileDialog
    monkeypatch.setattr(files, "getSaveFileName", of_files(files.AnyFile, files.AcceptSave))
    monkeypatch.setattr(files, "getOpenFileName", of_files(files.ExistingFile, files.AcceptOpen))
    monkeypatch.setattr(files, "getExistingDirectory", of_files(files.Directory, files.AcceptOpen))
    monkeypatch.setattr(qt.QInputDialog, "getText", staticmethod(ask_text))
