"""The wheel: built, installed where there is nothing else of the project, and used from elsewhere."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from packaging_lists import LIBRARY, ROOT, files, library_resources
from phantom import LUNG_RAS_MM, chest

BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE.txt", LIBRARY)


def run(*words: object, cwd: Path) -> str:
    """What a command prints, without the checkout on Python's path."""
    outside = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel; what the wheel asks for is that of the environment that runs the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    source, environment = folder / "source", folder / "environment"
    source.mkdir()
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source, cwd=folder)
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    run(*pip, "--python", environment / "bin" / "python", "install", "--no-deps", "--no-index", wheel, cwd=folder)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    shutil.rmtree(source)
    return environment


def test_the_wheel_holds_what_the_library_reads(installed: Path) -> None:
    (site,) = installed.glob("lib/python*/site-packages")
    assert library_resources(site) == library_resources(ROOT)
    assert (site / LIBRARY / "py.typed").is_file()
    for pattern in ("*.py", "*.js", "*.css", "*.png"):
        assert files(site / LIBRARY, pattern) == files(ROOT / LIBRARY, pattern)


def test_a_nodule_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "bin" / "python", "-c", f"import {LIBRARY}; print({LIBRARY}.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(installed)
    chest().write(tmp_path / "ct.nrrd")
    nodule = {"voi": {"center_ras_mm": LUNG_RAS_MM, "diameter_mm": 12.0}, "model": "mcgan"}
    (tmp_path / "recipe.json").write_text(json.dumps({"version": 1, "nodules": [nodule]}))
    run(installed / "bin" / "sketch-nodule-synth", "synthesize", "ct.nrrd", "recipe.json", "out", cwd=tmp_path)
    before, after, labels = (
        sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / name)))
        for name in ("ct.nrrd", "out/synthetic.nrrd", "out/nodules.nrrd")
    )
    assert (before != after).any()
    assert np.unique(labels).tolist() == [0, 1]
