"""The drawing page before a slow server: nothing that is clicked, ticked or dragged meanwhile is lost or old."""

from __future__ import annotations

import json

import pytest
from app_fixtures import middle
from browser import CHROMIUM

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
NOT_YET_ANSWERED = "void sketchNoduleSynth.doing(() => new Promise((answer) => setTimeout(() => answer({}), 600)))"
ANSWERS_LATE = """() => { const pass = window.WebSocket.prototype.send;
    window.WebSocket.prototype.send = function (...words) { setTimeout(() => pass.apply(this, words), 150); };
    window.answersAtOnce = () => { window.WebSocket.prototype.send = pass; }; }"""
"""Whatever the page asks for arrives 150 ms later."""
WHILE_BUSY = """async () => {
    const pass = window.WebSocket.prototype.send, a_moment = () => new Promise((then) => setTimeout(then, 50));
    window.WebSocket.prototype.send = function (...words) { setTimeout(() => pass.apply(this, words), 400); };
    trame.trigger("screen", [1]);
    await a_moment();
    [...document.querySelectorAll("label.check")].find((box) => box.innerText.trim() === "Tags").click();
    await a_moment();
    [...document.querySelectorAll("button")].find((button) => button.innerText.trim().startsWith("Suggest")).click();
    await a_moment();
    window.WebSocket.prototype.send = pass;
}"""
"""A box is ticked, and a button pressed, while the server has not yet answered something else."""


def test_a_click_counts_while_a_key_that_brings_no_pen_is_not_yet_answered(hand):
    green = lambda: hand.value("marks")["Green"]["slice"]  # noqa: E731
    x, y = middle(hand, "Red")
    for away in (15, 30):
        before = green()
        hand.page.evaluate(NOT_YET_ANSWERED)
        hand.page.mouse.click(x, y - away)
        hand.wait_for(lambda before=before: green() != before, "the click")


def test_keys_on_the_slider_go_on_from_where_it_stands_however_late_the_server_answers(hand):
    slider = hand.page.locator(".view.red .slices")
    hand.page.evaluate(ANSWERS_LATE)
    slider.focus()
    start = int(slider.input_value())
    for number in range(1, 9):
        slider.press("ArrowRight")
        assert int(slider.input_value()) == start + number
        hand.page.wait_for_timeout(50)
    hand.wait_for(lambda: hand.value("marks")["Red"]["slice"] == start + 8, "the slice")
    assert int(slider.input_value()) == start + 8
    hand.page.evaluate("answersAtOnce()")


def test_what_is_ticked_while_the_server_is_busy_counts_for_the_button_that_is_pressed_next(hand, tmp_path):
    steps = hand.value("undoable")
    hand.page.evaluate(WHILE_BUSY)
    hand.wait_for(lambda: hand.value("undoable") != steps, "the suggestion")
    hand.wait_until_made()
    hand.insert()
    recipe = json.loads(hand.download("Recipe", tmp_path).read_text(encoding="utf-8"))
    assert "other" in [stroke["label"] for stroke in recipe["nodules"][-1]["strokes"]]
