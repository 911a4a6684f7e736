"""The drawing page under mouse, keys and fingers, as every viewer is used."""

from __future__ import annotations

import io

import numpy as np
import pytest
from app_fixtures import changes, middle, mm_across
from browser import CHROMIUM, ROUND
from PIL import Image

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
BESIDE = ("Red", "Green", "Yellow")


@pytest.mark.parametrize("tool", ["", "n"])
def test_a_drag_beside_the_pen_changes_window_and_level(hand, tool):
    if tool:
        hand.page.keyboard.press(tool)
    changes(hand, "Green", lambda: hand.drag("Red", [(0.1, 0.1), (0.3, 0.15), (0.5, 0.2)]))


@pytest.mark.parametrize("tool", ["", "n", "p"])
def test_the_sketch_view_is_zoomed_and_shifted_with_any_tool_and_there_is_a_way_back(hand, tool):
    if tool:
        hand.page.keyboard.press(tool)
    whole, mouse = mm_across(hand, "Sketch"), hand.page.mouse
    mouse.move(*middle(hand, "Sketch"))
    hand.page.keyboard.down("Control")
    mouse.wheel(0, -120)
    hand.page.keyboard.up("Control")
    hand.wait_for(lambda: mm_across(hand, "Sketch") < 0.9 * whole, "the zoom")

    def shift() -> None:
        mouse.down(button="middle")
        mouse.move(middle(hand, "Sketch")[0] + 60, middle(hand, "Sketch")[1])
        mouse.up(button="middle")

    changes(hand, "Sketch", shift)
    hand.page.keyboard.press("Escape")
    hand.page.keyboard.press("f")
    hand.wait_for(lambda: mm_across(hand, "Sketch") == pytest.approx(whole, rel=1e-3), "the way back")


def test_arrows_and_page_keys_scroll_the_view_under_the_pointer(hand):
    hand.page.mouse.move(*middle(hand, "Green"))
    slices = lambda: hand.value("marks")["Green"]["slice"]  # noqa: E731
    for key, steps in (("ArrowUp", 1), ("PageUp", 10), ("ArrowLeft", -1), ("PageDown", -10)):
        before = slices()
        hand.page.keyboard.press(key)
        hand.wait_for(lambda before=before, steps=steps: abs(slices() - before) == abs(steps), key)


def test_a_click_right_after_a_key_counts(hand):
    before = hand.value("undoable"), hand.value("diameter_mm")
    hand.page.keyboard.press("p")
    hand.drag("Red", [(0.62, 0.5)])
    hand.wait_for(lambda: hand.is_on("draw_nodule"), before)


def test_the_button_of_the_pen_in_the_hand_leaves_it_there(hand):
    page, lines = hand.page, lambda: hand.value("undoable")
    hand.place()
    hand.click("Nodule (N)")
    hand.draw()
    assert hand.is_on("draw_nodule")
    hand.insert()
    hand.click("Edit")
    hand.wait_for(lambda: hand.is_on("draw_nodule"), "the pen to edit with")
    hand.click("Nodule (N)")
    before = lines()
    hand.draw(radius=0.15)
    hand.wait_for(lambda: lines() != before, "the line")
    hand.click("Measure (M)")
    hand.wait_for(lambda: hand.is_on("measure"), "the tool")
    hand.click("Measure (M)")
    page.wait_for_timeout(300)
    assert hand.is_on("measure") and "Esc lays it down" in hand.button("Measure (M)").get_attribute("title")
    page.keyboard.press("Escape")
    hand.wait_for(lambda: not hand.is_on("measure"), "Esc")


def test_undo_and_redo_wherever_the_focus_is_and_pens_after_a_number(hand):
    page, field = hand.page, hand.page.get_by_label("Long diameter:").last
    field.fill("18")
    page.keyboard.press("v")
    hand.wait_for(lambda: hand.is_on("draw_vessel") and hand.value("diameter_mm") == 18, "the number and the pen")
    page.keyboard.press("v")
    page.wait_for_timeout(300)
    assert hand.is_on("draw_vessel"), "its key leaves the pen in the hand"
    field.click()
    page.keyboard.press("Control+z")
    hand.wait_for(lambda: hand.value("diameter_mm") != 18, "undo")
    page.keyboard.press("Control+Shift+Z")
    hand.wait_for(lambda: hand.value("diameter_mm") == 18, "redo")
    hand.click("Card")
    hand.wait_for(lambda: page.locator(".card").is_visible(), "the card")
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    hand.wait_for(lambda: not page.locator(".card").is_visible(), "its end")
    assert hand.is_on("draw_vessel"), "a dialog's end leaves the pen in the hand"


def test_what_cannot_be_used_is_told_at_the_pen(hand):
    hand.page.keyboard.press("n")
    bubble, view = hand.page.locator(".told"), hand.box("Sketch")
    for at in ((0.5, 0.5), (0.01, 0.93), (0.99, 0.93)):
        hand.drag("Sketch", [at, (at[0] + 0.001, at[1])])
        hand.wait_for(bubble.is_visible, "the sentence")
        assert "too short" in bubble.inner_text()
        box = bubble.bounding_box()
        for start, length in (("x", "width"), ("y", "height")):
            assert view[start] <= box[start] <= view[start] + view[length] - box[length], "all of it can be read"
        middle, quarter = view["y"] + view["height"] / 2, min(view["width"], view["height"]) / 4
        assert box["y"] > middle + quarter or box["y"] + box["height"] < middle - quarter, "beside what is drawn"


def test_double_click_shows_one_view_alone_and_all_again(hand):
    small, slices = hand.box("Red")["width"], lambda: [hand.value("marks")[view]["slice"] for view in BESIDE]
    before = slices()
    for is_wide in (True, False):
        hand.page.mouse.dblclick(*middle(hand, "Red"), delay=60)
        hand.wait_for(lambda is_wide=is_wide: (hand.box("Red")["width"] > 1.5 * small) == is_wide, "the double click")
        hand.page.wait_for_timeout(400)
        assert slices() == before, "the layout changes, and nothing else"


def test_a_click_is_done_before_the_key_that_follows_at_once(hand):
    green, at = (lambda: hand.value("marks")["Green"]["slice"]), middle(hand, "Red")
    before = green()
    hand.page.mouse.click(*at)
    hand.wait_for(lambda: green() != before, "the click")
    there = green()
    hand.page.mouse.move(*middle(hand, "Green"))
    hand.page.keyboard.press("PageUp")
    hand.wait_for(lambda: green() != there, "the key")
    hand.page.mouse.click(at[0] + 20, at[1])
    hand.page.mouse.move(*middle(hand, "Green"))
    hand.page.keyboard.press("ArrowUp")
    hand.page.wait_for_timeout(500)
    assert abs(green() - there) == 1


def test_windows_by_key_stand_in_the_corner(hand):
    for key, window in (("2", [40, 400]), ("3", [400, 1800]), ("1", [-600, 1600])):
        hand.page.keyboard.press(key)
        hand.wait_for(lambda window=window: hand.value("window") == window, key)
    corner = hand.page.locator(".view.red .corner.window")
    hand.wait_for(lambda: "−600 / 1600 HU" in corner.inner_text(), "the window in the corner")


def test_a_slab_is_shown_in_the_other_views_only(hand):
    changes(hand, "Red", lambda: hand.page.keyboard.press("k"))
    corner = hand.page.locator(".view.red .corner.slice")
    for words in ("MIP 5 mm", "MIP 10 mm", "MIP 20 mm"):
        hand.wait_for(lambda words=words: words in corner.inner_text(), words)
        assert hand.value("marks")["Sketch"]["slab_mm"] == 0
        hand.page.keyboard.press("k")
    hand.wait_for(lambda: "MIP" not in corner.inner_text(), "slices again")


def test_a_line_is_measured_and_taken_away(hand):
    hand.page.keyboard.press("m")
    hand.wait_for(lambda: hand.is_on("measure"), "the tool")
    changes(hand, "Green", lambda: hand.drag("Green", [(0.3, 0.3), (0.5, 0.5), (0.6, 0.3)]))
    hand.wait_for(lambda: hand.is_enabled("remove_measurement"), "the line")
    hand.drag("Green", [(0.3, 0.3), (0.301, 0.3)])
    hand.wait_for(lambda: "from one end to the other" in hand.status(), "the sentence")
    hand.page.keyboard.press("Delete")
    hand.wait_for(lambda: not hand.is_enabled("remove_measurement"), "its end")


def test_off_the_plane_is_told_and_the_pen_brings_it_back_with_its_zoom(hand):
    mouse, off = hand.page.mouse, lambda: hand.value("off_plane_mm")
    mouse.move(*middle(hand, "Sketch"))
    whole = mm_across(hand, "Sketch")
    hand.page.keyboard.down("Control")
    mouse.wheel(0, -120)
    hand.page.keyboard.up("Control")
    hand.wait_for(lambda: mm_across(hand, "Sketch") < whole, "the zoom")
    hand.page.wait_for_timeout(100)
    zoomed = mm_across(hand, "Sketch")
    mouse.wheel(0, -120)
    hand.wait_for(lambda: off() > 0, "the wheel")
    banner = hand.page.locator(".view.sketch .banner")
    hand.wait_for(lambda: banner.is_visible() and "Above the sketch plane" in banner.inner_text(), "the banner")
    hand.page.keyboard.press("n")
    hand.wait_for(lambda: off() == 0, "the plane")
    assert mm_across(hand, "Sketch") == zoomed


def test_after_the_wheel_a_line_is_drawn_where_it_is_seen_and_one_key_goes_back_too(hand):
    mouse, path = hand.page.mouse, [(0.4 + 0.08 * x, 0.55 + 0.08 * y) for x, y in ROUND]

    def wheel() -> None:
        mouse.move(*middle(hand, "Sketch"))
        mouse.wheel(0, -120)
        hand.wait_for(lambda: hand.value("off_plane_mm") > 0, "the wheel")

    def is_on_line() -> bool:
        seen = np.asarray(Image.open(io.BytesIO(hand.picture("Sketch"))).convert("RGB"), int)
        at = np.array(path) * (seen.shape[1], seen.shape[0])
        red = [seen[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4] for x, y in at]
        return float(np.mean([(one[..., 0] - one[..., 1] > 90).any() for one in red])) > 0.95

    hand.page.keyboard.press("v")
    hand.wait_for(lambda: hand.is_on("draw_vessel"), "the pen")
    wheel()
    assert not is_on_line()
    hand.drag("Sketch", path)
    hand.wait_for(lambda: hand.value("off_plane_mm") == 0, "the plane, by the pen's first touch")
    hand.wait_for(is_on_line, "the line where it was drawn")
    wheel()
    hand.wait_for(lambda: not is_on_line(), "another plane, without the line")
    hand.page.keyboard.press("t")
    hand.wait_for(lambda: hand.value("off_plane_mm") == 0 and is_on_line(), "the plane, by its key")
