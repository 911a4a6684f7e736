"""What the drawing page says of its views is so: the length of a line, and slice, window and zoom in the corners."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from browser import CHROMIUM, Visitor
from PIL import Image

from SketchNoduleSynthLib.mrml.editor_views import NEAR_MM

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
WIDTH_MM, HEIGHT_MM = 96 * 2.0, 48 * 1.6
"""The phantom's, in a coronal view: voxels and their spacing."""
OUTSIDE = 20
"""The grey of what lies outside of the CT, at most; air has more in the lung window."""


def corner(visitor: Visitor, name: str, view: str = "red") -> str:
    return visitor.page.locator(f".view.{view} .corner.{name}").inner_text()


def edges(visitor: Visitor, view: str) -> tuple[float, float, float]:
    """Where the CT begins and ends across the view, and half way between the CT's middle and its upper end, in shares
    of the view's width and height: by its pixels."""
    grey = np.asarray(Image.open(io.BytesIO(visitor.picture(view))).convert("L"))
    height, width = grey.shape
    row = round(0.42 * height)
    (columns,) = np.nonzero(grey[row] > OUTSIDE)
    return columns[0] / width, (columns[-1] + 1) / width, row / height


def test_a_measured_line_is_as_long_as_what_it_lies_on(hand):
    if hand.is_on("near"):
        hand.page.keyboard.press("f")
        hand.wait_for(lambda: not hand.is_on("near"), "all of the CT")
    hand.page.keyboard.press("m")
    hand.wait_for(lambda: hand.is_on("measure"), "the tool")
    hand.page.wait_for_timeout(500)
    left, right, height = edges(hand, "Green")
    hand.drag("Green", [(left, height), (0.5, 0.6), (right, height)])
    told = hand.wait_until_told("The line is ")
    pixel_mm = WIDTH_MM / ((right - left) * hand.box("Green")["width"])
    assert float(re.search(r"is ([\d.]+) mm long", told)[1]) == pytest.approx(WIDTH_MM, abs=2 * pixel_mm)
    hand.page.keyboard.press("Delete")


def test_dragging_the_slider_scrolls_and_the_corner_says_to_which_slice(hand):
    slider = hand.page.locator(".view.red .slices")
    box, count = slider.bounding_box(), 48
    y, start = box["y"] + box["height"] / 2, int(corner(hand, "slice").split(" / ")[0])
    at = lambda share: box["x"] + 8 + share * (box["width"] - 16)  # noqa: E731  # The thumb's middle at either end.
    before = hand.picture("Red")
    hand.page.mouse.move(at((start - 1) / (count - 1)), y)
    hand.page.mouse.down()
    for share in (0.6, 0.7, 0.8):
        hand.page.mouse.move(at(share), y)
    hand.page.mouse.up()
    expected = round(1 + 0.8 * (count - 1))
    hand.wait_for(lambda: corner(hand, "slice") in [f"{expected + n} / {count}" for n in (-1, 0, 1)], "the number")
    hand.wait_for(lambda: hand.picture("Red") != before, "the slice")


def test_the_corners_follow_wheel_drag_and_zoom(hand):
    mouse, box = hand.page.mouse, hand.box("Red")
    x, y = box["x"] + 0.3 * box["width"], box["y"] + 0.4 * box["height"]
    slice_then = corner(hand, "slice")
    mouse.move(x, y)
    mouse.wheel(0, -120)
    hand.wait_for(lambda: corner(hand, "slice") != slice_then, "the slice's number")
    window_then, zoom_then = corner(hand, "window").split(" · ")
    hand.drag("Red", [(0.3, 0.4), (0.4, 0.45), (0.5, 0.5)])
    hand.wait_for(lambda: corner(hand, "window").split(" · ")[0] != window_then, "the window")
    said = lambda: {corner(hand, "window", view).split(" · ")[0] for view in ("sketch", "red", "green", "yellow")}  # noqa: E731
    hand.wait_for(lambda: len(said()) == 1, "the same one in all views")
    mouse.move(x, y)
    hand.page.keyboard.down("Control")
    for _ in range(3):
        mouse.wheel(0, -120)
    hand.page.keyboard.up("Control")
    zoom = lambda words: float(words.split(" · ")[-1].rstrip("×"))  # noqa: E731
    hand.wait_for(lambda: zoom(corner(hand, "window")) > zoom(zoom_then), "the zoom")
    hand.page.keyboard.press("1")
    hand.wait_for(lambda: corner(hand, "window").startswith("−600 / 1600 HU"), "the lung window again")


def test_a_view_that_is_near_stays_as_near_whatever_room_it_has(hand):
    def shown_mm() -> float:
        """Across the shorter side of the axial view, by its ruler."""
        ruler, box = hand.page.locator(".view.red .ruler"), hand.box("Red")
        return float(ruler.inner_text().split()[0]) * min(box["width"], box["height"]) / ruler.bounding_box()["width"]

    if not hand.is_on("near"):
        hand.page.keyboard.press("f")
    hand.page.keyboard.press("f")
    hand.page.keyboard.press("f")
    is_near = lambda: shown_mm() == pytest.approx(NEAR_MM, rel=0.05)  # noqa: E731
    hand.wait_for(is_near, "the box from near")
    small = hand.box("Red")["height"]
    for is_alone in (True, False):
        box = hand.box("Red")
        hand.page.mouse.dblclick(box["x"] + 40, box["y"] + 60)
        hand.wait_for(lambda is_alone=is_alone: (hand.box("Red")["height"] > 1.5 * small) == is_alone, "another size")
        hand.page.wait_for_timeout(500)
        hand.wait_for(is_near, "as much as before")
