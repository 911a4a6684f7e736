"""What the drawing page's views show, and that it is what is said of it: before and after, alone, one place in all."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
import pytest
from browser import CHROMIUM, Visitor
from PIL import Image

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
VIEWS = ("Sketch", "Red", "Green", "Yellow")
A_NODULE = 40
"""The grey that it adds to the middle of a view, at least."""


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
        visitor.wait_for(lambda: not visitor.is_on("draw_nodule"), "a pen that is out of reach")
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
