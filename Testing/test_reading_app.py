"""Reading a case in the browser, end to end: the server in a process of its own, Chromium, real pointer events."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from accessibility import serious_findings
from browser import CHROMIUM, TABLET, Visitor, chromium, panel_words, started, status_of
from phantom import chest
from reading_folder import CASE_ID, SECRET, SOURCE, write_case

from SketchNoduleSynthLib.__main__ import main
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.teaching.case import INSTRUCTIONS

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
READER = "R1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_case(tmp_path_factory.mktemp("cases") / "case")


def words(folder: Path, reader: str = READER) -> list[str]:
    return ["case", "read", str(folder), "--reader", reader, "--readings", str(folder.parent / "kept")]


def serve(folder: Path):
    return started([sys.executable, "-m", "SketchNoduleSynthLib", *words(folder)])


@pytest.fixture(scope="module")
def file(folder) -> Path:
    return folder.parent / "kept" / f"{CASE_ID}_{READER}.json"


@pytest.fixture(scope="module")
def server(folder):
    with serve(folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


class CaseVisitor(Visitor):
    """Someone who opened the page for reading; :attr:`got` is all text that the server sent."""

    def __init__(self, browser, server, *options, **more) -> None:
        super().__init__(browser, server, *options, **more)
        self.got: list[str] = []
        self.page.on("response", self.keep)
        self.page.on("websocket", lambda socket: socket.on("framereceived", self.keep_frame))
        self.page.reload()
        self.wait_for(lambda: self.value("title"), "the case")
        self.wait_for(lambda: self.brightness("Red") > 0, "the first picture")

    def keep(self, response) -> None:
        self.got.append(response.url + str(response.all_headers()))

    def keep_frame(self, frame) -> None:
        self.got.append(frame if isinstance(frame, str) else frame.decode("latin-1"))

    @property
    def numbers(self) -> list[int]:
        return [row["number"] for row in self.value("findings")]

    def mark(self, view: str, at: tuple[float, float]) -> None:
        """M, then a click."""
        before = self.numbers
        self.page.keyboard.press("m")
        self.wait_for(lambda: self.is_on("mark"), "the tool")
        self.drag(view, [at])
        self.wait_for(lambda: len(self.numbers) == len(before) + 1 and not self.is_on("mark"), "the mark")

    def fill(self, selector: str, text: str) -> None:
        """Type into a field and leave it."""
        self.page.locator(selector).fill(text)
        self.page.keyboard.press("Tab")


@pytest.fixture
def visitor(browser, server):
    someone = CaseVisitor(browser, server)
    for number in someone.numbers:
        someone.page.evaluate("number => window.trame.trigger('act', ['select', number])", number)
        someone.wait_for(lambda number=number: someone.value("active") == number)
        someone.click("Remove (Del)")
        someone.wait_for(lambda number=number: number not in someone.numbers)
    yield someone
    assert not someone.errors
    someone.close()


def inside(at_ras_mm) -> bool:
    index = chest().grid.to_index(np.array(at_ras_mm) * (-1, -1, 1))
    return bool(((index > 0) & (index < chest().grid.size - 1)).all())


def test_marks_with_confidence_and_remark_are_kept_as_they_are_made(visitor, file):
    assert visitor.value("instructions") == INSTRUCTIONS
    assert visitor.page.get_by_text(f"Reader: {READER}").is_visible()
    visitor.mark("Red", (0.4, 0.5))
    visitor.mark("Green", (0.6, 0.5))
    first, second = visitor.numbers
    visitor.fill(".control input[type=number] >> nth=0", "85")
    visitor.wait_for(lambda: visitor.value("findings")[1]["confidence"] == 85, "the confidence")
    visitor.fill(".remark input", "m, at the fissure")
    visitor.wait_for(lambda: visitor.value("findings")[1]["remark"], "the remark")
    visitor.page.locator("tbody tr").first.click()
    visitor.wait_for(lambda: visitor.value("active") == first and visitor.value("confidence") == 50, "the other one")
    assert visitor.value("remark") == ""
    findings = Reading.read(file).findings
    assert [(f.number, f.confidence, f.remark) for f in findings] == [
        (first, 50, ""),
        (second, 85, "m, at the fissure"),
    ]
    assert all(inside(finding.at_ras_mm) for finding in findings)
    visitor.page.keyboard.press("Delete")
    visitor.wait_for(lambda: visitor.numbers == [second], "its end")
    visitor.page.reload()
    visitor.wait_for(lambda: visitor.value("title") and visitor.numbers == [second], "the same after a reload")


def test_a_finding_is_dragged(visitor, file):
    visitor.mark("Red", (0.5, 0.5))
    before = np.array(Reading.read(file).findings[0].at_ras_mm)
    box, mouse = visitor.box("Red"), visitor.page.mouse
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    visitor.page.wait_for_timeout(200)
    mouse.down()
    for step in range(1, 9):
        mouse.move(x + 8 * step, y)
        visitor.page.wait_for_timeout(30)
    assert np.array_equal(Reading.read(file).findings[0].at_ras_mm, before), "it is not let go yet"
    mouse.up()
    visitor.wait_for(lambda: not np.array_equal(Reading.read(file).findings[0].at_ras_mm, before), "its new place")
    moved = Reading.read(file).findings[0].at_ras_mm - before
    assert moved[0] < -5 and abs(moved[1]) < 3 and moved[2] == 0, "to the right of the screen, the patient's left"


def test_slices_and_windows(visitor):
    assert visitor.value("limits")["slice_number"] == [1, 48] and visitor.page.get_by_text("of 48").is_visible()
    visitor.fill(".control input[type=number] >> nth=1", "12")
    visitor.wait_for(lambda: visitor.value("slice_number") == 12, "the slice")
    visitor.page.keyboard.press("f")
    visitor.wait_for(lambda: visitor.value("slice_number") == 13, "F")
    box = visitor.box("Red")
    visitor.page.mouse.move(box["x"] + 200, box["y"] + 200)
    visitor.page.mouse.wheel(0, -120)
    visitor.wait_for(lambda: visitor.value("slice_number") == 14, "the wheel")
    visitor.page.wait_for_timeout(300)
    lung = visitor.picture("Red")
    visitor.click("Mediastinal window")
    visitor.wait_for(lambda: visitor.picture("Red") != lung, "the other window")
    visitor.page.keyboard.press("l")
    visitor.wait_for(lambda: visitor.picture("Red") == lung, "the lung window again")
    visitor.page.get_by_label("Slice: Axial").fill("15")
    visitor.wait_for(lambda: visitor.value("slice_number") == 15, "the view's own slider")


def test_touch_marks_too_and_outside_of_the_ct_it_is_told(browser, visitor, server):
    someone = CaseVisitor(browser, server, TABLET, has_touch=True)
    for at, is_marked in (((0.5, 0.5), True), ((0.5, 0.005), False)):
        someone.click("Mark (M)")
        someone.wait_for(lambda: someone.is_on("mark"), "the tool")
        box = someone.box("Green")
        before = len(someone.numbers)
        someone.page.touchscreen.tap(box["x"] + at[0] * box["width"], box["y"] + at[1] * box["height"])
        if is_marked:
            someone.wait_for(lambda before=before: len(someone.numbers) == before + 1, "the mark")
        else:
            someone.wait_for(lambda: "outside of the CT" in someone.status(), "the sentence")
    someone.page.keyboard.press("Escape")
    someone.wait_for(lambda: not someone.is_on("mark"), "the tool's end")
    someone.close()


def test_what_cannot_be_read_is_refused_before_anything_is_served(folder, tmp_path, capsys):
    def said(*words: str | Path) -> str:
        assert main(["case", "read", *map(str, words), "--readings", str(tmp_path / "kept")]) == 2
        return capsys.readouterr().err

    assert "no case" in said(tmp_path, "--reader", READER)
    assert "reader's name" in said(folder, "--reader", "../R1")
    assert f"are both the case {CASE_ID}" in said(folder, folder, "--reader", READER)
    assert not (tmp_path / "kept").exists()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / f"{CASE_ID}_{READER}.json").write_text("{}")
    assert f"{CASE_ID}_{READER}.json" in said(folder, "--reader", READER)


def test_axe_finds_nothing_serious(visitor):
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    assert not serious_findings(visitor.page)


def test_the_page_has_the_panels_words_in_its_order(visitor):
    """But for what only Slicer, or a list of cases, needs."""
    visitor.read_words([word for word in panel_words("readingSection") if word not in ("Leave", "Next case")])


def test_nothing_of_the_truth_is_served(visitor, server, folder):
    visitor.mark("Red", (0.4, 0.5))
    visitor.click("Lung window")
    outside = [url for url in visitor.requests if not url.startswith((visitor.server.root, "data:", "blob:"))]
    assert visitor.requests and not outside
    got = "\n".join([*visitor.got, visitor.page.content()])
    assert CASE_ID in got and INSTRUCTIONS in got, "the frames are seen"
    assert not [secret for secret in (SECRET, SOURCE, str(folder)) if secret in got]
    token = server.address.split("?")[1]
    assert status_of(f"{server.root}index.html?{token}") == 200
    for path in ("truth/truth.json", "case/truth/truth.json", "case.json", "ct/ct.nrrd", "..%2Ftruth%2Ftruth.json"):
        assert status_of(f"{server.root}{path}?{token}") == 404
        assert status_of(server.root + path) == 403


def test_finish_is_asked_for_and_is_the_end(visitor, file):
    visitor.mark("Red", (0.4, 0.5))
    visitor.click("Finish…")
    dialog = visitor.page.locator(".v-dialog")
    visitor.wait_for(lambda: "You cannot change it afterwards" in dialog.inner_text(), "the question")
    dialog.locator("button").filter(has_text="Go on").click()
    visitor.wait_for(lambda: not dialog.is_visible(), "its end")
    assert not visitor.value("is_finished")
    visitor.click("Finish…")
    dialog.locator("button").filter(has_text="Finish").click()
    visitor.wait_for(lambda: visitor.value("is_finished"), "the end")
    visitor.wait_until_told(str(file))
    for text in ("Mark (M)", "Remove (Del)", "Finish…"):
        assert visitor.button(text).is_disabled()
    sealed = file.read_bytes()
    visitor.wait_for(lambda: not dialog.is_visible(), "the dialog's end")
    visitor.page.keyboard.press("m")
    visitor.wait_until_told("finished and cannot be changed")
    visitor.page.evaluate("window.trame.trigger('act', ['remove'])")
    visitor.wait_until_told("finished")
    assert file.read_bytes() == sealed and Reading.read(file).minutes is not None
    visitor.page.evaluate("window.trame.state.set('confidence', 3)")
    visitor.page.wait_for_timeout(200)
    assert file.read_bytes() == sealed
    visitor.page.reload()
    visitor.wait_for(lambda: visitor.value("is_finished") and "finished" in visitor.status(), "the same again")
