"""Real or synthetic? in the browser, end to end: the command in a process of its own, Chromium before it."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from accessibility import serious_findings
from browser import CHROMIUM, Visitor, chromium, panel_words, started
from PIL import Image
from turing_folder import write_pictures

from SketchNoduleSynthLib.__main__ import main

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def hand_out(tmp_path_factory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("test") / "set")


@pytest.fixture(scope="module")
def visitor(hand_out):
    command = [sys.executable, "-m", "SketchNoduleSynthLib", "turing", "read", str(hand_out), "--reader", "R1"]
    with started(command) as server, chromium() as browser:
        someone = Visitor(browser, server)
        someone.wait_for(lambda: someone.value("count") == 4, "the set")
        someone.wait_for(lambda: someone.brightness("Picture") > 0, "the first picture")
        yield someone
        assert not someone.errors
        assert not [url for url in someone.requests if not url.startswith((server.root, "data:", "blob:"))]


def test_the_picture_alone_is_shown_as_it_is(visitor, hand_out):
    assert visitor.page.locator(".view").count() == 1
    visitor.page.wait_for_timeout(500)
    seen = np.asarray(Image.open(io.BytesIO(visitor.picture("Picture"))).convert("L"), float)
    rows = np.flatnonzero(seen[:, seen.shape[1] // 2] > 10)
    first = (hand_out / "answers.csv").read_text().split()[1].strip(",")
    with Image.open(hand_out / "patches" / f"{first}.png") as picture:
        size = (seen.shape[1], rows[-1] - rows[0] + 1)
        expected = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), float)
    assert size[0] / size[1] == pytest.approx(3, rel=0.02)
    difference = np.abs(seen[rows[0] : rows[-1] + 1] - expected)
    assert np.median(difference) < 2 and np.quantile(difference, 0.9) < 6, "neither turned, mirrored nor windowed"


def test_the_page_has_the_panels_words_in_its_order(visitor):
    visitor.read_words([word for word in panel_words("turingSection") if word != "Leave"])


def test_axe_finds_nothing_serious(visitor):
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    assert not serious_findings(visitor.page)


def test_answers_are_kept_and_sealed(visitor, hand_out, capsys):
    draft = hand_out.parent / "answers" / "R1.csv.unfinished"
    visitor.page.keyboard.press("s")
    visitor.wait_for(lambda: visitor.is_on("synthetic"), "the answer")
    visitor.page.keyboard.press("5")
    visitor.wait_for(lambda: visitor.value("answer_confidence") == 5, "the confidence")
    assert draft.read_text().split()[1].endswith(",synthetic,5")
    for number in (2, 3, 4):
        visitor.click("Next (N)")
        visitor.wait_for(lambda number=number: visitor.value("number") == number, "the next one")
        visitor.click("Real (R)")
        visitor.wait_for(lambda: visitor.is_on("real"), "the answer")
    visitor.wait_until_told("All are answered")
    assert visitor.button("Next (N)").is_disabled()
    visitor.page.reload()
    visitor.wait_for(lambda: visitor.value("number") == 4 and visitor.is_on("real"), "the same again")
    visitor.click("Finish…")
    visitor.page.locator(".v-dialog button").filter(has_text="Finish").click()
    visitor.wait_for(lambda: visitor.value("is_finished"), "the end")
    sheet = draft.with_name("R1.csv")
    visitor.wait_until_told(str(sheet))
    assert sheet.exists() and not draft.exists()
    assert visitor.button("Real (R)").is_disabled() and visitor.button("Synthetic (S)").is_disabled()
    before = sheet.read_bytes()
    visitor.page.evaluate("window.trame.trigger('act', ['synthetic'])")
    visitor.wait_until_told("cannot be changed")
    assert sheet.read_bytes() == before
    assert main(["turing", "score", str(hand_out.parent / "key.csv"), str(sheet)]) == 0
    assert "R1, 4 patches" in capsys.readouterr().out


def test_what_is_no_set_is_refused_before_anything_is_served(tmp_path, capsys):
    assert main(["turing", "read", str(tmp_path), "--reader", "R1"]) == 2
    assert "no set of pictures" in capsys.readouterr().err
