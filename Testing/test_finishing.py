"""The last touch: an asked density without harm to what is not asked, and noise of the CT's own kind deep inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest
from scipy import ndimage

from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis.appearance import CORE_MM, from_middle_mm
from SketchNoduleSynthLib.synthesis.calcification import CALCIFIED_HU
from SketchNoduleSynthLib.synthesis.finishing import (
    LEAST_MOVED,
    RISEN_MM,
    as_dense_as_asked,
    as_noisy_as_around,
    as_sharp_as_around,
    grained,
    grained_as,
)
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.noise import Noise, measure_noise
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU

CHEST = chest()
SIDE = 32
ALL = slice(0, SIDE)
AT = np.indices((SIDE,) * 3) - (SIDE - 1) / 2


def ball(radius_mm: float, *shift: float) -> np.ndarray:
    shifts = np.array(shift or (0.0, 0.0, 0.0))
    return np.linalg.norm(AT - shifts[:, None, None, None], axis=0) <= radius_mm


def distance(inside: np.ndarray) -> np.ndarray:
    return signed_distance_mm(inside, np.ones(3))


def blob(seed: int) -> np.ndarray:
    """Three balls of any size: long, bent, with its middle near its border or outside it."""
    rng = np.random.default_rng(seed)
    return np.any([ball(rng.uniform(2, 7), *rng.uniform(-7, 7, 3)) for _ in range(3)], axis=0)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(-800, 1500), st.floats(-800, 300))
def test_nothing_is_moved_farther_than_twice_what_its_middle_misses(seed: int, core_hu: float, hu: float) -> None:
    inside = blob(seed)
    made = np.where(inside, hu, -850.0).astype(np.float32)
    density = np.full(made.shape, core_hu, np.float32)
    finished = as_dense_as_asked(made, distance(inside), density, core_hu, False, ALL)
    assert np.abs(finished - made).max() <= abs(core_hu - hu) / LEAST_MOVED + 0.1
    away = distance(inside) < (-RISEN_MM if core_hu >= CALCIFIED_HU else 0)
    assert np.array_equal(finished[away], made[away])


@pytest.mark.parametrize("core_hu", [-600.0, 0.0, 700.0])
def test_the_middle_is_as_dense_as_asked(core_hu: float) -> None:
    inside = ball(8)
    made = np.where(inside, -200.0 + 10 * AT[0], -850.0).astype(np.float32)
    finished = as_dense_as_asked(made, distance(inside), np.full(made.shape, core_hu), core_hu, False, ALL)
    assert finished[from_middle_mm(inside, np.ones(3)) <= CORE_MM].mean() == pytest.approx(core_hu, abs=1)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.floats(-800, 0), st.floats(-300, 300), st.floats(-1000, -200))
@example(0, -565.0, 0.0, -200.0)
def test_what_is_made_airier_never_falls_below_lung(seed: int, core_hu: float, hu: float, flank_hu: float) -> None:
    """A dense core in a faint nodule, as the network makes some: no dark ring around it."""
    inside = blob(seed)
    deep = distance(inside) > 0.5 * distance(inside).max()
    made = np.where(deep, hu, np.where(inside, flank_hu, -850.0)).astype(np.float32)
    finished = as_dense_as_asked(made, distance(inside), np.full(made.shape, core_hu), core_hu, False, ALL)
    fell = finished < made
    assert finished[fell].min(initial=TYPICAL_LUNG_HU) >= TYPICAL_LUNG_HU


def test_a_drawn_cavity_stays_one() -> None:
    inside, cavity = ball(10), ball(4)
    made = np.where(cavity, -900.0, np.where(inside, 0.0, -850.0)).astype(np.float32)
    density = np.where(cavity, -950.0, 50.0)
    assert np.array_equal(as_dense_as_asked(made, distance(inside), density, 50.0, True, ALL), made)


def test_the_haze_around_a_drawn_solid_part_is_not_moved_for_its_edge() -> None:
    """The part lies beside the middle, into which its edge comes, as the network blurs it."""
    inside, part = ball(7), ball(2.5, 0, 2, 1)
    density = np.where(part, 30.0, -560.0)
    made = ndimage.gaussian_filter(np.where(inside, density, -850.0), 1.0).astype(np.float32)
    assert np.array_equal(as_dense_as_asked(made, distance(inside), density, -600.0, True, ALL), made)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_nodule_is_blurred_along_an_axis_as_its_ct_is(axis: int) -> None:
    inside, reach = ball(9), np.full(3, 0.4)
    lung = np.full(inside.shape, -850.0, np.float32)
    made, share = np.where(inside, 0.0, lung).astype(np.float32), np.ones(inside.shape, np.float32)
    reach[axis] = 1.4
    finished = as_sharp_as_around(made, lung, share, Noise(20.0, reach))
    steepest = [float(np.abs(np.gradient(finished, axis=along)).max()) for along in range(3)]
    assert all(steepest[axis] < 0.8 * steep for along, steep in enumerate(steepest) if along != axis)
    assert finished.sum() == pytest.approx(made.sum(), rel=1e-3), "no tissue is lost"
    assert np.array_equal(as_sharp_as_around(made, lung, share, Noise(20.0, np.full(3, 0.4))), made), "in sharp CT"


def test_only_what_replaces_the_ct_is_blurred() -> None:
    rng, inside = np.random.default_rng(0), ball(8)
    lung = rng.normal(-850, 20, inside.shape).astype(np.float32)
    share = (distance(inside) > -2).astype(np.float32)
    made = np.where(share > 0, rng.normal(-100, 20, inside.shape), lung).astype(np.float32)
    finished = as_sharp_as_around(made, lung, share, Noise(20.0, np.full(3, 1.0)))
    assert np.array_equal(finished[share == 0], lung[share == 0])
    assert np.array_equal(as_sharp_as_around(lung, lung, share, Noise(20.0, np.full(3, 1.0))), lung)


def test_what_a_preview_does_not_make_is_not_measured() -> None:
    inside = ball(8)
    made = np.where(inside, 0.0, -850.0).astype(np.float32)
    away = slice(0, 8)
    assert np.array_equal(as_dense_as_asked(made, distance(inside), made, 300.0, False, away), made)


def test_streaks_deep_inside_give_way_to_noise_and_edges_that_are_asked_for_stay() -> None:
    rng = np.random.default_rng(0)
    lung = rng.normal(-850, 20, (SIDE,) * 3).astype(np.float32)
    inside, calcium = ball(14), ball(3)
    smooth = np.where(calcium, 600.0, -300.0)
    streaks = np.broadcast_to(80.0 * (-1.0) ** np.arange(SIDE), lung.shape)
    made = np.where(inside, smooth + streaks, lung).astype(np.float32)
    finished = grained(made, measure_noise(lung, ~inside), distance(inside), np.where(inside, smooth, -300.0), 1)
    shell = (distance(inside) > 4.5) & (distance(calcium) < -3.5)
    columns = finished - ndimage.gaussian_filter(finished, 1.5)
    assert np.abs((columns * np.sign(streaks))[shell].mean()) < 8, "of 80 HU"
    assert np.array_equal(finished[~inside], made[~inside])
    edge = np.abs(distance(calcium)) < 1.5
    assert np.abs(finished - made)[edge].max() < 1


def test_the_command_that_asks_finds_what_is_there() -> None:
    pytest.importorskip("torch", reason="training needs torch")
    from training.asked_test import core_error_hu, vessel, wall

    recipe = NoduleRecipe(Voi(LUNG_RAS_MM, 12.0), "mcgan", 3)
    assert core_error_hu(CHEST, recipe, 0.0) == pytest.approx(0, abs=100), "in voxels of 2 mm"
    hu, width_mm = vessel(CHEST, recipe)
    assert hu > -450 and 2 <= width_mm <= 5
    assert wall(CHEST, recipe) > -450


@pytest.mark.parametrize(("own_hu", "grows"), [(8.0, True), (30.0, False)])
def test_lung_in_a_nodules_place_gets_the_noise_that_it_lacks(own_hu: float, grows: bool) -> None:
    rng, hole = np.random.default_rng(0), ball(9)
    hu = (-850 + rng.normal(0, 30, hole.shape)).astype(np.float32)
    made = np.where(hole, -850 + rng.normal(0, own_hu, hole.shape), hu).astype(np.float32)
    finished = as_noisy_as_around(made, hu, hole, 1)
    measured = ((hu, ~hole), (made, hole), (finished, hole))
    around, before, after = (measure_noise(one, where).sigma_hu for one, where in measured)
    assert after == pytest.approx(around, rel=0.1)
    assert (after > 2 * before) == grows
    assert abs(finished[hole].mean() - made[hole].mean()) < 3


def test_where_hardly_any_lung_was_made_nothing_is_added() -> None:
    wall = np.full((SIDE,) * 3, 40.0, np.float32)
    assert np.array_equal(as_noisy_as_around(wall, wall, ball(9), 1), wall)


def test_lung_has_the_grain_of_lung_like_it_and_keeps_its_own_structures() -> None:
    rng, hole = np.random.default_rng(1), ball(9)
    here = (-850 + rng.normal(0, 30, hole.shape)).astype(np.float32)
    alike = (-850 + rng.normal(0, 30, hole.shape)).astype(np.float32)
    alike[:, :8] = 40.0  # A wall, whose edge is no grain.
    made = np.where(hole, -850.0, here).astype(np.float32)
    made[:, 14:18, 14:18] = 0.0
    finished = grained_as(alike, made, hole)
    assert np.array_equal(finished[~hole], made[~hole])
    away = ball(9) & (np.hypot(AT[1], AT[2]) > 5)
    assert measure_noise(finished, away).sigma_hu == pytest.approx(measure_noise(here, ~hole).sigma_hu, rel=0.15)
    assert finished[away].mean() == pytest.approx(-850, abs=10)
    vessel = ball(9) & (np.hypot(AT[1], AT[2]) < 1)
    assert finished[vessel].mean() == pytest.approx(made[vessel].mean(), abs=120)
