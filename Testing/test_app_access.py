"""The drawing page for those who see it badly or not at all: no serious finding of axe-core, and fingers hit it."""

from __future__ import annotations

import pytest
from accessibility import serious_findings
from browser import CHROMIUM, DESKTOP, TABLET, TOUCH, Visitor
from phantom import chest
from PIL import Image, ImageDraw

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
LEAST_PIXELS = 44
ORDER = ("Open a CT", "Place (P)", "Nodule (N)", "Suggest", "Card", "Lung window", "Add at random", "Label map")
KEPT = "What you made here until 28 September, 22:58 is kept: 10 nodules. Take it up again?"
FOCUS_IS_SEEN = """() => { const is = getComputedStyle(document.activeElement);
    return `${is.outlineStyle} ${is.outlineWidth} ${is.outlineColor}` === 'solid 2px rgb(255, 255, 255)' }"""
NEEDED = ("Place (P)", "Nodule (N)", "Undo (Z)", "Variants", "Insert (I)", "Add at random")


@pytest.fixture
def newcomer(place, tmp_path):
    """At a CT that is opened anew, in which nothing was done yet."""
    chest().write(tmp_path / "another.nrrd")
    visitor = Visitor(*place)
    visitor.wait_for_ct()
    visitor.send("Open a CT", tmp_path / "another.nrrd")
    visitor.wait_for(lambda: visitor.value("ct") == "another.nrrd" and not visitor.value("nodules"), "the CT")
    yield visitor
    visitor.close()


def test_axe_finds_nothing_serious_on_the_page_with_all_that_opens_in_it(place, tmp_path):
    visitor = Visitor(*place)
    visitor.wait_for_ct()
    visitor.place()
    visitor.draw()
    visitor.insert()
    visitor.click("Variants")
    visitor.wait_for(lambda: len(visitor.value("variants")) == 8, "the gallery")
    page = Image.new("L", (200, 200), 245)
    ImageDraw.Draw(page).ellipse((60, 70, 150, 140), outline=20, width=4)
    page.save(tmp_path / "sketch.png")
    visitor.send("Scanned sketch", tmp_path / "sketch.png")
    visitor.wait_for(lambda: visitor.page.locator(".scan img").count(), "the scan's preview")
    visitor.wait_for(lambda: not visitor.value("is_busy"), "quiet")
    assert visitor.page.locator(".gallery button").count() == 8
    assert not serious_findings(visitor.page)
    visitor.click("Card")
    visitor.wait_for(lambda: visitor.page.locator(".card").is_visible(), "the card")
    visitor.page.wait_for_timeout(500)
    assert not serious_findings(visitor.page)
    visitor.click("Close")
    visitor.close()


def test_nothing_is_said_by_colour_alone(place):
    """What is chosen, what is on, and how good a nodule is."""
    visitor = Visitor(*place)
    visitor.wait_for_ct()
    while len(visitor.value("nodules")) < 2:
        visitor.place(at=(0.5, 0.5))
        visitor.draw()
        visitor.insert()
    visitor.wait_until_made()
    rows = visitor.page.locator("tbody tr")
    for number in range(2):
        rows.nth(number).click()
        visitor.wait_for(lambda number=number: rows.nth(number).get_attribute("aria-current") == "true", "the row")
        assert visitor.page.locator("tbody tr[aria-current=true]").count() == 1
        cells = rows.nth(number).locator("td")
        weight = "e => Number(getComputedStyle(e).fontWeight)"
        assert cells.first.evaluate(weight) > rows.nth(1 - number).locator("td").first.evaluate(weight)
        assert cells.first.inner_text().split()[0] == str(number + 1)
        assert cells.nth(3).inner_text() in ("✓ green", "! amber")
    visitor.page.keyboard.press("n")
    visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the pen")
    assert visitor.button("Nodule (N)").get_attribute("aria-pressed") == "true"
    visitor.close()


def test_the_keyboard_alone_places_draws_and_inserts(newcomer):
    visitor = newcomer
    page = visitor.page
    page.locator("body").focus()
    for title, number in (("Axial", 20), ("Coronal", 45), ("Sagittal", 26)):
        slider = page.get_by_label(f"Slice: {title}")
        for _ in range(120):
            page.keyboard.press("Tab")
            if slider.evaluate("e => e === document.activeElement"):
                break
        at = lambda slider=slider: int(slider.input_value())  # noqa: E731
        while (away := number - at()) != 0:
            page.keyboard.press("ArrowRight" if away > 0 else "ArrowLeft")
        view = {"Axial": "Red", "Coronal": "Green", "Sagittal": "Yellow"}[title]
        visitor.wait_for(lambda view=view, number=number: visitor.value("marks")[view]["slice"] == number, title)
    page.get_by_role("group", name="Sagittal").focus()
    for key, number in (("ArrowUp", 27), ("ArrowDown", 26)):
        page.keyboard.press(key)
        visitor.wait_for(
            lambda number=number: visitor.value("marks")["Yellow"]["slice"] == number, "the view's own keys"
        )
    page.keyboard.press("p")
    visitor.wait_until_told("Q: where the slices cross")
    page.keyboard.press("q")
    visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the box and the pen")
    assert [visitor.value("marks")[view]["slice"] for view in ("Red", "Green", "Yellow")] == [20, 45, 26]
    assert "no lung" not in visitor.status()
    page.keyboard.press("g")
    visitor.wait_for(lambda: visitor.is_enabled("clear"), "a drawing")
    visitor.wait_until_made()
    page.keyboard.press("i")
    visitor.wait_for(lambda: visitor.value("nodules"), "the nodule")
    visitor.wait_for(lambda: "," in visitor.value("nodules")[0]["place"], "its place")
    assert visitor.value("nodules")[0]["place"].startswith("right ")


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
        const words = e === document.body ? '' : e.innerText || e.ariaLabel || e.tagName;
        return [Math.round(box.x), Math.round(box.y), words, box.height > 0];
    }""",
    )
    visitor.page.locator("body").focus()
    for _ in range(200):
        visitor.page.keyboard.press("Tab")
        at = visitor.page.evaluate(here)
        if at in seen or not at[2]:
            break
        visitor.wait_for(lambda: visitor.page.evaluate(FOCUS_IS_SEEN), f"a frame around {at}")
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
