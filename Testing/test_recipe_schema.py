"""docs/recipe.schema.json and the code take the same recipes and refuse the same."""

from __future__ import annotations

import copy
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipe_data import GOOD

from SketchNoduleSynthLib import InputError, Recipe
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, BLENDINGS, NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import LABELS, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.models import bundled

SCHEMA = json.loads((Path(__file__).parent.parent / "docs" / "recipe.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
WORDS = [*bundled(), *ATTENUATIONS, *BLENDINGS, *LABELS, "", "ct"]
NUMBERS = [-100001, -901, -900, -31, -30, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3.9, 4, 32, 32.5, 2000, 2001, 2**31 - 1, 2**31]
VALUES = st.sampled_from([None, True, False, [], {}, [[1, 2]], [[1, 2, 3]], [1, 2, 3], *NUMBERS, *WORDS]).map(
    copy.deepcopy
)
"""No whole number as 1.0: JSON has one kind of number, and the code takes 1.0 for no seed."""
KEYS = sorted({key for part in SCHEMA["$defs"].values() for key in part.get("properties", {})} | {"version", "sed"})


def places(data: Any, at: tuple = ()) -> list[tuple]:
    """The paths of all objects and lists in `data`."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else None
    return [] if inner is None else [at, *(path for key, value in inner for path in places(value, (*at, key)))]


@st.composite
def recipes(draw: st.DrawFn) -> Any:
    """A good recipe in which a few things were put, changed or taken away."""
    data = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(0, 3))):
        target = data
        for key in draw(st.sampled_from(places(data))):
            target = target[key]
        key = draw(st.sampled_from([*target, *KEYS]) if isinstance(target, dict) else st.integers(0, len(target)))
        if isinstance(target, list):
            target[key : key + 1] = [draw(VALUES)] if draw(st.booleans()) else []
        elif draw(st.booleans()):
            target[key] = draw(VALUES)
        else:
            target.pop(key, None)
    return data


def is_taken(data: Any) -> bool:
    try:
        Recipe.from_dict(data)
    except InputError:
        return False
    return True


@given(recipes())
def test_the_schema_takes_what_the_code_takes(data: Any) -> None:
    assert VALIDATOR.is_valid(data) == is_taken(data), json.dumps(data)


@pytest.mark.parametrize(
    ("part", "key", "words"),
    [
        ("nodule", "model", tuple(bundled())),
        ("nodule", "attenuation", ATTENUATIONS),
        ("nodule", "blending", BLENDINGS),
        ("stroke", "label", LABELS),
    ],
)
def test_the_words_are_the_codes(part: str, key: str, words: tuple[str, ...]) -> None:
    assert SCHEMA["$defs"][part]["properties"][key]["enum"] == list(words)


def test_the_defaults_and_the_limits_are_the_codes() -> None:
    """What is left out is made as the schema says; the diameters are those that all models know."""
    filled = Recipe.from_dict(GOOD).to_dict()["nodules"][0]
    for key, described in SCHEMA["$defs"]["nodule"]["properties"].items():
        if key not in GOOD["nodules"][0] and "default" in described:
            assert filled[key] == described["default"]
    diameter = SCHEMA["$defs"]["voi"]["properties"]["diameter_mm"]
    assert {model.diameter_mm for model in bundled().values()} == {(diameter["minimum"], diameter["maximum"])}


@pytest.mark.parametrize(("part", "kind"), [("nodule", NoduleRecipe), ("voi", Voi), ("stroke", Stroke)])
def test_the_keys_are_the_codes(part: str, kind: type) -> None:
    assert set(SCHEMA["$defs"][part]["properties"]) == {one.name for one in fields(kind)}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    demo = Path(__file__).parent / "recipes" / "demo.json"
    VALIDATOR.validate(json.loads(demo.read_text(encoding="utf-8")))
