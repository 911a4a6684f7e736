"""Someone at the drawing page with a fresh case, in one app and one browser for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Server, Visitor, app, chromium
from phantom import chest

OVER = """() => [...document.querySelectorAll('.view')].flatMap((view) => {
    const seen = [...view.querySelectorAll('.letter, .corner, .ruler, .view-name, .enlarge, .lay-down')]
        .filter((e) => e.offsetHeight);
    const boxes = seen.map((e) => [e.innerText || e.className, e.getBoundingClientRect()]);
    return boxes.flatMap(([one, a], i) => boxes.slice(i + 1)
        .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        .map(([other]) => `${view.className}: ${one} and ${other}`)); })"""
"""Which marks of the views stand over each other."""


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The phantom on disk."""
    path = tmp_path_factory.mktemp("ct") / "chest.nrrd"
    chest().write(path)
    return path


@pytest.fixture(scope="module")
def server(ct: Path) -> Iterator[Server]:
    """The app with it."""
    with app(ct) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def place(browser: Any, server: Server) -> tuple[Any, Server]:
    """Where a visitor comes from: browser and app."""
    return browser, server


@pytest.fixture(scope="module")
def at_box(browser: Any, server: Server) -> Iterator[Visitor]:
    """At the phantom with a VOI, on one page for all tests of a file."""
    someone = Visitor(browser, server)
    someone.wait_for_ct()
    someone.place()
    yield someone
    assert not someone.errors


@pytest.fixture
def hand(at_box: Visitor) -> Visitor:
    """There without a tool, at the sketch plane."""
    at_box.lay_down()
    return at_box


@pytest.fixture
def visitor(browser: Any, server: Server, ct: Path) -> Iterator[Visitor]:
    """At a fresh case of the phantom."""
    someone = Visitor(browser, server)
    begin_anew(someone, ct)
    yield someone
    assert not someone.errors
    someone.close()


def begin_anew(visitor: Visitor, ct: Path) -> None:
    """A fresh case, where something was done in the one that is open."""
    visitor.wait_for_ct()
    if visitor.value("undoable"):
        visitor.send("Open a CT", ct)
        visitor.wait_for(lambda: not visitor.value("undoable"), "a fresh case")


def changes(visitor: Visitor, view: str, act) -> None:
    """Assert that the view's picture is another one after `act`."""
    visitor.page.wait_for_timeout(200)
    before = visitor.picture(view)
    act()
    visitor.wait_for(lambda: visitor.picture(view) != before, "another picture")


def middle(visitor: Visitor, view: str) -> tuple[float, float]:
    """A third of the way into a view, where no mark stands."""
    box = visitor.box(view)
    return box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"]


def mm_across(visitor: Visitor, view: str) -> float:
    """How much a slice view shows from side to side."""
    marks = visitor.value("marks")[view]
    return marks["ruler_mm"] / marks["ruler_share"]


def insert_in_one_box(visitor: Visitor, count: int) -> None:
    """So many small nodules, all in the box that is placed once."""
    visitor.place()
    for number in range(count):
        if number:
            visitor.click("New nodule")
            visitor.wait_for(lambda: visitor.is_on("place"), "the tool")
            visitor.page.keyboard.press("n")
            visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the pen")
        visitor.draw(radius=0.1)
        visitor.insert()
