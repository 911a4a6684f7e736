"""A line that is dropped while the hand that draws it is still down, in the drawing page, and keys meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from browser import CHROMIUM, ROUND, Visitor

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def said(visitor: Visitor) -> list[Any]:
    """Of the session, what a step changes."""
    buttons = [visitor.is_enabled(name) for name in ("undo", "redo", "clear")]
    tools = [name for name, is_on in visitor.value("on").items() if is_on]
    return [visitor.value("undoable"), visitor.value("diameter_mm"), buttons, tools]


def drawing(visitor: Visitor) -> bytes:
    """The pixels of the sketch view's middle, without the marks at its edges."""
    box = visitor.box("Sketch")
    inner = {"x": box["x"] + 0.1 * box["width"], "y": box["y"] + 0.2 * box["height"]}
    return visitor.page.screenshot(clip=inner | {"width": 0.8 * box["width"], "height": 0.6 * box["height"]})


def press(visitor: Visitor, path: Sequence[tuple[float, float]]) -> None:
    """The button down in the sketch view, along `path`, and not up."""
    box = visitor.box("Sketch")
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
    visitor.page.mouse.move(*points[0])
    visitor.page.mouse.down()
    for point in points[1:]:
        visitor.page.mouse.move(*point)


def pen_in(visitor: Visitor) -> None:
    visitor.page.keyboard.press("n")
    visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the pen")


def circle(radius: float, at: tuple[float, float] = (0.5, 0.5)) -> list[tuple[float, float]]:
    return [(at[0] + radius * x, at[1] + radius * y) for x, y in ROUND]


@pytest.mark.parametrize("key", ["Control+z", "Escape"])
@pytest.mark.parametrize("is_drawn_on", [False, True])
def test_a_key_drops_the_line_that_is_being_drawn_and_undoes_nothing(hand, key, is_drawn_on):
    pen_in(hand)
    if is_drawn_on:
        hand.draw()
        hand.wait_until_made()
    hand.page.mouse.move(5, 5)
    hand.page.wait_for_timeout(700)
    before, picture = said(hand), drawing(hand)
    press(hand, circle(0.3, (0.45, 0.55)))
    hand.page.wait_for_timeout(400)
    assert drawing(hand) != picture, "a line, and what comes of it"
    hand.page.keyboard.press(key)
    hand.page.mouse.move(hand.box("Sketch")["x"] + 30, hand.box("Sketch")["y"] + 60)
    hand.page.keyboard.press(key)
    hand.page.mouse.up()
    hand.page.mouse.move(5, 5)
    hand.wait_for(lambda: drawing(hand) == picture, "the view as it was")
    assert said(hand) == before
    if is_drawn_on:
        hand.page.keyboard.press("Control+z")
        hand.wait_for(lambda: not hand.is_enabled("clear"), "the keys again")


def test_the_point_of_a_click_is_dropped_before_it_lands(hand):
    hand.page.keyboard.press("p")
    hand.wait_for(lambda: hand.is_on("place"), "the tool")
    before, box = said(hand), hand.box("Red")
    hand.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"])
    hand.page.mouse.down()
    hand.page.keyboard.press("Escape")
    hand.page.mouse.up()
    hand.page.wait_for_timeout(400)
    assert said(hand) == before and hand.is_on("place")


def test_all_other_keys_wait_for_the_end_of_the_line(hand):
    pen_in(hand)
    hand.draw()
    hand.page.keyboard.press("Control+z")
    hand.wait_for(lambda: hand.is_enabled("redo"), "a step to do again")
    before = said(hand)
    press(hand, circle(0.2))
    for key in ("Control+Shift+Z", "Control+y", "y", "v", "1", "t", "ArrowUp", "Delete"):
        hand.page.keyboard.press(key)
    hand.page.wait_for_timeout(400)
    assert said(hand) == before
    hand.page.mouse.up()
    hand.wait_for(lambda: hand.is_enabled("clear") and hand.value("undoable") != before[0], "the line")
    assert hand.is_on("draw_nodule")
    hand.page.keyboard.press("v")
    hand.wait_for(lambda: hand.is_on("draw_vessel"), "the keys again")
