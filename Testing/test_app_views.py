"""The drawing page beside the drawing: its views with sides, scale and HU, its words, other tabs, what it sends."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from app_fixtures import changes, mm_across
from browser import CHROMIUM, Visitor, app, panel_words
from PIL import Image

from SketchNoduleSynthLib.mrml.viewing_actions import VIEWING

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
HERE = (0.5, 0.5)
"""In the views as they are after the first click: the same place again."""


@pytest.fixture(scope="module")
def visitor(browser, server):
    """At the phantom, for all tests: what one leaves the next one finds."""
    someone = Visitor(browser, server)
    someone.wait_for_ct()
    yield someone
    assert not someone.errors


@pytest.fixture
def hand(visitor):
    """The visitor with the VOI placed, without a tool, at the sketch plane."""
    visitor.place()
    visitor.lay_down()
    return visitor


def test_a_place_outside_of_the_lung_is_told_and_taken(visitor):
    visitor.place(at=(0.5, 0.5))
    visitor.wait_until_told("There is no lung here (")
    visitor.place()
    visitor.wait_until_told("Draw the nodule's outline")
    visitor.place(at=(0.5, 0.5))
    visitor.draw()
    visitor.wait_for(lambda: "no lung" not in visitor.status(), "its end")
    visitor.wait_for(lambda: visitor.is_enabled("insert"), "what is drawn all the same")


def test_sides_and_scale_stand_in_every_slice_view(visitor):
    def said(view: str) -> dict[str, str]:
        marks = visitor.page.locator(f".view.{view} .marks")
        return {edge: marks.locator(f".{edge}").inner_text() for edge in ("top", "right", "bottom", "left")}

    visitor.place()
    axial = {"top": "A", "right": "L", "bottom": "P", "left": "R"}
    coronal, sagittal = axial | {"top": "S", "bottom": "I"}, {"top": "S", "right": "P", "bottom": "I", "left": "A"}
    for view, sides in (("sketch", axial), ("red", axial), ("green", coronal), ("yellow", sagittal)):
        visitor.wait_for(lambda view=view, sides=sides: said(view) == sides, f"the sides of {view}")
    for diameter, length in ((12.0, "5 mm"), (24.0, "10 mm")):
        visitor.page.get_by_label("Long diameter:").last.fill(str(diameter))
        visitor.page.keyboard.press("Tab")
        ruler = visitor.page.locator(".view.sketch .ruler")
        visitor.wait_for(lambda ruler=ruler, length=length: ruler.inner_text() == length, "the ruler")
        visitor.wait_for(lambda diameter=diameter: visitor.value("diameter_mm") == diameter, "the diameter")
        box = visitor.box("Sketch")
        pixels_a_mm = min(box["width"], box["height"]) / (2 * diameter)
        expected = float(length.split()[0]) * pixels_a_mm
        assert ruler.bounding_box()["width"] == pytest.approx(expected, abs=1.5)


def test_the_long_diameter_is_dotted_around_the_centre(visitor):
    visitor.place()
    visitor.page.wait_for_timeout(500)
    seen = np.asarray(Image.open(io.BytesIO(visitor.picture("Sketch"))).convert("RGB"), int)
    rows, columns = np.nonzero((seen[..., 1] - seen[..., 0] > 60) & (seen[..., 2] - seen[..., 0] > 60))
    height, width = seen.shape[:2]
    radii = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    assert len(radii) > 100 and np.allclose(radii, min(width, height) / 4, atol=4)


def test_a_click_links_the_views_and_the_hu_under_the_pointer_are_told(hand):
    before = hand.value("marks")["Yellow"]["slice"], hand.value("marks")["Sketch"]["slice"]
    changes(hand, "Yellow", lambda: hand.drag("Red", [(0.2, 0.4)]))
    hand.wait_for(lambda: hand.value("marks")["Yellow"]["slice"] != before[0], "the slice through the point")
    assert hand.value("marks")["Sketch"]["slice"] == before[1], "the sketch view stays on its plane"
    box = hand.box("Red")
    for at, low, high in (((0.5, 0.5), -1000, -700), ((0.03, 0.5), -1100, 200)):
        hand.page.mouse.move(box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"])
        hand.wait_for(lambda low=low, high=high: low < (hand.value("probe")["hu"] or 0) < high, "HU")
    changes(hand, "Red", lambda: hand.page.keyboard.press("Escape"))


def test_near_and_whole_and_the_line_of_the_sketch_plane(hand):
    near = mm_across(hand, "Green")
    hand.page.keyboard.press("f")
    hand.wait_for(lambda: mm_across(hand, "Green") > 1.3 * near, "the whole CT")
    hand.page.keyboard.press("f")
    hand.wait_for(lambda: mm_across(hand, "Green") == pytest.approx(near), "near the box")
    box = hand.box("Green")
    pixels = np.asarray(Image.open(io.BytesIO(hand.picture("Green"))).convert("RGB"), int)
    teal = (pixels[..., 1] - pixels[..., 0] > 60) & (pixels[..., 2] - pixels[..., 0] > 60)
    assert teal.sum(1).max() > 0.15 * box["width"], "a line across the box"


def test_a_line_and_its_preview_are_rendered_in_the_sketch_view_alone(visitor):
    visitor.place()
    visitor.page.wait_for_timeout(500)
    visitor.page.evaluate(
        "() => { window.rendered = {}; for (const view of ['sketch', 'red', 'green', 'yellow'])"
        " document.querySelector(`.view.${view} img`).addEventListener('load',"
        " () => (window.rendered[view] = (window.rendered[view] ?? 0) + 1)); }"
    )
    visitor.draw()
    visitor.wait_until_made()
    visitor.page.wait_for_timeout(500)
    assert list(visitor.page.evaluate("() => window.rendered")) == ["sketch"]
    visitor.page.keyboard.press("Control+z")
    visitor.wait_for(lambda: not visitor.is_enabled("insert"), "undo")
    visitor.place(at=(0.55, 0.5))
    visitor.wait_for(lambda: len(visitor.page.evaluate("() => window.rendered")) == 4, "the other views, of the box")


def test_slices_are_scrolled_with_and_without_the_pen(visitor):
    def scroll(view: str) -> None:
        before, box = visitor.picture(view), visitor.box(view)
        visitor.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
        for _ in range(5):
            visitor.page.mouse.wheel(0, -120)
            visitor.page.wait_for_timeout(60)
        visitor.wait_for(lambda: visitor.picture(view) != before, "another slice")

    scroll("Green")
    visitor.click("Place (P)")
    visitor.wait_for(lambda: visitor.is_on("place"), "the tool")
    scroll("Red")


def test_the_card_is_one_click_away(visitor):
    visitor.click("Card")
    visitor.wait_for(lambda: visitor.page.locator(".card h1").first.is_visible(), "the card")
    assert not visitor.page.locator(".card table").first.is_visible(), "the engineer's figures are folded"
    said = visitor.page.locator(".card").first.inner_text()
    asked = ("What it makes well", "What it makes badly", "What it learnt from", "Network and training")
    assert sorted(asked, key=said.find) == list(asked) and all(words in said for words in asked)
    assert not re.search(r"KID|Dice|U-Net|loss|\bsteps?\b", said), "in plain words"
    visitor.page.locator(".card summary").first.click()
    visitor.wait_for(lambda: visitor.page.locator(".card table").first.is_visible(), "the figures")
    visitor.click("Close")
    visitor.wait_for(lambda: not visitor.page.locator(".card").is_visible(), "its end")


def test_a_page_that_is_loaded_again_shows_the_case_as_it_was(visitor):
    visitor.place(at=HERE)
    visitor.draw()
    visitor.page.reload()
    visitor.wait_for_ct()
    visitor.wait_for(lambda: visitor.is_enabled("clear") and visitor.page.locator(".panel").is_visible(), "the case")


def test_a_second_tab_is_told_and_the_first_can_take_the_app_back(browser, server, visitor):
    visitor.place(at=HERE)
    second = Visitor(browser, server)
    second.wait_for_ct()
    visitor.wait_for(lambda: visitor.page.get_by_text("in use in another tab").is_visible(), "the notice")
    second.wait_for(lambda: second.is_enabled("diameter_mm"), "the same case")
    visitor.page.keyboard.press("v")
    visitor.page.wait_for_timeout(300)
    assert second.is_on("draw_nodule"), "a key in the tab that is not in use"
    visitor.click("Use it here")
    visitor.wait_for(lambda: visitor.page.locator(".panel").is_visible(), "the panel again")
    second.wait_for(lambda: second.page.get_by_text("in use in another tab").is_visible(), "the notice there")
    visitor.wait_for_ct()
    second.close()


def test_the_page_has_the_panels_words_in_its_order(visitor):
    """But for what only one of the two has: Slicer's volumes and packages there, downloads here."""
    elsewhere = {"Install", "Install the missing packages into Slicer's Python", "Install from a folder…"}
    elsewhere |= {
        "Cancel",
        "CT:",
        "Sample CT",
        "Save the result…",
        "Training case…",
        "CT",
        "Card",
        "Threshold:",
        "Use these lines",
        *("Take it up again", "Delete it"),
    }
    elsewhere |= {"Read a case…", "Real or synthetic?…", "Save the result…", "Training case…", "Straighten it"}
    elsewhere |= {action.text() for action in VIEWING}
    visitor.read_words([text for text in panel_words() if text not in elsewhere])
    toolbar = visitor.page.locator(".toolbar").inner_text().split("\n")
    assert [words for words in toolbar if words] == [action.text() for action in VIEWING]


def test_no_request_leaves_the_machine(visitor):
    visitor.place(at=HERE)
    visitor.draw()
    outside = [url for url in visitor.requests if not url.startswith((visitor.server.root, "data:", "blob:"))]
    assert visitor.requests and not outside


def test_nothing_is_complained_of_even_if_a_page_is_left_in_the_middle(browser, ct):
    """Standard error is for the user: VTK's warnings and the framework's stumbles are not."""
    with app(ct) as server:
        for _ in range(2):
            someone = Visitor(browser, server)
            someone.wait_for_ct()
            box = someone.box("Green")
            someone.page.mouse.move(box["x"] + 50, box["y"] + 50)
            for _ in range(20):
                someone.page.mouse.wheel(0, -120)
            someone.close()
        someone = Visitor(browser, server)
        someone.wait_for_ct()
        someone.place()
        someone.close()
        assert server.said() == ""


def test_what_the_server_refuses_is_told_in_full_and_a_closed_line_is_no_error(visitor):
    for code in (-32099, -32001):
        visitor.page.evaluate("code => { Promise.reject({ code, message: 'no', data: [1] }); }", code)
    visitor.wait_for(lambda: visitor.errors, "the sentence")
    assert visitor.errors == ["The server refused a call: no [1]"]
    visitor.errors.clear()
