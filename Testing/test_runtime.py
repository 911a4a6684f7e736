"""What runs the networks: two runtimes that agree, one that needs no torch, and what is said where none is there."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from refusal import refused
from torchless import without_torch

from SketchNoduleSynthLib import extras, models
from SketchNoduleSynthLib.ct.window import from_network
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.models import CONFIG
from SketchNoduleSynthLib.synthesis import bundle, generators, runtime
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.result import carry_out
from SketchNoduleSynthLib.synthesis.site import Reslice, Site

ROOT = Path(__file__).resolve().parent.parent
OUTLINE = Stroke(np.array([[-6.0, 0.0], [0.0, 5.0], [6.0, 0.0], [0.0, -5.0]]), closed=True)
MEAN_HU, MOST_HU = 0.1, 1.0
LOOKED_AT_MEAN_HU, LOOKED_AT_MOST_HU = 1.0, 25.0
"""A grey level of the lung window is 6 HU; noise some 20."""


def drawn(model: str, attenuation: str = "solid") -> NoduleRecipe:
    return NoduleRecipe(Voi(LUNG_RAS_MM, 12.0), model, 3, attenuation, (OUTLINE,))


@pytest.fixture
def by_torch(monkeypatch: pytest.MonkeyPatch):
    """As if OpenVINO were not installed."""
    pytest.importorskip("torch")

    def forget() -> None:
        for cached in (bundle.load, generators.generator):
            cached.cache_clear()

    monkeypatch.setattr(extras, "RUNTIMES", {"torch": extras.RUNTIMES["torch"]})
    forget()
    yield
    forget()


def test_openvino_is_the_first_choice() -> None:
    assert extras.runtime() == "openvino"
    assert runtime.description().startswith("openvino 20") and runtime.description().endswith("float32")


@pytest.mark.parametrize("name", models.bundled())
def test_both_compute_the_same(name: str) -> None:
    training = pytest.importorskip("training.graph")
    from SketchNoduleSynthLib.networks.architectures import build

    model = models.bundled()[name]
    given = {key: value.numpy() for key, value in training.example(build(model.architecture, model.arguments)).items()}
    one, other = (from_network(run(given)) for run in (runtime.by_openvino(model), runtime.by_torch(model)))
    assert np.array_equal(one, from_network(runtime.by_openvino(model, threads=1)(given))), "whatever the threads"
    assert one.shape == other.shape and one.std() > 1
    assert np.abs(one - other).max() < MOST_HU


@pytest.mark.parametrize("attenuation", ["solid", "ground-glass"])
def test_a_nodule_is_the_same_with_either(attenuation: str, request: pytest.FixtureRequest) -> None:
    first = [synthesize(chest(), drawn(name, attenuation)) for name in models.bundled()]
    request.getfixturevalue("by_torch")
    for one, name in zip(first, models.bundled(), strict=True):
        other = synthesize(chest(), drawn(name, attenuation))
        assert one.box == other.box
        difference = np.abs(one.after.astype(float) - other.after)
        assert difference.mean() < MEAN_HU and difference.max() <= MOST_HU


@pytest.mark.parametrize("name", models.bundled())
def test_a_preview_may_be_less_precise_which_nobody_sees(name: str) -> None:
    make = generators.generator(name)
    exact = replace(make, **{of: replace(getattr(make, of), quick=getattr(make, of).run) for of in ("model", "tissue")})
    shown, precise = (one.plane(Site(Reslice(chest(), drawn(name).voi), drawn(name))) for one in (make, exact))
    difference = np.abs(shown - precise)
    assert difference.max() < LOOKED_AT_MOST_HU and difference.mean() < LOOKED_AT_MEAN_HU


def test_the_command_that_compares_them_sees_a_difference() -> None:
    pytest.importorskip("torch")
    from training.runtime_test import apart

    made = synthesize(chest(), drawn("mcgan"))
    assert not apart(made, made).any()
    other = replace(made, after=made.after + 2 * made.nodule)
    assert apart(made, other).max() == 2
    with refused("another box"):
        apart(made, replace(made, box=made.box.grow(1, (999,) * 3)))


def test_another_runtime_is_told(by_torch: None) -> None:
    recipe = Recipe((drawn("mcgan"),), {"networks": "openvino 2026.1.0, float32"})
    done = carry_out(chest(), recipe)
    assert done.recipe.software["networks"].startswith("torch")
    assert [note for note in done.reports()[0]["notes"] if "openvino 2026.1.0" in note and "torch" in note]
    assert not [note for note in carry_out(chest(), done.recipe).reports()[0]["notes"] if "before" in note]


def test_a_nodule_leaves_the_threads_of_torch_as_they_were(by_torch: None) -> None:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        synthesize(chest(), drawn("mcgan"))
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_where_nothing_runs_them_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "RUNTIMES", {})
    bundle.load.cache_clear()
    with refused("Nothing is installed that runs the networks", "pip install openvino"):
        bundle.load("mcgan")


@pytest.mark.parametrize("name", [runtime.WEIGHTS, runtime.GRAPH])
def test_altered_and_missing_files_are_refused(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(models.bundled()["mcgan"].folder, tmp_path / "mcgan")
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with refused("not the ones that were bundled"):
        bundle.load("mcgan", tmp_path)
    (folder / name).unlink()
    with refused("are missing"):
        bundle.load("mcgan", tmp_path)


def test_a_network_of_another_size_than_its_config_says(tmp_path: Path, by_torch: None) -> None:
    folder = shutil.copytree(models.bundled()["mcgan"].folder, tmp_path / "mcgan")
    config = json.loads((folder / CONFIG).read_text())
    config["arguments"] = {"widths": [8, 8, 8, 8]}
    (folder / CONFIG).write_text(json.dumps(config))
    with refused("do not fit their config"):
        bundle.load("mcgan", tmp_path)


def test_nodules_and_cases_are_made_without_torch_and_nothing_is_sent(tmp_path: Path) -> None:
    chest().write(tmp_path / "ct.nrrd")
    (tmp_path / "recipe.json").write_text(json.dumps(Recipe((drawn("stylepix2pix"),)).to_dict()))
    for words in (
        ["synthesize", "ct.nrrd", "recipe.json", "out"],
        ["case", "make", "ct.nrrd", "case", "--recipe", "recipe.json"],
    ):
        without_torch(tmp_path, "SketchNoduleSynthLib.__main__", *words)
    assert (tmp_path / "out" / "preview.png").exists() and (tmp_path / "case" / "case.json").exists()
