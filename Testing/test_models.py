"""The models as they describe themselves: one place says what each needs and can, and all rooms ask there."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from refusal import refused

from SketchNoduleSynthLib import models
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.generation.generate import Request
from SketchNoduleSynthLib.synthesis.generators import generator

ROOT = Path(__file__).resolve().parent.parent


def test_a_config_says_what_its_network_is() -> None:
    pytest.importorskip("torch", reason="the networks' own code needs torch")
    from SketchNoduleSynthLib.networks.architectures import build

    for name, model in models.bundled().items():
        network = build(model.architecture, model.arguments)
        for what in ("dimensions", "needs_drawing", "has_style"):
            assert getattr(model, what) == getattr(network, what), (name, what)
        made = generator(name)
        assert made.model.sha256 == model.sha256
        assert made.tissue.dimensions == 3
    assert models.default().has_style


def test_to_know_the_models_torch_is_not_needed() -> None:
    words = "import sys; from SketchNoduleSynthLib import models; models.bundled(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", words], check=True, cwd=ROOT)


def test_no_code_asks_for_a_model_by_its_name() -> None:
    """But the networks and what trains them."""
    names = "|".join(models.bundled())
    asked = re.compile(rf"""(==|!=)\s*["']({names})["']|["']({names})["']\s*(==|!=)|\bin \(["']({names})["']""")
    for folder in ("SketchNoduleSynthLib", "SketchNoduleSynth", "training"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not asked.search(path.read_text(encoding="utf-8")), path


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The models as if they knew 6 to 10 mm only."""
    known = {name: replace(model, diameter_mm=(6.0, 10.0)) for name, model in models.bundled().items()}
    monkeypatch.setattr(models, "bundled", lambda: known)
    for room in ("editing.drafting", "generation.generate"):
        monkeypatch.setattr(f"SketchNoduleSynthLib.{room}.bundled", lambda: known)


@pytest.mark.usefixtures("narrow")
def test_one_range_of_diameters_holds_for_recipe_session_and_random_nodules() -> None:
    with refused("nodules[0].voi.diameter_mm", "5 mm", "6 to 10 mm"):
        voi = {"center_ras_mm": [0, 0, 0], "diameter_mm": 5}
        Recipe.from_dict({"version": 1, "nodules": [{"voi": voi, "model": "mcgan"}]})
    session = Session(chest())
    with refused("12 mm", "6 to 10 mm"):
        session.place(LUNG_RAS_MM, 12.0)
    session.place(LUNG_RAS_MM, 8.0)
    with refused("12 mm", "6 to 10 mm"):
        session.set_voi(Voi(LUNG_RAS_MM, 12.0))
    with refused("sizes_mm", "6 and 10"):
        Request(sizes_mm=(6.0, 12.0))
    assert Request().known_mm == (6.0, 10.0)


def test_a_drawing_of_vessels_alone_is_none_for_a_model_that_needs_one() -> None:
    vessel = Stroke(np.array([[-5.0, 0.0], [5.0, 1.0]]), "vessel")
    for name, model in models.bundled().items():
        item = {
            "voi": {"center_ras_mm": [0, 0, 0], "diameter_mm": 8},
            "model": name,
            "strokes": [vessel.to_dict()],
        }
        if model.needs_drawing:
            with refused("nodules[0].strokes", "outline"):
                Recipe.from_dict({"version": 1, "nodules": [item]})
            with refused("strokes"):
                NoduleRecipe(Voi((0.0, 0.0, 0.0), 8.0), name, strokes=(vessel,))
        else:
            assert Recipe.from_dict({"version": 1, "nodules": [item]}).nodules[0].strokes
