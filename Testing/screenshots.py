"""`make screenshots`: the tutorial's pictures, on the demo's CT.

Those of the panel are made in our stand-in for desktop Slicer: the module's own panel and slicer-core's own views, only
the window around them is made up. Those of the browser's front are Chromium's.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import browser
import numpy as np
from PIL import Image
from reader import Reader
from standin.rendering import offscreen

from SketchNoduleSynthLib.__main__ import main as command
from SketchNoduleSynthLib.ct.sample import sample_ct
from SketchNoduleSynthLib.ct.volume import Volume

FOLDER = Path(__file__).resolve().parent.parent / "Resources" / "Screenshots"
STEPS = ("1_place", "2_draw", "4_variants", "5_insert")
COLORS = 256
SITE_RAS_MM = (83.7, 197.2, 687.2)
ANGLES = np.linspace(0, 2 * np.pi, 60)
SHAPE = (0.19 + 0.018 * np.sin(3 * ANGLES) + 0.01 * np.cos(7 * ANGLES))[:, None] * np.stack(
    [np.cos(ANGLES), 0.85 * np.sin(ANGLES)], 1
)


def tutorial(reader: Reader, volume: Volume, shot: Callable[[str], object]) -> None:
    """The tutorial's steps, a picture each."""
    reader.show(volume, SITE_RAS_MM, "Chest CT")
    reader.place(SITE_RAS_MM, "Red")
    reader.ui.tilt_lr_deg.setValue(15.0)
    shot("1_place")
    view = reader.desktop.slice_view("Red")
    path = reader.path(SHAPE)
    reader.ui.is_live.setChecked(True)
    reader.desktop.drag(view, path[:34], hold=True)
    reader.wait()
    shot("2_draw")
    reader.desktop.release(view, path[33])
    reader.click(reader.ui.undo)
    reader.desktop.drag(view, path)
    reader.wait()
    reader.click(reader.ui.variants)
    reader.wait()
    reader.scroll_to(reader.ui.gallery)
    shot("4_variants")
    reader.ui.gallery.setCurrentRow(3)
    reader.wait()
    reader.click(reader.ui.insert)
    reader.wait()
    reader.scroll_to(reader.ui.nodulesTable)
    shot("5_insert")


def in_browser(ct: Path) -> None:
    """The browser's front with a nodule that was drawn, chosen among variants and inserted."""
    with browser.app(ct) as server, browser.chromium() as chromium:
        visitor = browser.Visitor(chromium, server)
        visitor.wait_for_ct()
        visitor.place("Red", (0.27, 0.61))
        box = visitor.box("Sketch")
        visitor.drag("Sketch", [(0.5 + x, 0.5 + y * box["width"] / box["height"]) for x, y in SHAPE.tolist()])
        visitor.wait_until_made()
        visitor.click("Variants")
        visitor.wait_for(lambda: visitor.value("variants"), "the variants")
        visitor.page.locator(".gallery button").nth(3).click()
        visitor.wait_for(lambda: visitor.value("seed") == 3, "the fourth")
        visitor.insert()
        visitor.wait_for(lambda: "," in visitor.value("nodules")[0]["place"] and not visitor.value("is_busy"), "quiet")
        visitor.page.wait_for_timeout(3000)
        visitor.page.screenshot(path=FOLDER / "app.png")


def a_reading(ct: Path) -> None:
    """A reader at the first of two cases, with two findings."""
    with tempfile.TemporaryDirectory() as folder:
        cases = Path(folder) / "cases"
        for name, seed in (("case-1", 4), ("case-2", 5)):
            words = ["--format", "nrrd", "--nodules", "2", "--seed", str(seed)]
            command(["case", "make", str(ct), str(cases / name), *words])
        words = [sys.executable, "-m", "SketchNoduleSynthLib", "case", "read", str(cases), "--reader", "R1"]
        with browser.started(words) as server, browser.chromium() as chromium:
            visitor = browser.Visitor(chromium, server)
            visitor.wait_for(lambda: visitor.value("title"), "the case")
            visitor.wait_for(lambda: visitor.brightness("Red") > 0, "the first picture")
            for number, (view, at) in enumerate((("Green", (0.3, 0.6)), ("Red", (0.7, 0.55))), 1):
                visitor.click("Mark (M)")
                visitor.wait_for(lambda: visitor.is_on("mark"), "the tool")
                visitor.drag(view, [at])
                visitor.wait_for(lambda number=number: len(visitor.value("findings")) == number, "the mark")
            visitor.page.wait_for_timeout(1500)
            visitor.page.screenshot(path=FOLDER / "reading.png")


def make_small(picture: Path) -> None:
    """As few colours as nobody sees: all pictures stay in the repository's history."""
    image, rare_ones_too = Image.open(picture).convert("RGB"), Image.Quantize.MAXCOVERAGE
    image.quantize(COLORS, rare_ones_too, kmeans=2, dither=Image.Dither.NONE).save(picture, optimize=True)


def main() -> None:
    """Boot the stand-in and take the pictures."""
    missing = offscreen()
    if missing:
        sys.exit(missing)
    from standin.host import boot

    desktop = boot()
    desktop.reset()
    FOLDER.mkdir(exist_ok=True)
    volume = Volume.read(sample_ct())
    tutorial(Reader(desktop), volume, lambda name: desktop.screenshot(FOLDER / f"{name}.png"))
    desktop.reset()
    desktop.log.check()
    in_browser(sample_ct())
    a_reading(sample_ct())
    for name in (*STEPS, "app", "reading"):
        make_small(FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
