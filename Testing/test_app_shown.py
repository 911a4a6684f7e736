"""What the drawing page's views show, and that it is what is said of it: before and after, alone, one place in all."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pytest
from browser import CHROMIUM, Visitor
from PIL import Image

from SketchNoduleSynthLib.mrml.editor_views import NEAR_MM

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
VIEWS = ("Sketch", "Red", "Green", "Yellow")
LUNG, A_NODULE = 105, 40
"""Its grey, at most, and what a nodule adds to it in the middle of a view, at least."""

GRAB_PIXELS = 4
"""Beside a handle, of the page's pixels."""


@pytest.fixture
def inserted(visitor: Visitor) -> Visitor:
    """The visitor with a nodule, at which all views look."""
    visitor.place()
    visitor.draw()
    visitor.wait_until_made()
    visitor.insert()
    return visitor


def middles(visitor: Visitor) -> np.ndarray:
    """The mean grey about the middle of each view."""
    greys = []
    for view in VIEWS:
        seen = np.asarray(Image.open(io.BytesIO(visitor.picture(view))).convert("L"), float)
        row, column = np.array(seen.shape) // 2
        greys.append(seen[row - 8 : row + 9, column - 8 : column + 9].mean())
    return np.array(greys)


def test_with_outlines_off_every_view_shows_what_the_ct_is(inserted):
    inserted.page.keyboard.press("h")
    inserted.wait_for(lambda: not inserted.is_on("outlines"), "no outlines")
    inserted.page.mouse.move(5, 5)
    inserted.page.wait_for_timeout(500)
    there = middles(inserted)
    acts = [*(partial(inserted.page.keyboard.press, key) for key in "bb")]
    acts += [partial(inserted.click, words) for words in ("Hide 1", "Show 1")]
    for act, is_there in zip(acts, (False, True) * 2, strict=True):
        act()
        for view in range(len(VIEWS)):
            inserted.wait_for(
                lambda view=view, is_there=is_there: (middles(inserted)[view] > there[view] - A_NODULE) == is_there,
                f"{VIEWS[view]} {'with' if is_there else 'without'} the nodule after {act}",
            )


def test_a_pen_and_the_plane_bring_the_sketch_view_back_where_another_one_is_alone(visitor):
    def show_red_alone() -> None:
        visitor.page.mouse.dblclick(visitor.box("Red")["x"] + 40, visitor.box("Red")["y"] + 60)
        visitor.wait_for(lambda: visitor.value("enlarged") == "Red" and not is_sketch_seen(), "the axial view alone")

    def is_sketch_seen() -> bool:
        box = visitor.box("Sketch")
        at = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        return visitor.page.evaluate(
            "([x, y]) => !!document.elementFromPoint(x, y)?.closest('.view.sketch')",
            at,
        )

    show_red_alone()
    visitor.page.keyboard.press("p")
    visitor.wait_for(lambda: visitor.is_on("place"), "the tool")
    assert not is_sketch_seen(), "it is clicked in any view"
    visitor.place()
    visitor.wait_for(is_sketch_seen, "the sketch view, to draw in")
    visitor.draw()
    for words in ("Eraser (E)", "Points (D)", "Nodule (N)"):
        show_red_alone()
        visitor.click(words)
        visitor.wait_for(is_sketch_seen, f"the sketch view for {words}")
    for act in (partial(visitor.page.keyboard.press, "n"), partial(visitor.click, "Sketch plane (T)")):
        show_red_alone()
        act()
        visitor.wait_for(is_sketch_seen, "the sketch view")
        visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the pen")
    show_red_alone()
    visitor.page.keyboard.press("m")
    visitor.wait_for(lambda: visitor.is_on("measure"), "what is drawn in any view")
    assert not is_sketch_seen()
    visitor.page.keyboard.press("Escape")
    visitor.page.keyboard.press("t")
    visitor.wait_for(is_sketch_seen, "the sketch view")


def are_seen(visitor: Visitor, are_bright: bool = True, views: tuple[str, ...] = VIEWS) -> None:
    """Until a nodule, or the lung without it, is in the middle of all these views."""
    for view in views:
        number = VIEWS.index(view)
        visitor.wait_for(
            lambda number=number: (middles(visitor)[number] > A_NODULE + LUNG) == are_bright,
            f"{'a nodule' if are_bright else 'lung'} in the middle of {view}",
        )


def test_the_views_go_to_the_nodule_and_not_to_the_middle_of_its_box(visitor):
    visitor.place()
    visitor.draw(radius=0.1, at=(0.72, 0.6))
    visitor.wait_until_made()
    beside = VIEWS[1:]
    are_seen(visitor, False, beside)
    visitor.insert()
    are_seen(visitor, True, beside)
    for view in beside:
        box = visitor.box(view)
        visitor.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(12):
            visitor.page.mouse.wheel(0, -120)
            visitor.page.wait_for_timeout(20)
    are_seen(visitor, False, beside)
    visitor.page.locator("tbody tr").first.click()
    are_seen(visitor, True, beside)
    row = visitor.value("nodules")[0]
    assert row["place"].endswith(f"slice {visitor.value('marks')['Red']['slice']}")


def test_all_views_are_at_the_chosen_nodule_and_the_panel_says_which_it_has(inserted):
    inserted.place(at=(0.68, 0.6))
    inserted.draw()
    inserted.wait_until_made()
    inserted.insert()
    are_seen(inserted)
    inserted.page.locator("tbody tr").first.click()
    inserted.wait_until_told("The views are at nodule 1; the panel has nodule 2.")
    cells = inserted.page.locator("tbody td:first-child")
    assert [cell.split() for cell in cells.all_inner_texts()] == [["1"], ["2", "✎"]]
    are_seen(inserted)
    inserted.page.mouse.move(5, 5)
    inserted.click("Remove 1")
    inserted.wait_for(lambda: len(inserted.value("nodules")) == 1, "its end")
    inserted.page.wait_for_timeout(500)
    are_seen(inserted, False)
    assert not inserted.is_enabled("remove"), "what is not looked at is not taken by mistake"
    assert "Update nodule 2" in inserted.value("words")["insert"]
    inserted.page.keyboard.press("n")
    are_seen(inserted)
    inserted.page.keyboard.press("Escape")
    inserted.page.locator("tbody tr").first.click()
    inserted.wait_for(lambda: inserted.is_enabled("remove"), "the row")


def test_what_lies_over_the_ct_is_as_large_on_a_finer_screen(browser, server, ct):
    """In the page's pixels: the dots, and how near to a handle a grab must be."""
    dots = []
    for scale in (1, 2):
        someone = Visitor(browser, server, device_scale_factor=scale)
        someone.wait_for_ct()
        someone.send("Open a CT", ct)
        someone.wait_for(lambda someone=someone: not someone.value("undoable"), "a fresh case")
        someone.place()
        someone.page.wait_for_timeout(1000)
        dots.append(teal(someone, "Sketch"))
        before = someone.value("diameter_mm")
        box = someone.box("Red")
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        pixels_a_mm = min(box["width"], box["height"]) / NEAR_MM
        someone.page.keyboard.press("Escape")
        x = middle[0] + before * pixels_a_mm + GRAB_PIXELS
        someone.page.mouse.move(x, middle[1])
        someone.page.wait_for_timeout(300)
        someone.page.mouse.down()
        for step in range(1, 5):
            someone.page.mouse.move(x + 5 * step, middle[1])
            someone.page.wait_for_timeout(60)
        someone.page.mouse.up()
        someone.wait_for(lambda someone=someone, before=before: someone.value("diameter_mm") > before, "the pull")
        someone.close()
    assert dots[1] == pytest.approx(dots[0], rel=0.2)


def teal(visitor: Visitor, view: str) -> float:
    """The share of a view's pixels that the dots take."""
    seen = np.asarray(Image.open(io.BytesIO(visitor.picture(view))).convert("RGB"), int)
    return float(((seen[..., 1] - seen[..., 0] > 60) & (seen[..., 2] - seen[..., 0] > 60)).mean())
