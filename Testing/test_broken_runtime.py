"""A runtime that is there and does not load: one sentence, and the panel is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib import extras

ROOT = Path(__file__).resolve().parent.parent
FAULTS = {
    "library": "raise OSError('libopenvino.so: cannot open shared object file')",
    "import": "raise ImportError('DLL load failed while importing _C')",
    "numpy": "raise RuntimeError('compiled against another\\nnumpy')",
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_command_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "broken" / "openvino").mkdir(parents=True)
    (tmp_path / "broken" / "openvino" / "__init__.py").write_text(FAULTS[name])
    chest((60, 50, 20)).write(tmp_path / "ct.nrrd")
    nodule = {"voi": {"center_ras_mm": LUNG_RAS_MM, "diameter_mm": 10}, "model": "mcgan"}
    (tmp_path / "recipe.json").write_text(json.dumps({"version": 1, "nodules": [nodule]}))
    words = [sys.executable, "-m", "SketchNoduleSynthLib", "synthesize", "ct.nrrd", "recipe.json", "out"]
    paths = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path / "broken"), str(ROOT)])}
    done = subprocess.run(words, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "openvino is installed but cannot be imported" in done.stderr and "install it again" in done.stderr
    assert not (tmp_path / "out").exists()


def test_one_that_works_has_no_fault() -> None:
    assert extras.runtime_fault() == "" and not extras.broken
