"""A reader at the browser's front: the app in a process of its own, Debian's Chromium without a window before it."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree

from SketchNoduleSynthLib.editing.kept_sessions import FOLDER_VARIABLE
from SketchNoduleSynthLib.mrml.action import Action, Value
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.reading_actions import READING, TURING
from SketchNoduleSynthLib.mrml.steps import STEPS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
ADDRESS = re.compile(r"http://\S+")
ROUND = [(math.cos(turn / 20 * math.pi), math.sin(turn / 20 * math.pi)) for turn in range(41)]
PATIENCE_S = 60.0
PANEL = Path(__file__).resolve().parent.parent / "Resources" / "UI" / "SketchNoduleSynth.ui"
MODES = ("readingSection", "turingSection")
DESKTOP, TABLET, TOUCH = (1280, 800), (800, 1100), (1024, 768)


def panel_words(mode: str = "") -> list[str]:
    """What stands on the controls of Slicer's panel, in its order: in the section of a mode, or in those of none.

    A control that is named as an entry of the table of actions, or its label, has the entry's words.
    """
    entries = EDITING.by_id | READING.by_id | TURING.by_id
    panel = ElementTree.parse(PANEL).getroot()
    sections = [widget for widget in panel.iter("widget") if widget.get("name") in ([mode] if mode else MODES)]
    within = {widget for section in sections for widget in section.iter("widget")}
    words = []
    for widget in panel.iter("widget"):
        if (widget in within) != bool(mode):
            continue
        name = widget.get("name", "")
        entry = entries.get(name.removesuffix("_label"))
        if isinstance(entry, Action):
            words.append(entry.text())
        elif name.removesuffix("Section") in STEPS:
            words.append(STEPS[name.removesuffix("Section")])
        elif isinstance(entry, Value) and (name.endswith("_label") or widget.get("class") == "QCheckBox"):
            words.append(entry.words)
        words += [item.findtext("string", "") for item in widget.findall("property") if item.get("name") == "text"]
    return words


@dataclass
class Server:
    """The app as it was started from the command line."""

    process: subprocess.Popen
    address: str
    complaints: IO[str]
    """What it wrote to standard error."""
    kept: Path
    """Where it keeps sessions."""

    @property
    def root(self) -> str:
        """Its address without the token."""
        return self.address.split("?")[0]

    def said(self) -> str:
        """All complaints so far."""
        self.complaints.seek(0)
        return self.complaints.read()

    def rss_mb(self) -> float:
        """The memory that it holds, MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def cpu_s(self) -> float:
        """The processor time that it has taken, seconds."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


def app(*words: str | Path, kept: str = "") -> AbstractContextManager[Server]:
    """The app, started with `words`, until the block ends; `kept`: where it keeps sessions."""
    return started([sys.executable, "-m", "SketchNoduleSynthLib", "app", *map(str, words)], kept)


@contextmanager
def started(command: Sequence[str], kept: str = "") -> Iterator[Server]:
    """What serves a page and prints its address, until the block ends."""
    with tempfile.TemporaryFile("w+") as complaints, tempfile.TemporaryDirectory() as nothing:
        environment = os.environ | {FOLDER_VARIABLE: kept or nothing}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, env=environment)
        try:
            assert process.stdout is not None
            address = next((found for line in process.stdout if (found := ADDRESS.search(line))), None)
            assert address is not None, "the app ended before it said where it is"
            yield Server(process, address[0], complaints, Path(kept or nothing))
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            finally:
                process.kill()


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def status_of(address: str) -> int:
    """The HTTP status that the address answers with."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


class Visitor:
    """Someone who opened the app's page in a new tab of `browser`."""

    def __init__(self, browser: Any, server: Server, size: tuple[int, int] = DESKTOP, **options: Any) -> None:
        self.server = server
        self.page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **options)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: "The server refused" in said.text and self.errors.append(said.text))
        self.page.goto(server.address)

    def close(self) -> None:
        """Close the tab."""
        self.page.close()

    # Looking

    def value(self, name: str) -> Any:
        """A value of what the page shows."""
        return self.page.evaluate("name => window.trame?.state?.get(name)", name)

    def is_enabled(self, id: str) -> bool:
        """Whether the action or the value of that id can be used."""
        return bool((self.value("enabled") or {}).get(id))

    def is_on(self, id: str) -> bool:
        """Whether the button of that action is down."""
        return bool((self.value("on") or {}).get(id))

    def status(self) -> str:
        """The sentence at the bottom of the panel."""
        return self.page.locator(".status .sentence").inner_text()

    def wait_for(self, what: Callable[[], Any], name: str = "") -> Any:
        """Until it is so."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if found := what():
                return found
            self.page.wait_for_timeout(20)
        raise TimeoutError(f"{name or what} did not come; the page says: {self.status()}")

    def wait_until_told(self, words: str) -> str:
        """Until `words` stand at the bottom of the panel: the whole sentence."""
        self.wait_for(lambda: words in self.status(), words)
        return self.status()

    def wait_for_ct(self) -> None:
        """Until there is one, and the sketch view shows it."""
        self.wait_for(lambda: self.value("ct"), "a CT")
        self.wait_for(lambda: self.brightness("Sketch") > 0, "the first picture")

    def read_words(self, words: Sequence[str]) -> None:
        """Assert that the page's panel has `words` in their order."""
        page = re.sub(r"\s+", " ", self.page.locator(".workspace").inner_text())
        place = 0
        for word in words:
            found = page.find(word, place)
            assert found != -1, f"{word} is missing, or stands before {page[:place][-30:]}"
            place = found + len(word)

    def wait_until_made(self) -> None:
        """Until nothing is being made."""
        self.wait_for(lambda: self.is_enabled("insert") and not self.value("task"), "the end of the work")

    def box(self, view: str) -> dict[str, float]:
        """Where a view is on the page."""
        return self.page.locator(f".sketch-pad[data-view={view}]").bounding_box()

    def picture(self, view: str) -> bytes:
        """A view's pixels as PNG."""
        return self.page.screenshot(clip=self.box(view))

    def brightness(self, view: str) -> float:
        """The mean grey of a view."""
        import io

        import numpy as np
        from PIL import Image

        return float(np.asarray(Image.open(io.BytesIO(self.picture(view))).convert("L")).mean())

    # Acting

    def button(self, text: str) -> Any:
        """A button by what stands on it."""
        return self.page.locator("button, .upload").filter(has_text=re.compile(f"^\\s*{re.escape(text)}")).first

    def click(self, text: str) -> None:
        """Click on a button."""
        self.button(text).click()

    def tick(self, words: str, is_on: bool = True) -> None:
        """Have a box ticked, or not."""
        self.page.locator("label.check").filter(has_text=words).locator("input").set_checked(is_on)

    def drag(self, view: str, path: Sequence[tuple[float, float]]) -> None:
        """The left button along `path`, in shares of the view's width from the left and height from the top."""
        box = self.box(view)
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in path]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*point)
        self.page.mouse.up()

    def lay_down(self) -> None:
        """Back to the sketch plane, without a tool."""
        self.page.keyboard.press("t")
        self.page.keyboard.press("Escape")
        self.wait_for(lambda: self.page.evaluate("!sketchNoduleSynth.awaited"), "the answer")
        self.wait_for(lambda: not self.page.locator(".drawing").count(), "no pen")

    def place(self, view: str = "Red", at: tuple[float, float] = (0.35, 0.5)) -> None:
        """The VOI where one clicks."""
        if not self.is_on("place"):
            self.click("Place (P)")
            self.wait_for(lambda: self.is_on("place"), "the tool")
        self.drag(view, [at])
        self.wait_for(lambda: self.is_enabled("diameter_mm") and self.is_on("draw_nodule"), "the VOI")

    def draw(self, radius: float = 0.2, at: tuple[float, float] = (0.5, 0.5)) -> None:
        """A round line in the sketch view, `radius` in shares of its width."""
        box = self.box("Sketch")
        across = box["width"] / box["height"]
        self.drag("Sketch", [(at[0] + radius * x, at[1] + radius * across * y) for x, y in ROUND])
        self.wait_for(lambda: self.is_enabled("clear"), "the line")

    def insert(self) -> None:
        """The draft into the CT."""
        before = self.value("undoable")
        self.click(self.value("words")["insert"])
        self.wait_for(lambda: self.value("undoable") != before and not self.value("task"), "the nodule")

    def send(self, text: str, *files: Path) -> None:
        """Files by one of the page's upload buttons."""
        self.page.locator(".upload").filter(has_text=text).locator("input").set_input_files([str(f) for f in files])

    def download(self, text: str, folder: Path) -> Path:
        """A file by one of the page's download links, as it was kept in `folder`."""
        with self.page.expect_download(timeout=PATIENCE_S * 1000) as waiting:
            self.page.locator(".downloads a").filter(has_text=text).click()
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path
