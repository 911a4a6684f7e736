"""The module as an extension package installs it: the files that CMake lists, flat in one folder, and no checkout.

On our stand-in for Slicer, without torch: two of its own tests, whose fixtures for training are left out.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from packaging_lists import LIBRARY, NAME, ROOT, listed
from reader import MODULE_VARIABLE
from torchless import without_torch

TESTS = (
    "test_panel.py::test_place_draw_preview_insert_undo",
    "test_panel_reading.py::test_mark_rate_remark_remove_finish",
)


def test_the_panel_draws_and_reads(tmp_path: Path) -> None:
    for needed in ("slicer", "PySide6"):
        pytest.importorskip(needed)
    installed = tmp_path / "qt-scripted-modules"
    shipped = {ROOT / NAME / f"{NAME}.py": f"{NAME}.py"}
    shipped |= {ROOT / path: path for path in listed(NAME, "MODULE_PYTHON_RESOURCES")}
    for variable in ("MODULE_PYTHON_SCRIPTS", "MODULE_PYTHON_RESOURCES"):
        shipped |= {ROOT / LIBRARY / path: f"{LIBRARY}/{path}" for path in listed(LIBRARY, variable)}
    for source, path in shipped.items():
        (installed / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, installed / path)
    tests = [str(ROOT / "Testing" / test) for test in TESTS]
    options = ("-c", os.devnull, "--rootdir", str(tmp_path), "--noconftest", "-p", "no:cacheprovider")
    environment = {MODULE_VARIABLE: str(installed / f"{NAME}.py"), "PYTHONDONTWRITEBYTECODE": ""}
    said = without_torch(tmp_path, "pytest", *options, *tests, library=installed, **environment)
    assert "2 passed" in said
    assert (installed / LIBRARY / "panel" / "__pycache__").is_dir(), "it was not this library that ran"
