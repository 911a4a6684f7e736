"""The README's examples run as they stand."""

import re
from pathlib import Path

import numpy as np
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.drawing.recipe import Recipe, Voi

pytest_plugins = ["slicer_host"]
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


def test_the_console_example_runs_in_slicer_core(scene):
    from SketchNoduleSynthLib.mrml import scene as mrml
    from SketchNoduleSynthLib.mrml import volumes

    ct = volumes.node_from_volume(chest(), "CT", scene)
    mrml.roi_from_frame(Voi(LUNG_RAS_MM, 14.0, 10.0, -20.0).frame(1), "VOI", scene)
    done: dict = {}
    exec(block("console example", "python"), done)
    import slicer

    source, result = (slicer.util.arrayFromVolume(node) for node in (ct, done["result"]))
    assert np.array_equal(source, chest().array), "the source node was written"
    assert (source != result).sum() > 50
    found = np.argwhere(done["labels"])[:, ::-1].mean(0)
    world = volumes.volume_from_node(ct).to_lps(found) * (-1, -1, 1)
    assert np.linalg.norm(world - LUNG_RAS_MM) < 3.0
    assert done["nodules"].GetSegmentation().GetNumberOfSegments() == 1
