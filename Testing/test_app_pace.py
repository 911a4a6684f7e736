"""When the drawing page's views are drawn: a line and its preview in one picture, and no blink between them."""

from __future__ import annotations

import asyncio
import math

import pytest
from browser import CHROMIUM

pytest_plugins = ["app_fixtures"]
pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
# What of a line is seen after its end: its ink in the browser, and how many pictures of the view came since.
WATCH = """() => { const picture = document.querySelector('.view.sketch img'), ink = [];
    const canvas = document.querySelector('.sketch-pad[data-view=Sketch]');
    let ended = 0, pictures = 0;
    picture.addEventListener('load', () => pictures++);
    addEventListener('pointerup', () => { ended = performance.now(); pictures = 0; }, true);
    window.ink = ink;
    const look = () => { if (ended) {
        const seen = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        ink.push([performance.now() - ended, pictures, seen.some((part) => part > 0)]); }
      requestAnimationFrame(look); };
    look(); }"""
LATE_MS = 900
"""The page waits so long for a picture at least."""


class Counting:
    def __init__(self) -> None:
        self.count = 0

    def schedule_render(self) -> None:
        self.count += 1


def test_what_waits_is_drawn_once_and_with_what_does_not_wait():
    from SketchNoduleSynthLib.web.rendering import Rendering

    async def drawn() -> list[int]:
        drawer = Counting()
        view = Rendering(drawer)
        counts = []
        for delay_s, times in ((0.0, 2), (math.inf, 3), (0.01, 3)):
            view.delay_s = delay_s
            for _ in range(times):
                view.schedule_render()
            counts.append(drawer.count)
        while drawer.count < 3:  # What waited comes by itself,
            await asyncio.sleep(0.001)
        view.schedule_render()
        view.delay_s = 0.0
        view.schedule_render()  # or with this, and not once more.
        await asyncio.sleep(0.05)
        return [*counts, drawer.count]

    assert asyncio.run(drawn()) == [2, 2, 2, 4]


@NEEDS_CHROMIUM
@pytest.mark.parametrize("is_live", [True, False])
def test_a_line_stays_in_sight_until_a_picture_has_it(hand, is_live):
    hand.tick("Live preview", is_live)
    hand.page.keyboard.press("n")
    hand.wait_for(lambda: hand.is_on("draw_nodule"), "the pen")
    hand.page.evaluate(WATCH)
    hand.draw()
    hand.wait_for(lambda: hand.page.evaluate("() => window.ink.at(-1)?.[2] === false"), "the end of the ink")
    gone = next(look for look in hand.page.evaluate("() => window.ink") if not look[2])
    assert gone[1] > 0 or gone[0] > LATE_MS, f"{gone[0]:.0f} ms after its end the line was nowhere"
    hand.click("Clear")
