"""What the drawing page says of a nodule is what the nodule has: its boxes, and the size in table and truth."""

from __future__ import annotations

import json
import zipfile

import pytest
from browser import CHROMIUM, Visitor

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
VOXEL_MM = 3.2
"""Across the phantom's, which stand out of a round outline as steps do."""


@pytest.fixture(scope="module")
def visitor(browser, server):
    """At the phantom, all of which is seen, for both tests."""
    someone = Visitor(browser, server)
    someone.wait_for_ct()
    someone.page.keyboard.press("f")
    someone.tick("Live preview", False)
    yield someone
    assert not someone.errors


def field(visitor: Visitor, words: str):
    """Where the value of that name is typed or chosen."""
    return visitor.page.get_by_label(words, exact=True).and_(visitor.page.locator("select, input[type=number]"))


def boxes(visitor: Visitor) -> dict[str, str | bool]:
    """What stands in the boxes on the screen."""
    shown = {words: field(visitor, words).input_value() for words in ("Model:", "Attenuation:", "HU", "Seed:")}
    shown["Long diameter:"] = field(visitor, "Long diameter:").input_value()
    density = visitor.page.locator("label.check").filter(has_text="Density:").locator("input")
    return shown | {"Density:": density.is_checked()}


def put_in(visitor: Visitor, words: str, number: int) -> None:
    """Type a number, as one does."""
    field(visitor, words).click(click_count=3)
    visitor.page.keyboard.type(str(number))
    visitor.page.keyboard.press("Tab")


def take(visitor: Visitor, words: str, choice: str) -> None:
    """Choose in a list that the mouse opens, with the arrow keys."""
    box = field(visitor, words)
    choices = box.evaluate("e => [...e.options].map((option) => option.value)")
    at, to = (choices.index(text) for text in (box.input_value(), choice))
    box.click()
    for _ in range(abs(to - at)):
        visitor.page.keyboard.press("ArrowDown" if to > at else "ArrowUp")
    visitor.page.keyboard.press("Enter")
    visitor.wait_for(lambda: box.input_value() == choice, choice)


def test_the_boxes_show_what_the_nodule_has_after_edit_undo_and_a_new_load(visitor):
    first = {"Model:": "mcgan", "Attenuation:": "ground-glass", "HU": "-500", "Seed:": "7", "Long diameter:": "10"}
    second = {"Model:": "stylepix2pix", "Attenuation:": "solid", "HU": "0", "Seed:": "3", "Long diameter:": "14"}
    first["Density:"], second["Density:"] = True, False  # type: ignore[assignment]

    def shows(expected: dict, after: str) -> None:
        visitor.wait_for(lambda: boxes(visitor) == expected, f"{expected} after {after}, not {boxes(visitor)}")

    for nodule, at in ((first, (0.35, 0.5)), (second, (0.35, 0.62))):
        visitor.place(at=at)
        for words in ("Model:", "Attenuation:"):
            take(visitor, words, nodule[words])
        visitor.tick("Density:", nodule["Density:"])
        for words in ("Long diameter:", "Seed:", "HU")[: 2 + nodule["Density:"]]:
            put_in(visitor, words, nodule[words])
        if nodule is first:
            visitor.draw()
            visitor.insert()
        shows(nodule, "it was put in")
    visitor.page.locator("tbody tr").first.click()
    visitor.wait_for(lambda: visitor.value("selected") == 1, "the row")
    visitor.click("Edit 1")
    shows(first, "Edit")
    visitor.page.keyboard.press("z")
    shows(second, "Undo")
    visitor.page.keyboard.press("y")
    shows(first, "Redo")
    visitor.page.reload()
    visitor.wait_for_ct()
    shows(first, "a new load")
    take(visitor, "Attenuation:", "solid")
    visitor.wait_for(lambda: visitor.value("undoable") == "Choose the attenuation", "the choice")
    visitor.insert()
    assert [row["attenuation"] for row in visitor.value("nodules")] == ["solid"]
    shows(first | {"Attenuation:": "solid"}, "the choice")


def test_the_table_and_the_truth_have_one_size_near_what_was_asked_for(visitor, tmp_path):
    asked = (28, 8)
    for number, at in zip(asked, ((0.62, 0.4), (0.62, 0.7)), strict=True):
        visitor.place(at=at)
        put_in(visitor, "Long diameter:", number)
        visitor.wait_for(lambda number=number: visitor.value("diameter_mm") == number, "the diameter")
        box = visitor.box("Sketch")
        visitor.draw(radius=min(box["width"], box["height"]) / box["width"] / 4)  # On the dots.
        visitor.insert()
    table = [cell.split(" ") for cell in visitor.page.locator("tbody td:nth-child(2)").all_inner_texts()]
    with zipfile.ZipFile(visitor.download("Training case", tmp_path)) as case:
        truth = json.loads(case.read("truth/truth.json"))["nodules"]
    for number, (long, _, short, _), nodule in zip(asked, table[-2:], truth[-2:], strict=True):
        assert float(long) == pytest.approx(nodule["diameter_mm"], abs=0.06)
        assert float(short) == pytest.approx(nodule["short_axis_mm"], abs=0.06)
        assert nodule["diameter_mm"] == pytest.approx(number, abs=VOXEL_MM)


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        ("Long diameter:", "40", "Long diameter: give 4 to 32 mm, not 40."),
        ("Long diameter:", "", "Long diameter: '' is no number; type one."),
        ("Seed:", "-1", "not −1"),
        ("How many nodules", "1000", "not 1000"),
    ],
)
def test_a_number_that_cannot_be_taken_is_told_and_the_old_one_shown(visitor, words, typed, said):
    visitor.place()
    box = field(visitor, words)
    before = box.input_value()
    box.click(click_count=3)
    visitor.page.keyboard.press("Delete")
    visitor.page.keyboard.type(typed)
    visitor.page.keyboard.press("Tab")
    visitor.wait_until_told(said)
    visitor.wait_for(lambda: box.input_value() == before, "the number that holds")
    visitor.page.reload()  # What the server has.
    visitor.wait_for_ct()
    visitor.wait_for(lambda: box.input_value() == before, "the number that holds")
