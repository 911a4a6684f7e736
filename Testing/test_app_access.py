"""The drawing page for those who see it badly or not at all: no serious finding of axe-core, and fingers hit it."""

from __future__ import annotations

import pytest
from accessibility import serious_findings
from browser import CHROMIUM, DESKTOP, TABLET, TOUCH, Visitor, at_the_phantom

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
LEAST_PIXELS = 44
ORDER = ("Open a CT", "Place (P)", "Nodule (N)", "Suggest", "Card", "Lung window", "Add at random", "Label map")
KEPT = "What you made here until 28 September, 22:58 is kept: 10 nodules. Take it up again?"
NEEDED = ("Place (P)", "Nodule (N)", "Undo (Z)", "Variants", "Insert (I)", "Add at random")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The app with the phantom, and a browser."""
    with at_the_phantom(tmp_path_factory.mktemp("ct")) as both:
        yield both


def test_axe_finds_nothing_serious_on_the_page_and_in_the_card(place):
    visitor = Visitor(*place)
    visitor.wait_for_ct()
    visitor.place()
    visitor.draw()
    visitor.insert()
    visitor.wait_for(lambda: not visitor.value("is_busy"), "quiet")
    assert not serious_findings(visitor.page)
    visitor.click("Card")
    visitor.wait_for(lambda: visitor.page.locator(".card").is_visible(), "the card")
    visitor.page.wait_for_timeout(500)
    assert not serious_findings(visitor.page)
    visitor.click("Close")
    visitor.close()


def test_the_tab_key_goes_through_the_page_as_one_reads_it(place):
    visitor = Visitor(*place)
    visitor.wait_for_ct()
    visitor.place()
    visitor.page.reload()
    visitor.wait_for_ct()
    seen, here = (
        [],
        """() => {
        const e = document.activeElement, box = e.getBoundingClientRect();
        return [Math.round(box.x), Math.round(box.y), e.innerText || e.ariaLabel || e.tagName, box.height > 0];
    }""",
    )
    visitor.page.locator("body").focus()
    for _ in range(80):
        visitor.page.keyboard.press("Tab")
        at = visitor.page.evaluate(here)
        if at in seen or at[2] == "BODY":
            break
        seen.append(at)
    assert len(seen) > 15 and all(is_visible for *_, is_visible in seen)
    order = [next((k for k, (*_, words, _seen) in enumerate(seen) if text in words), -1) for text in ORDER]
    assert -1 not in order and order == sorted(order), dict(zip(ORDER, order, strict=True))
    visitor.close()


@pytest.mark.parametrize(("size", "options"), [(DESKTOP, {}), (TOUCH, {"has_touch": True, "is_mobile": True})])
def test_all_that_is_needed_is_seen_and_nothing_lies_to_the_side(place, size, options):
    visitor = Visitor(*place, size, **options)
    visitor.wait_for_ct()
    current = visitor.page.locator("summary[aria-current=step]")
    for words in NEEDED:
        words = words.replace("Insert (I)", visitor.value("words")["insert"])
        box = visitor.button(words).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0], words
        if not options:
            assert box["y"] + box["height"] <= size[1], f"{words} has to be scrolled to"
    if not options:
        assert visitor.page.locator(".panel").evaluate("e => e.scrollHeight <= e.clientHeight"), "nothing is scrolled"
        visitor.page.evaluate("trame.state.update({task: 'Insert nodule 1: network'})")
        visitor.page.locator(".status").get_by_text("Cancel").wait_for()
        assert visitor.page.locator(".panel").evaluate("e => e.scrollHeight <= e.clientHeight"), "nor while it is made"
        visitor.page.evaluate("trame.state.update({task: '', enabled: {...trame.state.get('enabled'), take_up: true}})")
        visitor.page.evaluate("sentence => trame.state.update({status: sentence})", KEPT)
        visitor.button("Delete it").wait_for()
        assert visitor.page.locator(".panel").evaluate("e => e.scrollHeight <= e.clientHeight"), "nor with kept work"
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).overflowY") == "hidden"
    for scrolled in (".panel", ".below", ".toolbar"):
        assert visitor.page.locator(scrolled).evaluate("e => e.scrollWidth <= e.clientWidth"), scrolled
    if options:
        small = """least => [...document.querySelectorAll('button, select, input[type=number], .upload')]
            .filter(e => e.offsetHeight && e.getBoundingClientRect().height < least).map(e => e.innerText)"""
        assert not visitor.page.evaluate(small, LEAST_PIXELS)
        visitor.place()
        visitor.wait_for(lambda: "Draw" in current.inner_text(), "the next step")
        seen = "e => { const b = e.getBoundingClientRect(), p = e.closest('.panel').getBoundingClientRect(); "
        seen += "return b.top >= p.top && b.bottom <= p.bottom + 1 }"
        visitor.wait_for(lambda: current.evaluate(f"e => ({seen})(e.parentElement)"), "the page to lead there")
        visitor.page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
        visitor.wait_for(lambda: is_at_the_edges(visitor), "each letter in the middle of its edge")
    visitor.close()


def is_at_the_edges(visitor: Visitor) -> bool:
    """Whether the letters of the sides stand in the middle of the sketch view's edges."""
    view = visitor.box("Sketch")
    middle = view["x"] + view["width"] / 2, view["y"] + view["height"] / 2
    boxes = [visitor.page.locator(f".view.sketch .letter.{side}").bounding_box() for side in ("left", "right", "top")]
    left, right, top = ((box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) for box in boxes)
    return abs(left[1] - middle[1]) < 2 and abs(right[1] - middle[1]) < 2 and abs(top[0] - middle[0]) < 2
