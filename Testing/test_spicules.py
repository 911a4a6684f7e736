"""Spicules of a drawn outline: found where the outline is thin, made as it was drawn, and no part of its diameter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import Stroke, filled
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.generation.suggestion import Wishes, suggest
from SketchNoduleSynthLib.models import default
from SketchNoduleSynthLib.synthesis.pipeline import synthesize, without_spicules_mm
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from SketchNoduleSynthLib.synthesis.spicules import DENSEST_HU, RADIUS_MM, body, ends, spicules, tapering

SIDE_MM = 32.0
PIXEL_MM = SIDE_MM / 128


def star(radius_mm: float, length_mm: float, *turns_deg: float, width_mm: float = 1.5) -> Stroke:
    """A circle with spikes."""
    turns = np.deg2rad(np.arange(0, 360, 0.5))
    apart = np.abs((turns[:, None] - np.deg2rad(turns_deg) + np.pi) % (2 * np.pi) - np.pi)
    radii = radius_mm + length_mm * (1 - apart / (width_mm / 2 / radius_mm)).max(1, initial=0)
    return Stroke(np.stack([radii * np.cos(turns), radii * np.sin(turns)], 1), "nodule", closed=True)


def recipe(stroke: Stroke, label: str = "nodule", seed: int = 0, **tilts: float) -> NoduleRecipe:
    voi = Voi(LUNG_RAS_MM, SIDE_MM / 2, **tilts)
    return NoduleRecipe(voi, "mcgan", strokes=(replace(stroke, label=label),), attenuation="solid", seed=seed)


def site_of(recipe: NoduleRecipe) -> Site:
    return Site(Reslice(chest(), recipe.voi), recipe)


@settings(max_examples=30, deadline=None)
@given(st.floats(3, 9), st.integers(0, 5), st.floats(0, 360))
def test_each_spike_is_found_from_its_base_to_its_tip(radius_mm: float, count: int, turn_deg: float) -> None:
    turns = [turn_deg + 360 * k / max(count, 1) for k in range(count)]
    area = filled([star(radius_mm, 4.0, *turns)], SIDE_MM)
    found = ends(area, PIXEL_MM)
    assert len(found) == count
    reach = np.linalg.norm(found, axis=2)
    assert np.allclose(reach[:, 0], radius_mm, atol=1.0)
    assert np.allclose(reach[:, 1], radius_mm + 4.0, atol=1.2)
    at = np.rad2deg(np.arctan2(*found[:, 1].T[::-1]))
    apart = np.abs((at[:, None] - np.array(turns) + 180) % 360 - 180) if count else np.zeros((0, 1))
    assert (apart.min(1) < 8).all()


def test_a_smooth_outline_has_none_and_a_thin_one_is_a_body() -> None:
    assert len(ends(filled([star(6.0, 0.0)], SIDE_MM), PIXEL_MM)) == 0
    area = filled([star(6.0, 4.0, 0.0, 90.0)], SIDE_MM)
    assert body(area, PIXEL_MM).sum() == pytest.approx(filled([star(6.0, 0.0)], SIDE_MM).sum(), rel=0.03)
    thin = np.zeros((128, 128), bool)
    thin[60:64, 20:100] = True
    assert np.array_equal(body(thin, PIXEL_MM), thin)


@pytest.mark.parametrize("direction", [np.eye(3), np.diag([-1.0, 1.0, 1.0]), np.eye(3)[[2, 0, 1]]])
def test_the_line_tapers_in_millimetres_on_any_grid(direction: np.ndarray) -> None:
    grid = Grid((40, 50, 30), np.array([0.7, 1.0, 1.3]), np.array([3.0, -5.0, 8.0]), direction)
    base, tip = grid.to_lps(np.array([12.0, 20.0, 14.0])), grid.to_lps(np.array([22.0, 26.0, 16.0]))
    box, inside, along = tapering(grid, np.stack([base, tip]))
    index = np.stack(np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij"), -1)
    points = grid.to_lps(index[..., ::-1])
    share = np.clip((points - base) @ (tip - base) / ((tip - base) @ (tip - base)), 0, 1)
    apart = np.linalg.norm(points - base - share[..., None] * (tip - base), axis=-1)
    assert np.allclose(along, share, atol=1e-5)
    assert np.allclose(inside, np.interp(share, (0, 1), RADIUS_MM) - apart, atol=1e-4)


@pytest.mark.parametrize("core_hu", [0.0, -600.0])
@pytest.mark.parametrize(("label", "way"), [("nodule", (0, 1, 0)), ("nodule_across", (0, 0, -1))])
def test_it_lies_in_the_plane_on_which_it_is_drawn_and_is_airier_at_its_tip(label, way, core_hu) -> None:
    site = site_of(recipe(star(5.0, 4.0, 90.0), label))
    grid = chest().grid
    distance, density = spicules(site, grid, float(to_network(np.array(core_hu), clip=False)))
    frame = site.reslice.frame
    hu = []
    for away_mm in (5.5, 8.0):
        x, y, z = np.rint(grid.to_index(frame.to_lps(away_mm * np.array(way, float)))).astype(int)
        assert distance[z, y, x] > -1.0
        hu.append(float(from_network(density[z, y, x])))
    assert min(core_hu, DENSEST_HU) + 1 >= hu[0] > hu[1] > -850
    opposite = np.rint(grid.to_index(frame.to_lps(-6.5 * np.array(way, float)))).astype(int)
    assert distance[tuple(opposite[::-1])] < -1.0


def test_what_is_made_has_the_spicules_that_are_drawn() -> None:
    turns = (20.0, 110.0, 200.0, 290.0)
    for seed in range(3):
        made = [synthesize(chest(), recipe(star(5.0, length, *turns), seed=seed)) for length in (4.0, 0.0)]
        spiky, smooth = (chest() for _ in made)
        for one, volume in zip(made, (spiky, smooth), strict=True):
            one.apply(volume.array)
        plane = made[0].recipe.voi.frame(128).plane()
        change = (plane.sample(spiky) - plane.sample(smooth))[0]
        at = [(7.0 * np.cos(t), 7.0 * np.sin(t)) for t in np.deg2rad(turns)]
        seen = [change[round(v / PIXEL_MM + 63.5), round(u / PIXEL_MM + 63.5)] for u, v in at]
        assert min(seen) > 100


@pytest.mark.parametrize("diameter_mm", [12.0, 20.0, 30.0])
def test_a_suggestion_with_spicules_is_of_the_asked_diameter_without_them(diameter_mm: float) -> None:
    for seed in range(20):
        drawn = suggest(diameter_mm, "solid", np.random.default_rng(seed), Wishes(spicules=True))
        site = site_of(NoduleRecipe(Voi(LUNG_RAS_MM, diameter_mm), default().name, attenuation="solid", strokes=drawn))
        area = site.outline[0]
        assert len(ends(area, site.reslice.pixel_mm)) >= 2
        assert without_spicules_mm(site, area) == pytest.approx(diameter_mm, rel=0.06)
        assert not default().beyond(without_spicules_mm(site, area))
