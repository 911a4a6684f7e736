"""Runs the tests inside desktop Slicer: python -m Testing.in_slicer SLICER OUTPUT_FOLDER; its exit code is Slicer's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 3600
TIMED_OUT = 124


def run(slicer: str, output: Path, patience_s: float = PATIENCE_S) -> int:
    """JUnit XML, screenshots and Slicer's output come into `output`; 0 if all tests passed."""
    output.mkdir(parents=True, exist_ok=True)
    for old in (*output.glob("*.jpg"), *output.glob("junit.xml")):
        old.unlink()
    command = [
        slicer,
        "--testing",
        "--no-splash",
        "--additional-module-path",
        str(ROOT / "SketchNoduleSynth"),
        "--python-script",
        str(Path(__file__).with_name("run.py")),
    ]
    with (output / "slicer.txt").open("w") as log:
        environment = os.environ | {"IN_SLICER_OUTPUT": str(output.resolve())}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            code = process.wait(patience_s)
        except subprocess.TimeoutExpired:
            _end(process)
            print(f"Slicer did not end within {patience_s:g} s")
            return TIMED_OUT
    return code or int(not _passed(output / "junit.xml"))


def _passed(junit: Path) -> bool:
    """Slicer may have ended well before the tests did, or began."""
    if not junit.exists():
        return False
    counts = ElementTree.parse(junit).getroot().attrib
    return int(counts["tests"]) > 0 and counts["errors"] == counts["failures"] == "0"


def _end(process: subprocess.Popen) -> None:
    """With what it started: Slicer's executable starts another one, which is the application."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1]:
        print("Skipped: no Slicer was given; make test-in-slicer SLICER=/path/to/Slicer")
        sys.exit(0)
    code = run(sys.argv[1], Path(sys.argv[2]))
    print(f"{'passed' if code == 0 else 'FAILED'}: see {sys.argv[2]} for junit.xml, screenshots and slicer.txt")
    sys.exit(code)
