"""Names of files that are not UTF-8, as old archives and shares leave them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from dicom_writer import ct_volume, write_series
from refusal import refused

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic
from SketchNoduleSynthLib.ct.volume import Volume

NAMES = [os.fsdecode(name) for name in (b"Th\xf6rax", b"\xff\xfe", b"\xe9t\xe9?*", "胸部".encode("shift_jis"))]
pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these systems' names are always Unicode")


@pytest.fixture(params=NAMES, ids=ascii)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.parametrize("ending", [".nrrd", ".NRRD"])
def test_a_file(name: str, ending: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    volume = ct_volume()
    volume.write(folder / f"{name}.nrrd")
    (folder / f"{name}.nrrd").rename(folder / f"{name}{ending}")
    assert Volume.read(folder / f"{name}{ending}") == volume
    assert not says_synthetic(folder / f"{name}{ending}")
    assert len(list(folder.iterdir())) == 1


def test_a_folder_of_dicom_and_a_slice_in_it(name: str, tmp_path: Path) -> None:
    volume = ct_volume()
    paths = write_series(tmp_path / name, volume)
    paths[2].rename(paths[2].with_name(f"{name}.dcm"))
    np.testing.assert_array_equal(Volume.read(tmp_path / name).array, volume.array)


def test_what_is_wrong_with_it_is_told_in_words_that_every_stream_takes(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.nrrd").write_bytes(b"no NRRD")
    with refused("cannot be read") as caught:
        Volume.read(tmp_path / f"{name}.nrrd")
    str(caught.value).encode()


def test_the_command_line_tells_of_results_in_such_a_folder(name: str, tmp_path: Path, capsys) -> None:
    from phantom import LUNG_RAS_MM, chest

    chest().write(tmp_path / "ct.nrrd")
    nodule = {"voi": {"center_ras_mm": LUNG_RAS_MM, "diameter_mm": 10}, "model": "mcgan"}
    (tmp_path / "recipe.json").write_text(json.dumps({"version": 1, "nodules": [nodule]}))
    words = ["synthesize", str(tmp_path / "ct.nrrd"), str(tmp_path / "recipe.json"), str(tmp_path / name)]
    assert main(words) == 0
    assert {path.name for path in (tmp_path / name).iterdir()} >= {"synthetic.nrrd", "recipe.json"}
    assert f"Results: {tmp_path}" in capsys.readouterr().out
