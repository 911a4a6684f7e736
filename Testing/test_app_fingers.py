"""The drawing page under fingers: one draws or scrolls, two zoom and shift, and there is a way back."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from app_fixtures import OVER, mm_across
from browser import CHROMIUM, ROUND, TOUCH, Visitor
from PIL import Image

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
HALF_PIXELS = 24
"""Of what is looked at under the fingers."""

BESIDE_PIXELS, PULL_PIXELS, NEAR_PIXELS = 9, 40, 6


@pytest.fixture(scope="module")
def visitor(browser, server):
    """With a finger's screen, and an outline that a finger drew."""
    someone = Visitor(browser, server, TOUCH, has_touch=True)
    someone.wait_for_ct()
    someone.place()
    box = someone.box("Sketch")
    across = box["width"] / box["height"]
    path = [inside(box, 0.5 + 0.2 * x, 0.5 + 0.2 * across * y) for x, y in ROUND]
    fingers = Fingers(someone)
    fingers.touch("touchStart", path[0])
    for point in path[1:]:
        fingers.touch("touchMove", point)
    fingers.touch("touchEnd")
    someone.wait_until_made()
    yield someone
    assert not someone.errors


class Fingers:
    """Those of a visitor."""

    def __init__(self, visitor: Visitor) -> None:
        self.session = visitor.page.context.new_cdp_session(visitor.page)

    def touch(self, kind: str, *points: tuple[float, float]) -> None:
        """All that touch the screen, in the page's pixels."""
        touched = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})


@pytest.fixture
def fingers(visitor):
    return Fingers(visitor)


def inside(box: dict[str, float], x: float, y: float) -> tuple[float, float]:
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def test_one_finger_scrolls(visitor, fingers):
    visitor.page.keyboard.press("Escape")
    visitor.wait_for(lambda: not visitor.is_on("draw_nodule"), "no pen")
    x, y = inside(visitor.box("Green"), 0.3, 0.3)
    before, ways = visitor.value("marks")["Green"]["slice"], itertools.cycle((5, -3))  # One may lead out of the CT.

    def swiped() -> bool:
        way = next(ways)
        fingers.touch("touchStart", (x, y))
        for step in range(8):
            fingers.touch("touchMove", (x, y + way * step))
        fingers.touch("touchEnd")
        visitor.page.wait_for_timeout(300)
        return visitor.value("marks")["Green"]["slice"] != before

    visitor.wait_for(swiped, "another slice")


@pytest.mark.parametrize(("view", "at", "zoom"), [("Sketch", (0.5, 0.35), 2.0), ("Red", (0.12, 0.25), 1.0)])
def test_what_two_fingers_hold_stays_under_them_and_there_is_a_way_back(visitor, fingers, view, at, zoom):
    visitor.page.keyboard.press("n")
    visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the pen")
    box, undoable, whole = visitor.box(view), visitor.value("undoable"), mm_across(visitor, view)
    start = np.array(inside(box, *at))
    end, apart = start + np.array([30, 20]), np.array([15, 25])
    before = under(visitor, view, start, HALF_PIXELS / zoom)
    assert alike(before, under(visitor, view, end, HALF_PIXELS)) < 0.8
    fingers.touch("touchStart", tuple(start - apart))
    fingers.touch("touchStart", tuple(start - apart), tuple(start + apart))
    for share in np.linspace(0, 1, 6)[1:]:
        middle, spread = start + share * (end - start), apart * (1 + share * (zoom - 1))
        fingers.touch("touchMove", tuple(middle - spread), tuple(middle + spread))
    fingers.touch("touchEnd")
    visitor.wait_for(
        lambda: mm_across(visitor, view) == pytest.approx(whole / zoom, rel=0.02), f"{zoom} times as large"
    )
    visitor.wait_for(lambda: alike(before, under(visitor, view, end, HALF_PIXELS)) > 0.95, "the same under the fingers")
    assert visitor.value("undoable") == undoable, "two fingers draw nothing"
    for is_near in (False, True):
        visitor.click("Near (F)")
        visitor.wait_for(lambda is_near=is_near: visitor.is_on("near") == is_near, "the button")
    visitor.wait_for(lambda: mm_across(visitor, view) == pytest.approx(whole, rel=1e-3), "as large as before")


def test_a_finger_near_a_point_of_a_line_drags_it_and_elsewhere_scrolls(visitor, fingers):
    visitor.click("Sketch plane (T)")
    visitor.click("Points (D)")
    visitor.wait_for(lambda: visitor.is_on("points"), "the points")
    visitor.page.wait_for_timeout(700)
    box, undoable = visitor.box("Sketch"), visitor.value("undoable")
    x, y = rightmost_yellow(visitor)
    swipe(visitor, fingers, (box["x"] + x + BESIDE_PIXELS, box["y"] + y), (PULL_PIXELS, 0))
    visitor.wait_for(lambda: visitor.value("undoable") != undoable, "the step")
    there = lambda: rightmost_yellow(visitor)[0]  # noqa: E731
    visitor.wait_for(lambda: abs(there() - x - PULL_PIXELS) < NEAR_PIXELS, "the point under the finger")
    assert visitor.value("off_plane_mm") == 0
    visitor.click("Undo (Z)")
    visitor.wait_for(lambda: visitor.value("undoable") == undoable, "one step")
    swipe(visitor, fingers, inside(box, 0.2, 0.8), (0, -PULL_PIXELS))
    visitor.wait_for(lambda: visitor.value("off_plane_mm") != 0, "the scroll")
    assert visitor.value("undoable") == undoable
    visitor.click("Sketch plane (T)")


def test_a_finger_near_a_handle_of_the_box_pulls_it(visitor, fingers):
    visitor.page.keyboard.press("Escape")
    visitor.page.wait_for_timeout(300)
    box, diameter, marks = visitor.box("Red"), visitor.value("diameter_mm"), visitor.value("marks")["Red"]
    handle = 0.5 + diameter / mm_across(visitor, "Red")
    x, y = inside(box, handle, 0.5)
    swipe(visitor, fingers, (x + BESIDE_PIXELS, y), (PULL_PIXELS, 0))
    visitor.wait_for(lambda: visitor.value("diameter_mm") > diameter + 1, "the pull")
    assert visitor.value("marks")["Red"]["slice"] == marks["slice"]


def swipe(visitor: Visitor, fingers: Fingers, start: tuple[float, float], by: tuple[float, float]) -> None:
    fingers.touch("touchStart", start)
    for share in np.linspace(0, 1, 9)[1:]:
        fingers.touch("touchMove", tuple(np.array(start) + share * np.array(by)))
        visitor.page.wait_for_timeout(30)
    fingers.touch("touchEnd")


def rightmost_yellow(visitor: Visitor) -> tuple[float, float]:
    """Where in the sketch view the drawn outline reaches furthest to the right."""
    seen = np.asarray(Image.open(io.BytesIO(visitor.picture("Sketch"))).convert("RGB"), int)
    rows, columns = np.nonzero((seen[..., 0] > 200) & (seen[..., 2] < 90))
    last = columns > columns.max() - 3
    return float(columns[last].mean()), float(rows[last].mean())


def test_the_pen_is_laid_down_without_a_key(visitor):
    visitor.page.keyboard.press("n")
    down = visitor.page.locator(".view.sketch .lay-down")  # There is no Esc under a finger.
    down.tap()
    visitor.wait_for(lambda: not visitor.is_on("draw_nodule") and not down.is_visible(), "no pen")


@pytest.mark.parametrize("height", [TOUCH[1], 620, 540])
def test_with_anything_in_the_hand_no_mark_stands_over_another(visitor, height):
    visitor.page.set_viewport_size({"width": TOUCH[0], "height": height})
    red = visitor.box("Red")
    visitor.page.mouse.move(red["x"] + 0.5 * red["width"], red["y"] + 0.6 * red["height"])
    visitor.wait_for(lambda: visitor.page.locator(".view.red .probe").count(), "the HU under the pointer")
    for words, tool in (("Place (P)", "place"), ("Measure (M)", "measure"), ("Real nodule (L)", "find")):
        visitor.click(words)
        visitor.wait_for(lambda tool=tool: visitor.is_on(tool), words)
        visitor.wait_for(lambda: visitor.page.locator(".view.yellow .lay-down").is_visible(), "what lays it down")
        assert not visitor.page.evaluate(OVER)
        for view in ("sketch", "red", "green", "yellow"):
            assert visitor.page.locator(f".view.{view} .view-name").is_visible()
    visitor.page.keyboard.press("Escape")
    visitor.page.set_viewport_size({"width": TOUCH[0], "height": TOUCH[1]})


def under(visitor: Visitor, view: str, at: np.ndarray, half: float) -> np.ndarray:
    """The greys of a view about a point of the page, up to `half` pixels from it, on HALF_PIXELS rows and columns."""
    box = visitor.box(view)
    x, y = at - (box["x"], box["y"])
    picture = Image.open(io.BytesIO(visitor.picture(view))).convert("L")
    sides = (HALF_PIXELS, HALF_PIXELS)
    return np.asarray(picture.resize(sides, box=(x - half, y - half, x + half, y + half)), float)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two pictures, 1 for the same."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
