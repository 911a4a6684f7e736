"""How outlines lie to each other: nested, apart, of no area, and that it is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from SketchNoduleSynthLib.drawing.arrangement import arranged, check_usable, encloses
from SketchNoduleSynthLib.drawing.recipe import Draft, NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import Label, Stroke, outline
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError

SIDE_MM = 24.0
TURNS = np.linspace(0, 2 * np.pi, 40, endpoint=False)


def circle(radius_mm: float, u: float = 0.0, v: float = 0.0, label: Label = "nodule") -> Stroke:
    return Stroke(radius_mm * np.stack([np.cos(TURNS), np.sin(TURNS)], 1) + (u, v), label, closed=True)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=20, unique=True))
def test_encloses_is_as_scikit_image_has_it_for_simple_outlines(points):
    at = np.array(points)
    star = at[np.argsort(np.arctan2(*(at - at.mean(0)).T))]
    probes = np.random.default_rng(0).uniform(-10, 10, (50, 2))
    assert np.array_equal(encloses(Stroke(star), Stroke(probes)), points_in_poly(probes, star))


def test_the_inner_of_nested_outlines_is_the_solid_part_whichever_came_first():
    outer, inner = circle(6), circle(2, 1)
    for strokes in ((outer, inner), (inner, outer)):
        drawn = Draft(strokes=strokes).strokes
        assert [stroke.label for stroke in drawn] == ["solid" if one is inner else "nodule" for one in strokes]
    plain = (outer, circle(2, label="cavity"))
    assert arranged(plain) == plain, "nothing is made anew"
    recipe = NoduleRecipe(Voi((0, 0, 0), 12.0), strokes=(outer, inner), model="pix2pix")
    assert [stroke["label"] for stroke in recipe.to_dict()["strokes"]] == ["nodule", "solid"]


def test_outlines_that_cross_are_one_area_and_those_apart_are_told():
    area, notes = outline([circle(3), circle(3, 2)], SIDE_MM)
    assert notes == [] and area.sum() > 1.2 * outline([circle(3)], SIDE_MM)[0].sum()
    area, notes = outline([circle(3, -4), circle(2, 6)], SIDE_MM)
    assert np.array_equal(area, outline([circle(3, -4)], SIDE_MM)[0])
    assert "Outlines apart" in notes[0]


@pytest.mark.parametrize(
    ("stroke", "said"),
    [
        (circle(2, 8), "lies apart"),
        (circle(2, 20), "outside the box"),
        (Stroke([[-5, 0], [0, 0.1], [5, 0]], "nodule", True), "no area"),
        (Stroke([[-5, 0], [0, 0.1], [5, 0]], "cavity", True), "no area"),
        (circle(1, 9, label="calcification"), "outside the nodule"),
        (circle(1, 9, label="solid"), "This solid part lies outside the nodule"),
        (Stroke([[30, 0], [40, 0.1]], "vessel"), "outside the box"),
    ],
)
def test_a_line_of_which_nothing_can_come_is_refused(stroke, said):
    with pytest.raises(InputError, match=said):
        check_usable(stroke, [circle(4)], SIDE_MM)


@pytest.mark.parametrize(
    "stroke", [circle(2), circle(5, 2), circle(6), circle(1, 4.8), Stroke([[9, 0], [0, 0]], "vessel")]
)
def test_what_touches_the_nodule_is_taken(stroke):
    check_usable(stroke, [circle(4)], SIDE_MM)
