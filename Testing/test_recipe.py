import copy
import json

import pytest
from changed_json import DELETE, changed
from recipe_data import GOOD
from refusal import refused

from SketchNoduleSynthLib import InputError, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.json_keys import MAX_SEED

NODULE = ("nodules", 0)
VOI = (*NODULE, "voi")
STROKE = (*NODULE, "strokes", 0)


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("version",), 2, "recipe.version"),
        (("version",), DELETE, "recipe.version"),
        (("nodules",), [], "recipe.nodules"),
        (("nodules",), {}, "recipe.nodules"),
        (("extra",), 1, "recipe.extra"),
        ((*NODULE, "voi"), DELETE, "nodules[0].voi"),
        ((*NODULE, "model"), "gpt", "nodules[0].model"),
        ((*NODULE, "model"), DELETE, "nodules[0].model"),
        ((*NODULE, "sed"), 1, "nodules[0].sed"),
        ((*NODULE, "seed"), -1, "nodules[0].seed"),
        ((*NODULE, "seed"), MAX_SEED + 1, "nodules[0].seed"),
        ((*NODULE, "seed"), 1.5, "nodules[0].seed"),
        ((*NODULE, "seed"), True, "nodules[0].seed"),
        ((*NODULE, "attenuation"), "dense", "nodules[0].attenuation"),
        ((*NODULE, "strokes"), [], "nodules[0].strokes"),
        ((*NODULE, "strokes"), "x", "nodules[0].strokes"),
        ((*VOI, "diameter_mm"), 0, "nodules[0].voi.diameter_mm"),
        ((*VOI, "diameter_mm"), -3, "nodules[0].voi.diameter_mm"),
        ((*VOI, "diameter_mm"), "14", "nodules[0].voi.diameter_mm"),
        ((*VOI, "diameter_mm"), float("nan"), "nodules[0].voi.diameter_mm"),
        ((*VOI, "center_ras_mm"), [1, 2], "nodules[0].voi.center_ras_mm"),
        ((*VOI, "center_ras_mm"), 7, "nodules[0].voi.center_ras_mm"),
        ((*VOI, "center_ras_mm"), [1, 2, None], "nodules[0].voi.center_ras_mm"),
        ((*VOI, "tilt_lr_deg"), 45, "nodules[0].voi.tilt_lr_deg"),
        ((*VOI, "tilt"), 4, "nodules[0].voi.tilt"),
        ((*STROKE, "label"), "tumour", "nodules[0].strokes[0].label"),
        ((*STROKE, "closed"), 1, "nodules[0].strokes[0].closed"),
        ((*STROKE, "points_mm"), DELETE, "nodules[0].strokes[0].points_mm"),
        ((*STROKE, "points_mm"), [], "nodules[0].strokes[0].points_mm"),
        ((*STROKE, "points_mm"), [[1, 2, 3]], "nodules[0].strokes[0].points_mm[0]"),
        ((*STROKE, "points_mm"), [["a", 2]], "nodules[0].strokes[0].points_mm[0]"),
    ],
)
def test_a_bad_key_is_named_in_one_sentence(path, value, named):
    with pytest.raises(InputError) as caught:
        Recipe.from_dict(changed(GOOD, path, value))
    message = str(caught.value)
    assert named in message
    assert message.endswith(".") and "\n" not in message


def test_defaults_are_filled_in_and_a_recipe_survives_writing(tmp_path):
    data = copy.deepcopy(GOOD)
    for key in ("seed", "attenuation"):
        del data["nodules"][0][key]
    recipe = Recipe.from_dict(data)
    recipe.write(tmp_path / "recipe.json")
    written = json.loads((tmp_path / "recipe.json").read_text())
    assert written["nodules"][0]["seed"] == 0
    assert written["nodules"][0]["attenuation"] == "solid"
    assert written["nodules"][0]["blending"] == "soft"
    assert Recipe.read(tmp_path / "recipe.json").to_dict() == recipe.to_dict() == written


def test_mcgan_needs_no_strokes():
    data = changed(GOOD, (*NODULE, "model"), "mcgan")
    data["nodules"][0]["strokes"] = []
    assert Recipe.from_dict(data).nodules[0].strokes == ()


HUGE = json.dumps(GOOD).replace("14.0", "1" + "0" * 400)


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, json.dumps(GOOD).replace("14.0", "1" * 5001), HUGE, "", "{", "[1, 2]", "\x00\xff", '"recipe"'],
)
def test_what_is_no_recipe_is_told(tmp_path, text):
    path = tmp_path / "recipe.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError):
        Recipe.read(path)
    with pytest.raises(InputError):
        Recipe.read(tmp_path / "missing.json")


@pytest.mark.parametrize("center", [(), (1.0, 2.0), (1.0, 2.0, 3.0, 4.0)])
def test_a_vois_centre_has_three_numbers(center):
    with refused("voi.center_ras_mm", str(len(center))):
        Voi(center, 12.0)
