"""Drawing in the browser's page, end to end: the app from the command line, Chromium, real pointer events."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest
import SimpleITK as sitk
from browser import CHROMIUM, ROUND
from generation_phantom import patient
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.synthesis.result import carry_out

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def test_place_draw_preview_insert_undo_and_the_same_voxels_as_the_library(visitor, ct, tmp_path):
    visitor.wait_until_told("Place the volume of interest: click into the lung.")
    visitor.place()
    plain = visitor.picture("Sketch")
    visitor.draw()
    visitor.wait_for(lambda: visitor.picture("Sketch") != plain, "the line and the preview")
    visitor.wait_for(lambda: visitor.is_enabled("insert"), "that it can be inserted")
    visitor.insert()
    (row,) = visitor.value("nodules")
    assert (row["key"], row["model"], row["attenuation"]) == (1, "stylepix2pix", "solid")
    recipe = Recipe.read(visitor.download("Recipe", tmp_path))
    synthetic = Volume.read(visitor.download("CT with nodules", tmp_path))
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(visitor.download("Label map", tmp_path))))
    source = Volume.read(ct)
    result = carry_out(source, recipe)
    assert np.array_equal(synthetic.array, result.synthetic.array)
    assert np.array_equal(labels, result.labels) and labels.any()
    assert np.allclose(synthetic.grid.index_to_lps, source.grid.index_to_lps)
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    visitor.click("Redo (Y)")
    visitor.wait_for(lambda: visitor.value("nodules"), "redo")
    assert np.array_equal(Volume.read(visitor.download("CT with nodules", tmp_path)).array, synthetic.array)


def test_the_line_is_under_the_pointer_before_the_server_answers(visitor):
    visitor.place()
    box = visitor.box("Sketch")
    mouse = visitor.page.mouse
    mouse.move(box["x"] + 100, box["y"] + 100)
    mouse.down()
    mouse.move(box["x"] + 200, box["y"] + 160)
    inked = """() => { const c = document.querySelector('.sketch-pad[data-view=Sketch]');
        return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v) }"""
    assert visitor.page.evaluate(inked)
    mouse.up()
    visitor.wait_for(lambda: not visitor.page.evaluate(inked), "the server's own line")


def test_the_preview_comes_while_the_pen_still_moves(visitor):
    visitor.place()
    visitor.draw()
    visitor.wait_until_made()
    visitor.click("Clear")
    visitor.wait_for(lambda: not visitor.is_enabled("clear"), "a clear plane")
    box = visitor.box("Sketch")
    mouse = visitor.page.mouse
    path = [(box["x"] + box["width"] * (0.5 + 0.2 * x), box["y"] + box["height"] * (0.5 + 0.2 * y)) for x, y in ROUND]
    mouse.move(*path[0])
    mouse.down()
    plain = visitor.brightness("Sketch")
    for point in path[1:-1]:
        mouse.move(*point)
        visitor.page.wait_for_timeout(10)
    visitor.wait_for(lambda: visitor.brightness("Sketch") > plain + 3, "the nodule under the pen")
    assert not visitor.is_enabled("clear"), "the line is not finished"
    mouse.up()


def test_keys_tools_and_choices(visitor):
    page = visitor.page
    page.keyboard.press("p")
    visitor.wait_for(lambda: visitor.is_on("place"), "P")
    visitor.place()
    page.keyboard.press("v")
    visitor.wait_for(lambda: visitor.is_on("draw_vessel"), "V")
    assert page.locator(".panel button[aria-pressed=true]").inner_text().strip() == "Vessel (V)"
    visitor.draw()
    page.keyboard.press("e")
    visitor.wait_for(lambda: visitor.is_on("erase"), "E")
    visitor.drag("Sketch", [(0.5 + 0.2 * x / 20, 0.5) for x in range(-24, 25)])
    visitor.wait_for(lambda: visitor.value("undoable") == "Erase", "the eraser")
    page.keyboard.press("z")
    visitor.wait_for(lambda: visitor.value("undoable") == "Draw", "Z")
    page.keyboard.press("r")
    visitor.wait_for(lambda: visitor.value("seed") == 1, "R")
    page.locator("input[type=number]").first.fill("18")
    page.keyboard.press("Tab")
    visitor.wait_for(lambda: visitor.value("undoable") == "Change the VOI", "the change")
    visitor.wait_for(lambda: visitor.value("diameter_mm") == 18, "the diameter")
    page.locator("select").first.select_option("mcgan")
    visitor.wait_for(lambda: "model" in visitor.value("undoable"), "the model")
    page.keyboard.press("i")
    visitor.wait_for(lambda: visitor.value("nodules"), "I")
    page.keyboard.press("b")
    visitor.wait_for(lambda: visitor.is_on("before"), "B")


def test_variants_are_shown_and_one_is_taken(visitor):
    visitor.place()
    visitor.draw()
    visitor.click("Variants")
    visitor.wait_for(lambda: len(visitor.value("variants")) == 8, "the variants")
    assert len({variant["picture"] for variant in visitor.value("variants")}) == 8
    visitor.page.locator(".gallery button").nth(3).click()
    visitor.wait_for(lambda: visitor.value("seed") == 3, "its seed")
    assert len(visitor.value("variants")) == 8
    visitor.page.keyboard.press("r")
    visitor.wait_for(lambda: visitor.value("seed") == 4, "the next seed")
    assert len(visitor.value("variants")) == 8, "each has its own seed"


def test_hide_duplicate_edit_and_remove(visitor):
    visitor.place()
    visitor.draw()
    visitor.insert()
    visitor.click("Hide 1")
    visitor.wait_for(lambda: visitor.value("nodules")[0]["name"] == "1 (hidden)", "hide")
    visitor.click("Show 1")
    visitor.wait_for(lambda: visitor.value("nodules")[0]["is_shown"], "show")
    visitor.click("Duplicate 1")
    visitor.wait_for(lambda: visitor.value("undoable") == "Duplicate", "duplicate")
    visitor.insert()
    assert [row["key"] for row in visitor.value("nodules")] == [1, 2]
    visitor.page.locator("tbody tr").first.click()
    visitor.wait_for(lambda: visitor.value("selected") == 1, "the row")
    visitor.click("Edit 1")
    visitor.wait_for(lambda: "Update nodule 1" in visitor.value("words")["insert"], "edit")
    visitor.click("Remove 1")
    visitor.wait_for(lambda: [row["key"] for row in visitor.value("nodules")] == [2], "remove")


def test_random_nodules_are_added_and_taken_back(visitor, ct, tmp_path):
    patient().volume.write(tmp_path / "patient.nrrd")
    visitor.send("Open a CT", tmp_path / "patient.nrrd")
    visitor.wait_for(lambda: visitor.value("ct") == "patient.nrrd", "the patient")
    count = visitor.page.get_by_label("How many nodules")
    count.fill("2")
    visitor.page.get_by_label("How hard they are to find").select_option("moderate")
    assert count.input_value() == "2", "what is being typed stays, whatever else the page draws anew"
    visitor.click("Add at random")
    visitor.wait_for(lambda: len(visitor.value("nodules")) == 2, "the nodules")
    assert visitor.value("undoable") == "Add random nodules"
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    visitor.send("Open a CT", ct)
    visitor.wait_for(lambda: visitor.value("ct") == ct.name, "the phantom")


def test_a_scanned_sketch_is_seen_before_it_is_used(visitor, tmp_path):
    page = Image.new("L", (400, 400), 245)
    ImageDraw.Draw(page).ellipse((110, 130, 300, 280), outline=20, width=6)
    page.save(tmp_path / "sketch.png")
    visitor.place()
    visitor.send("Scanned sketch", tmp_path / "sketch.png")
    visitor.wait_for(lambda: visitor.value("scan"), "the scan")
    first = visitor.value("scan")
    visitor.page.locator(".scan input[type=number]").fill("15")
    visitor.page.keyboard.press("Tab")
    visitor.wait_until_told("threshold")
    visitor.page.locator(".scan input[type=number]").fill("200")
    visitor.page.keyboard.press("Tab")
    visitor.wait_for(lambda: visitor.value("scan") != first, "the other threshold")
    visitor.click("Use these lines")
    visitor.wait_for(lambda: visitor.value("undoable") == "Load a sketch", "its lines")
    visitor.wait_for(lambda: not visitor.value("scan"), "the scan's end")


def test_a_recipe_comes_back(visitor, tmp_path):
    visitor.place()
    visitor.draw()
    visitor.insert()
    recipe = visitor.download("Recipe", tmp_path)
    visitor.wait_until_told("Recipe: recipe.json is downloaded.")
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    visitor.send("Load a recipe", recipe)
    visitor.wait_for(lambda: len(visitor.value("nodules")) == 1, "the recipe's nodule")
    with zipfile.ZipFile(visitor.download("All files", tmp_path)) as case:
        assert sorted(case.namelist()) == [
            "nodules.nrrd", "preview.png", "recipe.json", "report.json", "synthetic.nrrd"
        ]  # fmt: skip
        assert json.loads(case.read("recipe.json"))["nodules"] == json.loads(recipe.read_text())["nodules"]
    recipe.write_text('{"version": 1, "nodule": []}')
    visitor.send("Load a recipe", recipe)
    visitor.wait_until_told("recipe.nodules is missing")
    assert len(visitor.value("nodules")) == 1
