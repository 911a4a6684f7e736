"""The variants in the drawing page stand in a strip of their own, and leave all else within the window."""

from __future__ import annotations

import pytest
from app_fixtures import begin_anew, insert_in_one_box
from browser import CHROMIUM, DESKTOP, TOUCH, Visitor

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
COUNT = 3
BEYOND = """() => [...document.querySelectorAll('.below :is(.table, .v-btn, .upload, select, input)')]
    .filter((e) => e.offsetHeight).filter((e) => { const box = e.getBoundingClientRect();
        return box.right > innerWidth || box.bottom > innerHeight; }).map((e) => e.innerText || e.tagName)"""
SIDE_PIXELS = 110
"""Of a variant's picture, at least."""


@pytest.mark.parametrize(("size", "options"), [(DESKTOP, {}), (TOUCH, {"has_touch": True, "is_mobile": True})])
def test_with_variants_and_three_rows_all_buttons_are_within_the_window(browser, server, ct, size, options):
    visitor = Visitor(browser, server, size, **options)
    begin_anew(visitor, ct)
    insert_in_one_box(visitor, COUNT)
    assert not visitor.page.evaluate(BEYOND)
    visitor.click("Variants")
    strip = visitor.page.locator(".below .gallery")
    strip.wait_for()
    assert not visitor.page.evaluate(BEYOND)
    assert visitor.page.locator(".below").evaluate("e => e.scrollHeight <= e.clientHeight"), "nothing is scrolled"
    pictures = [picture.bounding_box() for picture in strip.locator("img").all()]
    assert len({box["y"] for box in pictures}) == 1, "one row"
    assert min(box["width"] for box in pictures) >= SIDE_PIXELS
    last = strip.locator("button").last
    last.click()
    visitor.wait_for(lambda: "chosen" in (last.get_attribute("class") or ""), "the choice")
    assert not visitor.errors
    visitor.close()
