"""The drawing page at a zoom of 150 % on a small screen, with many nodules, and without its server."""

from __future__ import annotations

import pytest
from app_fixtures import OVER, insert_in_one_box
from browser import CHROMIUM, DESKTOP, Visitor, app
from phantom import chest

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
SMALL, LARGE = (853, 533), (1920, 1080)
COUNT = 5
CUT = """() => [...document.querySelectorAll('.below .v-btn__content, .below .upload, .below select, .toolbar .v-btn')]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
    .map((e) => e.innerText)"""
ROWS = """() => { const table = document.querySelector('.below .table').getBoundingClientRect(),
        head = document.querySelector('.below thead th').getBoundingClientRect();
    return [...document.querySelectorAll('.below tbody tr')].filter((row) => { const box = row.getBoundingClientRect();
        return box.top >= head.bottom - 1 && box.bottom <= Math.min(table.bottom, innerHeight) + 1; })
        .map((row) => parseInt(row.cells[0].innerText) + (row.className === 'chosen' ? ' chosen' : '')); }"""


@pytest.fixture(scope="module")
def visitor(place):
    """At a small screen, with COUNT nodules, the last of which was just inserted."""
    someone = Visitor(*place, SMALL)
    someone.wait_for_ct()
    insert_in_one_box(someone, COUNT)
    yield someone
    assert not someone.errors


def test_the_row_of_a_new_nodule_is_scrolled_to_and_a_higher_screen_shows_more(visitor):
    rows = lambda: visitor.page.evaluate(ROWS)  # noqa: E731
    visitor.wait_for(lambda: f"{COUNT} chosen" in rows(), "the new one's row")
    visitor.page.locator("tbody tr").first.click()
    visitor.wait_for(lambda: "1 chosen" in rows() and len(rows()) >= 3, "the first one's")
    for size, least in ((DESKTOP, 3), (LARGE, COUNT)):
        visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
        visitor.wait_for(lambda least=least: len(rows()) >= least, f"{least} rows")
    visitor.page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})


def test_no_words_run_over_a_button_and_no_mark_over_another(visitor):
    red = visitor.box("Red")
    visitor.page.mouse.move(red["x"] + 0.5 * red["width"], red["y"] + 0.6 * red["height"])
    visitor.wait_for(lambda: visitor.page.locator(".view.red .probe").count(), "the HU under the pointer")
    assert not visitor.page.evaluate(CUT)
    visitor.wait_for(lambda: not visitor.page.evaluate(OVER), "marks beside each other")
    for view in ("red", "green", "yellow"):
        letters = visitor.page.locator(f".view.{view} .letter")
        assert [letters.nth(number).is_visible() for number in range(4)] == [True] * 4


def test_a_server_that_stopped_is_told_with_what_to_do(place, tmp_path):
    chest().write(tmp_path / "ct.nrrd")
    with app(tmp_path / "ct.nrrd") as server:
        visitor = Visitor(place[0], server)
        said = []
        visitor.page.on("console", lambda message: said.append((message.type, message.text)))
        visitor.page.reload()
        visitor.wait_for_ct()
        assert not [text for kind, text in said if kind == "error"], "nothing that the browser asks for is refused"
        server.process.terminate()
        sentence = visitor.page.get_by_text("start the app again and open the address that it prints")
        sentence.wait_for()
        dark = "e => getComputedStyle(e.closest('.app')).height"
        assert sentence.evaluate(dark) == f"{DESKTOP[1]}px" and not visitor.page.locator(".workspace").count()
        visitor.close()
