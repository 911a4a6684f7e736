"""Nodules at random in a CT: as requested, really made, the same for the same seed; the CT is not touched."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from generation_phantom import Patient
from refusal import refused
from sphere import sphere

from SketchNoduleSynthLib import Recipe, Volume
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, filled
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import BrokenModel
from SketchNoduleSynthLib.generation import generate as module
from SketchNoduleSynthLib.generation.difficulty import LEVELS, difficulty, level_of
from SketchNoduleSynthLib.generation.generate import Request, generate
from SketchNoduleSynthLib.generation.lung import Lung
from SketchNoduleSynthLib.generation.outlines import read_outlines
from SketchNoduleSynthLib.generation.positions import NODULE_GAP_MM, Location, Positions
from SketchNoduleSynthLib.generation.situation import side_and_third
from SketchNoduleSynthLib.generation.suggestion import MARKED
from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.synthesis.insertion import Insertion, Situation
from SketchNoduleSynthLib.synthesis.report import Quality
from SketchNoduleSynthLib.synthesis.result import carry_out, of_nodules
from SketchNoduleSynthLib.synthesis.spicules import ends
from SketchNoduleSynthLib.synthesis.stages import silent

pytest_plugins = ["generation_fixtures"]
SEED = 5
QUICK = Request(sizes_mm=(8.0, 14.0), models=("mcgan",))
"""What comes out green at once in the made patient's voxels of 2.5 mm."""


@pytest.fixture(scope="module")
def placed(demo: Volume, demo_lung: Lung) -> list[Insertion]:
    """Six nodules in the demo's CT."""
    return generate(demo, 6, SEED, lung=demo_lung)


def recipe_of(placed: list[Insertion]) -> Recipe:
    return Recipe(tuple(one.recipe for one in placed))


def test_they_are_in_the_lung_and_measured(demo: Volume, demo_lung: Lung, placed: list[Insertion]) -> None:
    result = of_nodules(demo, placed)
    for number, one in enumerate(placed, 1):
        where = demo.grid.to_lps(np.argwhere(result.labels == number)[:, ::-1])
        assert len(where) > 5
        assert demo_lung.at(demo_lung.mask, where).mean() > 0.95
        assert one.report.quality.light in ("green", "amber")
        assert one.recipe.strokes[0].closed
        assert abs(one.recipe.voi.tilt_lr_deg) <= 20
        where, score = side_and_third(demo_lung, one.recipe.voi.center_lps_mm), difficulty(demo, one, demo_lung)
        assert one.situation == Situation(*where, score, level_of(score))
        assert one.report.long_diameter_mm == pytest.approx(one.recipe.voi.diameter_mm, rel=0.35)
    assert sum(one.report.quality.light == "green" for one in placed) >= 5


def test_their_recipe_gives_the_same_voxels(demo: Volume, placed: list[Insertion], tmp_path: Path) -> None:
    """Written to a file and carried out again: what a case keeps is enough."""
    recipe_of(placed).write(tmp_path / "recipe.json")
    again = carry_out(demo, Recipe.read(tmp_path / "recipe.json"))
    assert np.array_equal(again.synthetic.array, of_nodules(demo, placed).synthetic.array)


def test_the_same_seed_gives_the_same_nodules(demo: Volume, demo_lung: Lung, placed: list[Insertion]) -> None:
    """The first ones do not depend on how many follow; another seed gives others; the CT stays as it was."""
    before = demo.array.copy()
    first = generate(demo, 2, SEED, lung=demo_lung)
    assert recipe_of(first).to_dict()["nodules"] == recipe_of(placed).to_dict()["nodules"][:2]
    for one, other in zip(first, placed, strict=False):
        assert np.array_equal(one.after, other.after)
    other = generate(demo, 1, SEED + 1, lung=demo_lung)
    assert recipe_of(other).to_dict() != recipe_of(first[:1]).to_dict()
    assert np.array_equal(demo.array, before)


@pytest.mark.parametrize("level", LEVELS)
def test_a_difficulty_can_be_asked_for(demo: Volume, demo_lung: Lung, level: str) -> None:
    for one in generate(demo, 2, 1, Request(difficulty=level), lung=demo_lung):
        assert one.situation.difficulty_class == level


def test_sizes_attenuation_model_and_side_can_be_asked_for(made: Patient, made_lung: Lung) -> None:
    request = Request(
        sizes_mm=(8.0, 10.0), attenuations=("part-solid",), models=("mcgan",), location=Location(side="left")
    )
    for one in generate(made.volume, 3, 2, request, lung=made_lung, make=sphere):
        assert 8 <= one.recipe.voi.diameter_mm <= 10
        assert one.recipe.attenuation == "part-solid"
        assert one.recipe.model == "mcgan"
        assert one.situation.side == "left"


def test_large_ones_have_spicules_as_often_as_readers_say_so(made: Patient, made_lung: Lung) -> None:
    request, rng = Request(sizes_mm=(16.0, 20.0), attenuations=("solid",)), np.random.default_rng(0)
    seen = islice(module.proposals(Positions(made.volume, made_lung, request.location), (), request, rng), 60)
    found = [len(ends(filled(one.strokes, one.voi.side_mm), one.voi.side_mm / RASTER_SAMPLES)) >= 2 for one in seen]
    alike = [one for one in read_outlines() if one.attenuation == "solid" and 16 <= one.long_diameter_mm <= 20]
    expected = np.mean([one.ratings[1] >= MARKED for one in alike])
    assert 0.1 < np.mean(found) == pytest.approx(expected, abs=0.15)


def test_they_keep_clear_of_nodules_that_are_there(made: Patient, made_lung: Lung) -> None:
    first = generate(made.volume, 2, 3, QUICK, lung=made_lung, make=sphere)
    taken = [one.recipe.voi for one in first]
    for one in generate(made.volume, 2, 3, QUICK, taken=taken, lung=made_lung, make=sphere):
        for other in taken:
            a, b = one.recipe.voi, other
            apart = np.linalg.norm(a.center_lps_mm - b.center_lps_mm)
            assert apart >= (a.diameter_mm + b.diameter_mm) / 2 + NODULE_GAP_MM


def test_progress_is_told_and_can_cancel(made: Patient, made_lung: Lung) -> None:
    told: list[int] = []
    generate(made.volume, 2, 0, QUICK, lung=made_lung, make=sphere, progress=told.append)
    assert told == [0, 1, 2]

    def cancel(made: int) -> None:
        if made == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(made.volume, 2, 0, QUICK, lung=made_lung, make=sphere, progress=cancel)


def test_an_amber_nodule_is_taken_only_where_no_green_one_comes(
    made: Patient, made_lung: Lung, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a gate that lets pass only what is told: the third try, or none."""
    monkeypatch.setattr(module, "MOST_MADE", 4)
    for green, tries in ((3, 3), (99, 4)):
        seen: list[Insertion] = []

        def gated(volume, recipe, progress=silent, /, seen=seen, green=green):
            one = sphere(volume, recipe)
            reasons = () if len(seen) + 1 == green else ("Not green.",)
            seen.append(replace(one, report=replace(one.report, quality=Quality(reasons))))
            return seen[-1]

        (one,) = generate(made.volume, 1, 0, QUICK, lung=made_lung, make=gated)
        assert len(seen) == tries
        assert one.report.quality.light == ("green" if green == 3 else "amber")


def test_a_broken_model_is_told_and_is_no_lack_of_room(made: Patient, made_lung: Lung) -> None:
    def broken(volume, recipe, progress=silent, /):
        raise BrokenModel("The weights of mcgan are missing; install the extension again.")

    with refused("weights of mcgan"):
        generate(made.volume, 1, 0, QUICK, lung=made_lung, make=broken)


def test_too_many_are_refused(made: Patient, made_lung: Lung) -> None:
    x, y, z = made_lung.hila[1] * (-1, -1, 1)
    whole_lung = [Voi((x + 40, y, z - 30), 300.0)]
    request = Request(sizes_mm=(25.0, 30.0), models=("mcgan",), location=Location(side="right"))
    with refused("Only 0 of the 3 nodules", "fewer"):
        generate(made.volume, 3, 0, request, taken=whole_lung, lung=made_lung)


def test_a_ct_without_lung_is_refused() -> None:
    with refused("No lung"):
        generate(Volume.of(np.full((30, 30, 30), 40, np.int16), (5.0, 5.0, 5.0)), 1, 0, Request(models=("mcgan",)))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"difficulty": "hard"}, "'hard'"),
        ({"sizes_mm": (3.0, 8.0)}, "sizes_mm"),
        ({"sizes_mm": (8.0, 40.0)}, "sizes_mm"),
        ({"sizes_mm": (10.0, 8.0)}, "sizes_mm"),
        ({"sizes_mm": (10.0,)}, "sizes_mm"),
        ({"sizes_mm": ("a", "b")}, "sizes_mm"),
        ({"attenuations": ()}, "attenuation"),
        ({"attenuations": ("solid", "cystic")}, "cystic"),
        ({"models": ("gan",)}, "gan"),
        ({"models": ()}, "model"),
    ],
)
def test_a_wrong_request_is_refused(words: dict, told: str) -> None:
    with refused(told):
        Request(**words)


@pytest.mark.parametrize(("count", "seed"), [(0, 1), (-1, 1), (1, -1), (1, MAX_SEED + 1)])
def test_a_wrong_count_or_seed_is_refused(made: Patient, made_lung: Lung, count: int, seed: int) -> None:
    with refused(str(count), str(seed)):
        generate(made.volume, count, seed, lung=made_lung)
