"""What the drawing page says of nodules: rows, the colour key, Before, variants, a busy sign; and the pen meanwhile."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from browser import CHROMIUM, ROUND, Visitor
from PIL import Image, ImageColor

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
VIEWS = ("Sketch", "Red", "Green", "Yellow")
SAME_HUE, LEAST_CHROMA, LEAST_PIXELS = 10, 50, 20
"""Of a line's pixels, which the CT below shines through and JPEG blurs: degrees, of 255, and how many there are."""

VARIANT_PIXELS = 110
# All the while, whether the busy sign is there.
WATCH_BUSY = """() => { window.signs = new Set(); const look = () => {
    window.signs.add(!!document.querySelector('.view.sketch .busy')); requestAnimationFrame(look); }; look(); }"""


def rows(visitor: Visitor) -> list[list[str]]:
    return [row.split("\t") for row in visitor.page.locator("tbody tr").all_inner_texts()]


def has_color(visitor: Visitor, view: str, color: tuple[int, ...]) -> bool:
    seen = Image.open(io.BytesIO(visitor.picture(view))).convert("RGB")
    hue, wanted = (np.asarray(one.convert("HSV"), int)[..., 0] for one in (seen, Image.new("RGB", (1, 1), color)))
    away = np.abs((hue - wanted + 128) % 256 - 128) * 360 / 256
    return int(((away < SAME_HUE) & (np.ptp(np.asarray(seen, int), -1) > LEAST_CHROMA)).sum()) > LEAST_PIXELS


def test_the_row_says_it_in_words_and_its_colour_is_that_of_the_outlines(visitor):
    visitor.place()
    visitor.draw()
    visitor.insert()
    visitor.place(at=(0.75, 0.5))
    visitor.page.get_by_label("Attenuation:").select_option("ground-glass")
    visitor.draw()
    visitor.insert()
    visitor.wait_for(lambda: len(rows(visitor)) == 2 and all("," in row[2] for row in rows(visitor)), "both places")
    keys = visitor.page.locator("tbody .ink")
    colors = []
    for number, (row, attenuation) in enumerate(zip(rows(visitor), ("solid", "ground-glass"), strict=True)):
        assert re.fullmatch(rf"{number + 1}( ✎)?", row[0].strip())
        assert re.fullmatch(r"\d+\.\d × \d+\.\d mm", row[1])
        assert re.fullmatch(r"(right|left) (upper|middle|lower) third, slice \d+", row[2])
        assert row[3] in ("✓ green", "! amber") and row[4] == attenuation
        colors.append(keys.nth(number).evaluate("e => getComputedStyle(e).backgroundColor"))
    assert colors[0] != colors[1]
    visitor.page.keyboard.press("Escape")
    for number, color in enumerate(map(ImageColor.getrgb, colors)):
        visitor.page.locator("tbody tr").nth(number).click()
        for view in VIEWS:
            visitor.wait_for(lambda view=view, color=color: has_color(visitor, view, color), f"{color} in {view}")
    visitor.page.keyboard.press("h")
    for view in VIEWS:
        visitor.wait_for(lambda view=view, color=color: not has_color(visitor, view, color), f"no outline in {view}")
    visitor.page.keyboard.press("h")


def test_before_is_marked_in_every_picture(visitor):
    visitor.place()
    visitor.draw()
    visitor.insert()
    banners = visitor.page.get_by_text("Before: the CT as it was")
    assert not banners.count()
    visitor.page.keyboard.press("b")
    visitor.wait_for(lambda: banners.count() == len(VIEWS), "a word in each view")
    for name in VIEWS:
        box, view = visitor.page.locator(f".view.{name.lower()} .banner").bounding_box(), visitor.box(name)
        assert view["x"] <= box["x"] and box["x"] + box["width"] <= view["x"] + view["width"], "it can be read"
    visitor.page.keyboard.press("b")
    visitor.wait_for(lambda: not banners.count(), "the CT with the nodule")


@pytest.mark.parametrize("width", [1280, 1920, 1024])
def test_variants_are_large_enough_to_be_judged(visitor, width):
    visitor.page.set_viewport_size({"width": width, "height": 800})
    visitor.place()
    visitor.draw()
    visitor.click("Variants")
    visitor.wait_for(lambda: len(visitor.value("variants")) == 8, "the variants")
    pictures = visitor.page.locator(".gallery img")
    for number in range(8):
        box = pictures.nth(number).bounding_box()
        assert min(box["width"], box["height"]) >= VARIANT_PIXELS


def test_a_sign_turns_while_the_preview_is_behind_the_drawing(visitor):
    visitor.place()
    visitor.draw()
    visitor.wait_until_made()
    visitor.wait_for(lambda: not visitor.page.locator(".busy").count(), "a preview that is up to date")
    visitor.page.evaluate(WATCH_BUSY)
    visitor.page.wait_for_timeout(100)
    visitor.page.keyboard.press("r")
    visitor.wait_for(lambda: visitor.page.evaluate("() => window.signs.has(true)"), "the sign")
    visitor.wait_for(lambda: not visitor.page.locator(".busy").count(), "its end")


def test_what_is_drawn_while_a_nodule_is_inserted_is_kept(visitor):
    """The insertion ends under a pen that is down."""
    visitor.place()
    visitor.draw()
    visitor.wait_until_made()
    box, mouse = visitor.box("Sketch"), visitor.page.mouse
    across = box["width"] / box["height"]
    shares = [(0.5 + 0.3 * x, 0.5 + 0.3 * across * y) for x, y in ROUND]
    path = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shares]
    mouse.move(*path[0])
    visitor.page.keyboard.press("i")
    mouse.down()
    for point in path[1:10]:
        mouse.move(*point)
    visitor.wait_for(lambda: visitor.value("nodules") and not visitor.value("task"), "the nodule")
    visitor.page.wait_for_timeout(200)
    for point in path[10:]:
        mouse.move(*point)
    mouse.up()
    visitor.wait_for(lambda: visitor.value("undoable") == "Draw", "the line")
    assert visitor.is_on("draw_nodule") and "Update nodule 1" in visitor.value("words")["insert"]
    visitor.wait_for(lambda: visitor.is_enabled("insert"), "that it can be inserted")
