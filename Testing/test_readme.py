"""The README's examples run as they stand."""

import re
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from generation_phantom import patient
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Recipe

pytest_plugins = ["standin"]
MODULE = Path(__file__).resolve().parent.parent / "SketchNoduleSynth" / "SketchNoduleSynth.py"
ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(after: str, language: str) -> str:
    """The first code block behind `after`."""
    found = re.search(rf"```{language}\n(.*?)```", README[README.index(after) :], re.S)
    assert found, f"no {language} block behind {after!r}"
    return found.group(1)


def test_the_recipe_in_the_readme_is_valid(tmp_path):
    (tmp_path / "recipe.json").write_text(block("### Command line", "json"))
    assert len(Recipe.read(tmp_path / "recipe.json").nodules) == 1


def test_the_python_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    volume = chest()
    volume.write("ct.nrrd")
    x, y, z = LUNG_RAS_MM
    Path("recipe.json").write_text(block("### Command line", "json").replace("62.0, -31.5, 118.0", f"{x}, {y}, {z}"))
    done: dict = {}
    exec(block("### Python", "python"), done)
    assert np.array_equal(done["volume"].array, volume.array), "revert is not exact"
    made = Volume.read(tmp_path / "results" / "synthetic.nrrd").array
    assert np.array_equal(made, done["result"].synthetic.array) and not np.array_equal(made, volume.array)


def test_the_console_example_runs_in_our_stand_in(desktop, tmp_path, monkeypatch):
    import slicer

    from SketchNoduleSynthLib.mrml import volumes

    monkeypatch.chdir(tmp_path)
    chest = patient().volume
    ct = volumes.node_from_volume(chest, "CT", slicer.mrmlScene)
    desktop.load_module(MODULE)
    done: dict = {}
    example = block("console example", "python")
    assert "add_random(10," in example
    exec(example.replace("add_random(10,", "add_random(2,"), done)
    source, result = (slicer.util.arrayFromVolume(node) for node in (ct, done["nodes"].result))
    assert np.array_equal(source, chest.array), "the source node was written"
    labels = sitk.GetArrayFromImage(sitk.ReadImage(tmp_path / "eleven" / "nodules.nrrd"))
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    assert (source != result)[labels > 0].mean() > 0.9
    assert np.array_equal(Volume.read(tmp_path / "eleven" / "synthetic.nrrd").array, result)
