"""Places that a nodule may take, and the outlines that it may have."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from generation_phantom import Patient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refusal import refused

from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, filled
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.generation.lung import Lung
from SketchNoduleSynthLib.generation.outlines import draw_outline, read_outlines
from SketchNoduleSynthLib.generation.positions import HILUM_MM, NODULE_GAP_MM, Location, Positions
from SketchNoduleSynthLib.generation.sides import LEFT, RIGHT
from SketchNoduleSynthLib.generation.surroundings import Neighbourhood
from SketchNoduleSynthLib.resources import LIDC_OUTLINES

pytest_plugins = ["generation_fixtures"]
slow_fixtures = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def drawn(positions: Positions, diameter: float, seed: int, taken: list[Voi] | None = None) -> Voi:
    voi = positions.draw(diameter, (10.0, -15.0), taken or [], np.random.default_rng(seed))
    assert voi is not None
    return voi


@given(st.floats(4, 30), st.integers(0, 2**20))
@slow_fixtures
def test_a_place_is_in_the_lung_and_clear(made: Patient, made_lung: Lung, diameter: float, seed: int) -> None:
    voi = drawn(Positions(made.volume, made_lung, Location()), diameter, seed)
    center = voi.center_lps_mm
    assert made_lung.at(made_lung.pleura_mm, center) >= diameter / 2, "not even its border meets the pleura"
    side = int(made_lung.at(made_lung.sides, center))
    assert np.linalg.norm(center - made_lung.hila[side]) > HILUM_MM - 2
    assert Neighbourhood(made.volume, made_lung, center).vessel_mm >= min(diameter / 2 + 1, 5)
    index = made.volume.grid.to_index(voi.frame(1).corners())
    assert (index >= -0.5).all()
    assert (index <= made.volume.grid.size - 0.5).all()


@given(st.integers(0, 2**20))
@slow_fixtures
def test_places_keep_clear_of_other_nodules(made: Patient, made_lung: Lung, seed: int) -> None:
    positions = Positions(made.volume, made_lung, Location())
    taken: list[Voi] = []
    rng = np.random.default_rng(seed)
    for diameter in rng.uniform(4, 20, 6):
        taken.append(drawn(positions, float(diameter), int(rng.integers(1000)), taken))
    for number, one in enumerate(taken):
        for other in taken[:number]:
            apart = np.linalg.norm(one.center_lps_mm - other.center_lps_mm)
            assert apart >= (one.diameter_mm + other.diameter_mm) / 2 + NODULE_GAP_MM


@given(st.sampled_from([("right", RIGHT), ("left", LEFT)]), st.integers(0, 2**20))
@slow_fixtures
def test_a_side_can_be_asked_for(made: Patient, made_lung: Lung, side: tuple[str, int], seed: int) -> None:
    voi = drawn(Positions(made.volume, made_lung, Location(side=side[0])), 8.0, seed)
    assert made_lung.at(made_lung.sides, voi.center_lps_mm) == side[1]


@given(st.floats(4, 25), st.integers(0, 2**20))
@slow_fixtures
def test_pleural_contact_can_be_asked_for(made: Patient, made_lung: Lung, diameter: float, seed: int) -> None:
    voi = drawn(Positions(made.volume, made_lung, Location(juxtapleural=True)), diameter, seed)
    assert made_lung.at(made_lung.pleura_mm, voi.center_lps_mm) < diameter / 2 + 1
    assert made_lung.at(made_lung.mask, voi.center_lps_mm)


@given(st.floats(4, 20), st.integers(0, 2**20))
@slow_fixtures
def test_a_vessel_can_be_asked_for(demo, demo_lung: Lung, diameter: float, seed: int) -> None:
    positions = Positions(demo, demo_lung, Location(on_vessel=True))
    voi = drawn(positions, diameter, seed)
    assert Neighbourhood(demo, demo_lung, voi.center_lps_mm).vessel_mm <= 2.5


def test_an_upper_preference_is_one(made: Patient, made_lung: Lung) -> None:
    share = {}
    for preference in (1.0, 10.0):
        positions = Positions(made.volume, made_lung, Location(upper_preference=preference))
        heights = [drawn(positions, 6.0, seed).center_lps_mm[2] for seed in range(40)]
        share[preference] = np.mean(np.array(heights) > -10)
    assert 0.3 < share[1.0] < 0.7
    assert share[10.0] > 0.8


def test_no_place(made: Patient, made_lung: Lung) -> None:
    positions = Positions(made.volume, made_lung, Location())
    rng = np.random.default_rng(0)
    assert positions.draw(130.0, (0.0, 0.0), [], rng) is None, "no lung is so wide"
    everywhere = Voi((0.0, 0.0, 0.0), 600.0)
    assert positions.draw(5.0, (0.0, 0.0), [everywhere], rng) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [({"side": "top"}, "'top'"), ({"upper_preference": 0}, "0"), ({"upper_preference": "much"}, "much")],
)
def test_a_wrong_where_is_refused(words: dict, told: str) -> None:
    with refused(told):
        Location(**words)


def test_the_bundled_outlines() -> None:
    outlines = read_outlines()
    assert len(outlines) > 500
    assert {outline.attenuation for outline in outlines} == set(ATTENUATIONS) - {"calcified"}
    assert LIDC_OUTLINES.stat().st_size < 300_000
    for outline in outlines:
        assert 3 <= len(outline.points_mm) <= 40
        assert 4 <= outline.long_diameter_mm <= 30
        assert np.abs(outline.points_mm.min(0) + outline.points_mm.max(0)).max() < 0.15, "it is centred"
    for entry in json.loads(LIDC_OUTLINES.read_text(encoding="utf-8"))["outlines"]:
        assert {entry[rating] for rating in ("lobulation", "spiculation", "margin")} <= set(range(1, 6))


@given(st.integers(0, 500), st.floats(4, 30), st.floats(0, 360))
@settings(max_examples=60)
def test_a_stroke_has_the_size_asked_for(number: int, diameter: float, angle: float) -> None:
    outline = read_outlines()[number]
    stroke = outline.stroke(diameter, angle)
    assert stroke.closed
    assert np.abs(stroke.points_mm).max() <= diameter / 2 + 0.01
    area = filled([stroke], 2 * diameter)
    pixel = 2 * diameter / RASTER_SAMPLES
    assert long_diameter(area, pixel) == pytest.approx(diameter, abs=3 * pixel)


def test_a_stroke_turns_the_right_way() -> None:
    """By 90 degrees u becomes v: an outline is turned, never mirrored."""
    outline = read_outlines()[0]
    before, after = outline.stroke(20.0, 0.0).points_mm, outline.stroke(20.0, 90.0).points_mm
    assert np.allclose(after, np.stack([-before[:, 1], before[:, 0]], 1), atol=0.02)


def test_sizes_and_attenuations_come_as_in_lidc_or_as_asked() -> None:
    outlines, rng = read_outlines(), np.random.default_rng(0)
    free = [draw_outline(outlines, (4.0, 30.0), None, rng) for _ in range(400)]
    lidc = np.median([outline.long_diameter_mm for outline in outlines])
    assert np.median([diameter for _, diameter in free]) == pytest.approx(lidc, rel=0.15)
    solid = np.mean([outline.attenuation == "solid" for outline in outlines])
    assert 0.8 < solid < 0.95
    assert np.mean([outline.attenuation == "solid" for outline, _ in free]) == pytest.approx(solid, abs=0.06)
    asked = [draw_outline(outlines, (10.0, 12.0), ["ground-glass", "solid"], rng) for _ in range(200)]
    assert all(10 <= diameter <= 12 for _, diameter in asked)
    assert np.mean([outline.attenuation == "solid" for outline, _ in asked]) == pytest.approx(0.5, abs=0.15)
    odd = [draw_outline(outlines, (29.51, 29.59), ["ground-glass"], rng) for _ in range(20)]
    assert {outline.attenuation for outline, _ in odd} == {"ground-glass"}
    assert all(29.4 < diameter < 29.7 for _, diameter in odd)
    assert min(outline.long_diameter_mm for outline, _ in odd) > 9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        json.dumps({"outlines": []}),
        json.dumps({"outlines": [{"points_tenth_mm": [1, 2, 3]}]}),
        json.dumps(
            {"outlines": [{"points_tenth_mm": [0, 0, 9, 0, 0, 9], "long_diameter_mm": 5, "attenuation": "fat"}]}
        ),
    ],
)
def test_broken_outlines_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "outlines.json"
    path.write_text(text)
    with refused("install the extension again"):
        read_outlines(path)


def test_missing_outlines_are_refused(tmp_path: Path) -> None:
    with refused("nothing.json"):
        read_outlines(tmp_path / "nothing.json")
