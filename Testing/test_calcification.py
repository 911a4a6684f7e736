"""Large calcified nodules hold their calcium in one of radiology's benign patterns, in soft tissue."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis import shapes
from SketchNoduleSynthLib.synthesis.calcification import (
    EDGE_MM,
    OUTSIDE_MM,
    PATTERNED_MM,
    PATTERNS,
    apart,
    calcified,
    laid_on,
    pattern,
)
from SketchNoduleSynthLib.synthesis.density_map import DENSEST_SOFT_HU
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.shaping import shaped
from SketchNoduleSynthLib.synthesis.site import Reslice, Site

CHEST = chest()
CALCIUM_HU = 200.0


def site_of(diameter_mm: float, seed: int, attenuation: str = "calcified") -> Site:
    recipe = NoduleRecipe(Voi(LUNG_RAS_MM, diameter_mm), "mcgan", seed, attenuation, core_hu=700.0)
    return Site(Reslice(CHEST, recipe.voi), recipe)


@cache
def made(kind: str) -> Insertion:
    """A nodule of 24 mm, asked with 700 HU at its centre, of the first seed of that pattern."""
    site = next(site for seed in range(99) if pattern(site := site_of(24.0, seed)) == kind)
    return synthesize(CHEST, site.recipe)


def test_the_seed_draws_the_pattern_of_large_ones_alone() -> None:
    drawn = Counter(pattern(site_of(24.0, seed)) for seed in range(60))
    assert set(drawn) == set(PATTERNS) and drawn["laminated"] < min(drawn["diffuse"], drawn["popcorn"])
    assert {pattern(site_of(PATTERNED_MM - 1, seed)) for seed in range(60)} == {"diffuse"}


@pytest.mark.parametrize("attenuation", ["solid", "part-solid", "ground-glass"])
def test_other_kinds_have_none(attenuation: str) -> None:
    site = site_of(24.0, next(seed for seed in range(99) if pattern(site_of(24.0, seed)) == "popcorn"), attenuation)
    shape = shaped(site, shapes.bundled())
    assert calcified(shape, site) is shape


@pytest.mark.parametrize("kind", ["central", "popcorn"])
def test_calcium_stands_in_soft_tissue(kind: str) -> None:
    one = made(kind)
    inside = one.after[one.nodule]
    assert 0.1 < (inside > CALCIUM_HU).mean() < 0.8
    assert ((inside > -100) & (inside < CALCIUM_HU)).mean() > 0.1


@pytest.mark.parametrize("kind", PATTERNS)
def test_its_middle_is_as_dense_as_asked(kind: str) -> None:
    one = made(kind)
    middle = np.argwhere(one.nodule).mean(0)
    spacing = CHEST.grid.spacing[::-1]
    away = np.linalg.norm((np.argwhere(one.nodule) - middle) * spacing, axis=1)
    core = one.after[one.nodule][away < 1.5]
    assert core.mean() == pytest.approx(700, abs=60)


def test_layers_alternate_with_depth() -> None:
    site = next(site for seed in range(99) if pattern(site := site_of(24.0, seed)) == "laminated")
    shape = shaped(site, shapes.bundled())
    density = calcified(shape.with_centre(1.6), site).density
    deep = shape.distance_mm
    means = np.array([density[(deep > step) & (deep <= step + 1)].mean() for step in range(int(deep.max()) - 3)])
    turns = np.count_nonzero(np.diff(np.sign(np.diff(means))))
    assert turns >= 1, means


@given(st.floats(2.0, 12.0), st.floats(0.0, 1500.0))
def test_calcium_that_is_laid_on_is_no_more_than_asked_and_ends_at_the_border(radius_mm: float, hu: float) -> None:
    away = np.linalg.norm(np.indices((32,) * 3) - 15.5, axis=0)
    distance = (radius_mm - away).astype(np.float32)
    density = np.where(distance > 0, to_network(DENSEST_SOFT_HU + hu, clip=False), -np.inf).astype(np.float32)
    soft, calcium_hu = apart(density, distance > 0)
    assert np.allclose(from_network(soft[distance > 0]), DENSEST_SOFT_HU, atol=0.1)
    added = laid_on(calcium_hu, distance)
    assert added.min() >= 0 and added.max() <= hu + 0.5
    assert not added[distance < -OUTSIDE_MM].any()
    assert added[away < 1].min() >= (0.9 * hu - 0.5 if radius_mm > EDGE_MM + 1 else 0)


def test_none_is_many_times_as_dense_as_asked() -> None:
    """The tissue network alone made up to 3,000 HU in a real CT, where some 1,000 were asked."""
    assert max(np.percentile(made(kind).after[made(kind).nodule], 99) for kind in PATTERNS) < 1200
