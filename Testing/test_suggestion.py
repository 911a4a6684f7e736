"""Suggested drawings: of the asked size, whole, never the same, and with what is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phantom import LUNG_RAS_MM, chest
from refusal import refused

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, Recipe
from SketchNoduleSynthLib.drawing.sketch import Stroke, crosses_itself, outline
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.generation.outlines import read_outlines
from SketchNoduleSynthLib.generation.suggestion import RADII, Wishes, known_radii, radii_of, suggest, upright


def roughness(stroke: Stroke) -> float:
    return float(np.abs(np.fft.rfft(radii_of(stroke.points_mm)))[8:24].sum() / stroke.points_mm.std())


@settings(max_examples=20)
@given(st.floats(4, 32), st.sampled_from(ATTENUATIONS), st.integers(0, 1000), st.booleans(), st.booleans())
def test_a_suggestion_is_a_whole_drawing_of_that_size(mm: float, kind: str, seed: int, lobes: bool, tags: bool) -> None:
    strokes = suggest(mm, kind, np.random.default_rng(seed), Wishes(lobulation=lobes, tags=tags))
    nodule, *others = strokes
    longest = np.linalg.norm(nodule.points_mm[:, None] - nodule.points_mm, axis=-1).max()
    assert longest == pytest.approx(mm, abs=0.05) and not crosses_itself(nodule)
    area, notes = outline(strokes, 2 * mm)
    assert area.any() and not [note for note in notes if "crosses" in note or "apart" in note]
    assert bool(others) == tags and {stroke.label for stroke in others} <= {"other"}


def test_the_same_seed_is_the_same_drawing_and_another_another() -> None:
    one, again, other = (suggest(12, "solid", np.random.default_rng(seed))[0].points_mm for seed in (1, 1, 2))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_spicules_and_lobulation_show_where_they_are_asked_for() -> None:
    plain, spiky, lobed = (
        [suggest(14, "solid", np.random.default_rng(seed), wishes)[0] for seed in range(20)]
        for wishes in (Wishes(), Wishes(spicules=True), Wishes(lobulation=True))
    )
    assert np.median(list(map(roughness, spiky))) > 2 * np.median(list(map(roughness, plain)))

    def fullness(stroke: Stroke) -> float:
        """Of the circle of its long diameter."""
        radii = radii_of(stroke.points_mm)
        return float((radii**2).mean() / radii.max() ** 2)

    assert np.median(list(map(fullness, lobed))) < np.median(list(map(fullness, plain)))


def test_no_suggestion_is_one_of_the_outlines_that_it_is_made_of() -> None:
    known = np.fft.irfft(known_radii(read_outlines()).series * RADII, RADII)
    for seed in range(10):
        radii = radii_of(suggest(12, "solid", np.random.default_rng(seed))[0].points_mm)
        own = np.fft.irfft(upright(radii) * RADII, RADII)
        assert np.sqrt(((known - own) ** 2).mean(1)).min() > 0.01


def test_in_a_session_it_replaces_the_drawing_but_vessels_and_walls() -> None:
    session = Session(chest())
    with refused("Place"):
        session.suggest(Wishes())
    session.place(LUNG_RAS_MM, 12.0)
    wall = Stroke(np.array([[-8.0, -8.0], [0.0, -9.0], [8.0, -8.0]]), "wall")
    session.draw(wall)
    session.suggest(Wishes(tags=True))
    first = session.draft.strokes
    session.suggest(Wishes())
    second = session.draft.strokes
    assert wall in first and wall in second and [stroke.label for stroke in second] == ["wall", "nodule"]
    session.undo()
    assert session.draft.strokes == first


def test_the_command_line_adds_a_suggestion_to_a_recipe(tmp_path) -> None:
    path = tmp_path / "recipe.json"
    words = ["suggest", "45", "5", "3", str(path), "--diameter", "14", "--seed", "2", "--spicules"]
    assert main(words) == main(words) == 0
    one, two = Recipe.read(path).nodules
    assert np.array_equal(one.strokes[0].points_mm, two.strokes[0].points_mm)
    assert (one.voi.diameter_mm, one.seed, one.model) == (14.0, 2, "stylepix2pix")
    assert main([*words[:5], "--diameter", "99"]) == 2
