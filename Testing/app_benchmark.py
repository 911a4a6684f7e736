"""The browser's front measured: first picture, scrolling, preview, insertion; an hour of use in two minutes."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from browser import CHROMIUM, Server, Visitor, app, chromium

from SketchNoduleSynthLib.ct.sample import sample_ct

STROKES, INSERTS, INSERTS_TIMED, RANDOM = 200, 50, 10, 6
SITE = (0.27, 0.61)
"""In the axial view, where the sample CT has room for a nodule."""
LIMITS = {
    "first picture, s": 5.0,
    "frames a second": 15.0,
    "preview, ms": 100.0,
    "insertion, ms": 500.0,
    "random nodule, s": 2.0,
    "growth, MB": 100.0,
}
NODULE_MM = 12
BESIDE_PIXELS = 10
"""From a view's middle, where the box has a handle, and still in the nodule."""

# Each picture of a view as it comes: when, and how bright it is in the middle, or some pixels beside it.
WATCH = """([view, beside]) => { const area = document.querySelector(`.view.${view} img`); window.seen = [];
    if (window.watched) window.watched.onload = null;
    window.watched = area;
    const eye = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
      .getContext('2d', { willReadFrequently: true });
    area.onload = () => {
      eye.drawImage(area, area.naturalWidth / 2 + beside, area.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
      window.seen.push([performance.now(), eye.getImageData(0, 0, 1, 1).data[0]]); };
    for (const end of ['pointerup', 'keydown'])
      addEventListener(end, () => { window.ended = performance.now(); }, true); }"""

# The wheel 60 times a second, as a hand turns it; the browser's driver would manage 18.
TURN = """milliseconds => new Promise(done => { let turn = 0; const area = document.querySelector('.view.green img');
    const hand = setInterval(() => area.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true,
      deltaY: Math.floor(turn++ / 60) % 2 ? -120 : 120 })), 16);
    setTimeout(() => { clearInterval(hand); done(window.seen); }, milliseconds); })"""
LATER = "() => window.seen.find(([at, grey]) => at > window.ended && grey > 150)"


def main() -> None:
    """Print a line a figure, and whether it keeps its limit."""
    if CHROMIUM is None:
        print("app: not measured, there is no Chromium")
        return
    with app(sample_ct()) as server, chromium() as browser:
        first_picture(browser, server)  # The CT is read, the browser has what it keeps.
        opened = first_picture(browser, server)
        visitor = Visitor(browser, server)
        visitor.wait_for_ct()
        frames = scrolling(visitor)
        visitor.place(at=SITE)
        visitor.draw()
        visitor.insert()  # The networks are loaded.
        visitor.click("Undo (Z)")
        times = sorted(previews(visitor))
        inserted = sorted(insertions(visitor))
        random = sorted(at_random(visitor))
        growth, idle, took = an_hour(visitor)
    lines = [
        (f"app: page opened to first picture {opened:.1f} s", opened < LIMITS["first picture, s"]),
        (f"app: scrolling at {frames:.0f} frames a second", frames >= LIMITS["frames a second"]),
        (
            f"app: stroke end to preview median {median(times):.0f} ms, 90% within {times[-len(times) // 10]:.0f} ms",
            median(times) < LIMITS["preview, ms"],
        ),
        (
            f"app: Insert to a {NODULE_MM} mm nodule on screen median {median(inserted):.0f} ms, "
            f"at most {inserted[-1]:.0f} ms",
            median(inserted) < LIMITS["insertion, ms"],
        ),
        (
            f"app: a nodule at random median {median(random):.1f} s, at most {random[-1]:.1f} s",
            random[-1] < LIMITS["random nodule, s"],
        ),
        (
            f"app: {STROKES} strokes, {INSERTS} inserts and undos in {took:.0f} s: {growth:+.0f} MB; "
            f"then idle at {100 * idle:.1f}% of a core",
            growth < LIMITS["growth, MB"],
        ),
    ]
    for line, keeps in lines:
        print(line, "ok" if keeps else "NOT KEPT")


def first_picture(browser: Any, server: Server) -> float:
    """Seconds from opening the page."""
    started = time.perf_counter()
    visitor = Visitor(browser, server)
    visitor.wait_for_ct()
    took = time.perf_counter() - started
    visitor.close()
    return took


def scrolling(visitor: Visitor, seconds: float = 4.0) -> float:
    """Pictures a second while the wheel is turned in the coronal view."""
    page = visitor.page
    page.evaluate(WATCH, ["green", 0])
    return len(page.evaluate(TURN, 1000 * seconds)) / seconds


def previews(visitor: Visitor, count: int = 20) -> list[float]:
    """Milliseconds from the end of a quick stroke to the first picture with its nodule in the middle."""
    page = visitor.page
    page.keyboard.press("n")
    page.evaluate(WATCH, ["sketch", 0])
    times = []
    for _ in range(count):
        visitor.click("Clear")
        visitor.wait_for(lambda: not visitor.is_enabled("clear"), "a clear plane")
        visitor.wait_for(lambda: page.evaluate("() => window.seen.at(-1)?.[1] < 130"), "the CT alone")
        page.wait_for_timeout(500)
        visitor.drag("Sketch", [(0.35, 0.45), (0.5, 0.4), (0.65, 0.45), (0.6, 0.6), (0.45, 0.6), (0.36, 0.5)])
        at = visitor.wait_for(lambda: page.evaluate(LATER), "the preview")[0]
        times.append(at - page.evaluate("() => window.ended"))
    return times


def insertions(visitor: Visitor) -> list[float]:
    """Milliseconds from the key that inserts to the first picture of another view with the nodule in it."""
    page = visitor.page
    visitor.click("Clear")
    visitor.draw(0.25)
    visitor.wait_until_made()
    page.evaluate(WATCH, ["red", BESIDE_PIXELS])
    times = []
    for _ in range(INSERTS_TIMED):
        page.keyboard.press("r")  # Another nodule each time.
        visitor.wait_until_made()
        page.wait_for_timeout(500)
        page.keyboard.press("i")
        at = visitor.wait_for(lambda: page.evaluate(LATER), "the nodule")[0]
        times.append(at - page.evaluate("() => window.ended"))
        visitor.wait_until_made()
        visitor.click("Undo (Z)")
        visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
        visitor.wait_for(lambda: page.evaluate("() => window.seen.at(-1)?.[1] < 130"), "the CT alone")
    return times


def at_random(visitor: Visitor) -> list[float]:
    """Seconds from the click to the row, of nodules that are added one by one; the lungs are known."""
    page, times = visitor.page, []
    page.get_by_label("How many nodules").fill("1")
    page.keyboard.press("Tab")
    for number in range(1, RANDOM + 1):
        started = time.perf_counter()
        visitor.click("Add at random")
        visitor.wait_for(lambda number=number: len(visitor.value("nodules")) == number, "the nodule")
        times.append(time.perf_counter() - started)
        visitor.wait_until_made()
    for _ in range(RANDOM):
        visitor.click("Undo (Z)")
    visitor.wait_for(lambda: not visitor.value("nodules"), "undo")
    return times


def an_hour(visitor: Visitor) -> tuple[float, float, float]:
    """200 strokes, 50 inserts and undos: growth of memory in MB, processor's share afterwards, seconds."""
    before, started = visitor.server.rss_mb(), time.perf_counter()
    for number in range(STROKES):
        visitor.draw(0.12 + 0.001 * (number % 60))
        if number % (STROKES // INSERTS) == 0:
            visitor.wait_until_made()
            visitor.insert()
            visitor.click("Undo (Z)")
            visitor.wait_for(lambda: visitor.is_enabled("redo"), "undo")
            visitor.click("Clear")
            visitor.wait_for(lambda: not visitor.is_enabled("clear"), "a clear plane")
            visitor.page.keyboard.press("n")
            visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "the pen")
    growth, took = visitor.server.rss_mb() - before, time.perf_counter() - started
    visitor.page.wait_for_timeout(2000)
    cpu = visitor.server.cpu_s()
    visitor.page.wait_for_timeout(5000)
    return growth, (visitor.server.cpu_s() - cpu) / 5, took


if __name__ == "__main__":
    main()
