"""The browser's front measured: first picture, scrolling, stroke end to preview; an hour of use in two minutes."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from browser import Server, Visitor, app, chromium

from SketchNoduleSynthLib.ct.sample import sample_ct

STROKES, INSERTS = 200, 50
SITE = (0.22, 0.55)
"""In the axial view, where the sample CT has room for a nodule."""
LIMITS = {"first picture, s": 5.0, "frames a second": 15.0, "preview, ms": 250.0, "growth, MB": 100.0}
# Each picture of a view as it comes: when, and how bright it is in the middle.
WATCH = """view => { const area = document.querySelector(`.view.${view} img`); window.seen = [];
    const eye = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    area.onload = () => { eye.drawImage(area, area.naturalWidth / 2, area.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
      window.seen.push([performance.now(), eye.getImageData(0, 0, 1, 1).data[0]]); };
    addEventListener('pointerup', () => { window.ended = performance.now(); }, true); }"""

LATER = "dark => window.seen.find(([at, grey]) => at > window.ended && grey > dark + 40)"


def main() -> list[tuple[str, bool]]:
    """A line a figure, and whether it keeps its limit."""
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
        growth, idle, took = an_hour(visitor)
    return [
        (f"app: page opened to first picture {opened:.1f} s", opened < LIMITS["first picture, s"]),
        (f"app: scrolling at {frames:.0f} frames a second", frames >= LIMITS["frames a second"]),
        (
            f"app: stroke end to preview median {median(times):.0f} ms, 90% within {times[-len(times) // 10]:.0f} ms",
            median(times) < LIMITS["preview, ms"],
        ),
        (
            f"app: {STROKES} strokes, {INSERTS} inserts and undos in {took:.0f} s: {growth:+.0f} MB; "
            f"then idle at {100 * idle:.1f}% of a core",
            growth < LIMITS["growth, MB"],
        ),
    ]


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
    page, box = visitor.page, visitor.box("Green")
    page.evaluate(WATCH, "green")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 3)
    started = time.perf_counter()
    turn = 0
    while time.perf_counter() - started < seconds:
        page.mouse.wheel(0, -120 if (turn // 40) % 2 else 120)
        page.wait_for_timeout(15)
        turn += 1
    return len(page.evaluate("() => window.seen")) / (time.perf_counter() - started)


def previews(visitor: Visitor, count: int = 20) -> list[float]:
    """Milliseconds from the end of a quick stroke to the first picture with its nodule in the middle."""
    page = visitor.page
    page.keyboard.press("n")
    page.evaluate(WATCH, "sketch")
    times = []
    for _ in range(count):
        visitor.click("Clear")
        visitor.wait_for(lambda: not visitor.value("has_strokes"), "a clear plane")
        page.wait_for_timeout(700)
        dark = page.evaluate("() => { const last = window.seen.at(-1); window.seen = []; return last ? last[1] : 0 }")
        visitor.drag("Sketch", [(0.35, 0.45), (0.5, 0.4), (0.65, 0.45), (0.6, 0.6), (0.45, 0.6), (0.36, 0.5)])
        at = visitor.wait_for(lambda dark=dark: page.evaluate(LATER, dark), "the preview")[0]
        times.append(at - page.evaluate("() => window.ended"))
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
            visitor.wait_for(lambda: "nodule" in visitor.value("redoable"), "undo")
            visitor.click("Clear")
            visitor.wait_for(lambda: not visitor.value("has_strokes"), "a clear plane")
            visitor.page.keyboard.press("n")
            visitor.wait_for(lambda: visitor.value("tool") == "nodule", "the pen")
    growth, took = visitor.server.rss_mb() - before, time.perf_counter() - started
    visitor.page.wait_for_timeout(2000)
    cpu = visitor.server.cpu_s()
    visitor.page.wait_for_timeout(5000)
    return growth, (visitor.server.cpu_s() - cpu) / 5, took


if __name__ == "__main__":
    for line, keeps in main():
        print(line, "ok" if keeps else "NOT KEPT")
