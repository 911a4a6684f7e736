"""Runs the tests inside desktop Slicer: python -m Testing.in_slicer SLICER OUTPUT_FOLDER; its exit code is Slicer's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 1800


def run(slicer: str, output: Path) -> int:
    """JUnit XML, screenshots and Slicer's output come into `output`; 0 if all tests passed."""
    output.mkdir(parents=True, exist_ok=True)
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
        return subprocess.run(command, env=environment, stdout=log, stderr=log, timeout=PATIENCE_S).returncode


if __name__ == "__main__":
    if len(sys.argv) != 3 or not sys.argv[1]:
        print("Skipped: no Slicer was given; make test-in-slicer SLICER=/path/to/Slicer")
        sys.exit(0)
    code = run(sys.argv[1], Path(sys.argv[2]))
    print(f"{'passed' if code == 0 else 'FAILED'}: see {sys.argv[2]} for junit.xml, screenshots and slicer.txt")
    sys.exit(code)
