"""What is measured around a place, and that a nodule is never easier to find for what makes it harder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from generation_phantom import Patient
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib import NoduleRecipe, Volume
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.generation.difficulty import LEVELS, LIMITS, WEIGHTS, difficulty, is_near, level_of, rated
from SketchNoduleSynthLib.generation.lung import Lung
from SketchNoduleSynthLib.generation.surroundings import (
    REACH_MM,
    Surroundings,
    lines_and_dots,
    surroundings,
)

pytest_plugins = ["generation_fixtures"]
FREE_LPS_MM = (65.0, -20.0, 0.0)
"""In the made patient's left lung, away from its vessels."""
places = st.builds(
    Surroundings,
    lung_hu=st.floats(-950, -600),
    pleura_mm=st.floats(0, 60),
    vessel_mm=st.floats(0, REACH_MM),
    lines_3d=st.floats(0, 1),
    lines_2d=st.floats(0, 1),
    dots_2d=st.floats(0, 1),
)
sizes = st.floats(3, 40)
densities = st.floats(-900, 200)


def smooth(shape: NDArray[np.bool_]) -> NDArray[np.float64]:
    return ndimage.gaussian_filter(np.where(shape, 30.0, -850.0), 0.7)


def test_a_vessel_is_a_line_in_3d_and_a_dot_or_a_line_in_a_slice() -> None:
    z, y, x = np.indices((31, 31, 31)) - 15
    upright, level = x**2 + y**2 < 6, y**2 + z**2 < 6
    for vessel, section_is_dot in ((upright, True), (level, False)):
        hu = smooth(vessel)
        lines, dots = lines_and_dots(hu, vessel)
        assert lines.sum() > 0.8 * vessel.sum()
        assert not dots.any()
        lines, dots = lines_and_dots(hu[15], vessel[15])
        assert (dots if section_is_dot else lines).sum() > 0.9 * vessel[15].sum()


def test_a_ball_is_a_dot_and_a_fissure_is_neither() -> None:
    z, y, x = np.indices((31, 31, 31)) - 15
    ball, sheet = x**2 + y**2 + z**2 < 9, np.abs(x) < 1
    lines, dots = lines_and_dots(smooth(ball), ball)
    assert dots.sum() > 0.5 * ball.sum()
    lines, dots = lines_and_dots(smooth(sheet), sheet)
    assert not dots[5:-5, 5:-5].any()
    assert not lines[5:-5, 5:-5].any()


def test_what_surrounds_a_place(made: Patient, made_lung: Lung) -> None:
    free = surroundings(made.volume, made_lung, FREE_LPS_MM)
    assert free.lung_hu == pytest.approx(-860, abs=10)
    on_vessel = surroundings(made.volume, made_lung, (60.0, -2.0, 12.0))
    assert on_vessel.vessel_mm < 5 < free.vessel_mm
    assert on_vessel.lines_3d > free.lines_3d
    beside_wall = surroundings(made.volume, made_lung, (65.0, 63.0, -10.0))
    assert beside_wall.pleura_mm < 7 < free.pleura_mm
    assert beside_wall.lines_3d == 0, "the wall is no vessel"


@given(places, sizes, densities, st.data())
@settings(max_examples=200)
def test_nothing_that_hides_a_nodule_makes_it_easier(
    around: Surroundings, diameter: float, hu: float, data: st.DataObject
) -> None:
    score = rated(diameter, hu, around)
    assert 0 <= score <= 1 + 1e-9
    harder = {
        "smaller": rated(diameter * data.draw(st.floats(0.1, 1)), hu, around),
        "fainter": rated(diameter, hu - data.draw(st.floats(0, 500)), around),
        "in denser lung": rated(diameter, hu, replace(around, lung_hu=around.lung_hu + data.draw(st.floats(0, 300)))),
        "nearer to a vessel": rated(diameter, hu, replace(around, vessel_mm=around.vessel_mm * 0.5)),
        "nearer to the pleura": rated(diameter, hu, replace(around, pleura_mm=around.pleura_mm * 0.5)),
    }
    for name in ("lines_3d", "lines_2d", "dots_2d"):
        harder[name] = rated(diameter, hu, replace(around, **{name: getattr(around, name) + 0.02}))
    for what, changed in harder.items():
        assert changed >= score - 1e-9, what


@given(st.floats(0, 1))
def test_levels_are_in_order_and_each_is_near_itself(score: float) -> None:
    assert is_near(score, level_of(score), 0.0)
    assert [level for level in LEVELS if is_near(score, level, 1.0)] == list(LEVELS)
    assert LEVELS.index(level_of(score)) == sum(score >= limit for limit in LIMITS)


def test_the_hardest_nodule_scores_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)
    assert rated(4.0, -900.0, Surroundings(-900.0, 0.0, 0.0, 1.0, 1.0, 1.0)) == pytest.approx(1.0)


def recipe(diameter: float, attenuation: str = "solid") -> NoduleRecipe:
    x, y, z = FREE_LPS_MM
    return NoduleRecipe(Voi((-x, -y, z), diameter), "mcgan", attenuation=attenuation)


def test_a_recipe_in_a_ct(made: Patient, made_lung: Lung) -> None:
    """The same place: a smaller or a less dense nodule is harder."""
    scores = [difficulty(made.volume, recipe(d), made_lung) for d in (25.0, 15.0, 10.0, 7.0, 4.0)]
    assert scores == sorted(scores)
    assert level_of(difficulty(made.volume, recipe(25.0), made_lung)) == "conspicuous"
    kinds = [difficulty(made.volume, recipe(6.0, kind), made_lung) for kind in ("calcified", *ATTENUATIONS[:-1])]
    assert kinds == sorted(kinds)
    assert level_of(kinds[-1]) == "subtle"


def test_a_real_lung_distracts_more_in_its_middle_than_at_its_rim(demo: Volume, demo_lung: Lung) -> None:
    voxels = np.argwhere(demo_lung.mask)
    depth = demo_lung.pleura_mm[tuple(voxels.T)]
    rng = np.random.default_rng(0)

    def mean_lines(where: NDArray[np.bool_]) -> float:
        chosen = demo_lung.hu.grid.to_lps(rng.choice(voxels[where], 40)[:, ::-1])
        return float(np.mean([surroundings(demo, demo_lung, point).lines_3d for point in chosen]))

    assert mean_lines(depth > 20) > mean_lines((depth > 5) & (depth < 8))
