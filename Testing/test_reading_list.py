"""Several cases read one after the other in the browser: one command, one page, one reader."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Visitor, chromium, panel_words, started
from reading_folder import SECRET, SOURCE, write_cases

from SketchNoduleSynthLib.reading.findings import Reading

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
READER = "R1"


@pytest.fixture
def cases(tmp_path) -> Path:
    return write_cases(tmp_path / "cases", READER)


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@contextmanager
def reading(cases: Path, browser: Any) -> Iterator[tuple[Visitor, list[str]]]:
    """At the page of the command, and all that its server sends."""
    command = [sys.executable, "-m", "SketchNoduleSynthLib", "case", "read", str(cases), "--reader", READER]
    got: list[str] = []
    with started(command) as server:
        visitor = Visitor(browser, server)
        visitor.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: got.append(str(frame))))
        visitor.page.reload()
        visitor.wait_for(lambda: visitor.value("title"), "a case")
        yield visitor, got
        assert not visitor.errors
        visitor.close()


def finish(visitor: Visitor) -> None:
    visitor.click("Finish…")
    visitor.page.locator(".v-dialog button").filter(has_text="Finish").click()
    visitor.wait_for(lambda: visitor.value("is_finished"), "the end")
    visitor.wait_for(lambda: not visitor.page.locator(".v-dialog").is_visible(), "the dialog's end")


def go_on(visitor: Visitor, case_id: str) -> None:
    visitor.click("Next case")
    visitor.wait_for(lambda: visitor.value("title").endswith(case_id), case_id)


def heading(visitor: Visitor) -> str:
    return visitor.page.locator(".panel .name").first.inner_text()


def test_cases_are_read_one_after_the_other(cases, browser):
    with reading(cases, browser) as (visitor, got):
        assert heading(visitor) == "Case 2 of 4: c2" and visitor.value("limits")["slice_number"] == [1, 20]
        assert visitor.button("Next case").is_disabled()
        visitor.read_words([word for word in panel_words("readingSection") if word != "Leave"])
        visitor.page.evaluate("window.trame.trigger('next_case')")
        visitor.page.keyboard.press("m")
        visitor.wait_for(lambda: visitor.is_on("mark"), "the tool")
        visitor.drag("Red", [(0.5, 0.5)])
        visitor.wait_for(lambda: visitor.value("findings"), "the mark")
        visitor.page.locator(".control input[type=number]").first.fill("90")
        visitor.page.keyboard.press("Tab")
        visitor.wait_for(lambda: visitor.value("findings")[0]["confidence"] == 90, "the confidence")
        finish(visitor)
        visitor.wait_until_told("The case is finished; 2 to go.")

        go_on(visitor, "c3")
        assert heading(visitor) == "Case 3 of 4: c3" and visitor.value("limits")["slice_number"] == [1, 30]
        assert (visitor.value("findings"), visitor.value("confidence"), visitor.value("is_finished")) == ([], 50, False)
        assert visitor.button("Next case").is_disabled()
        finish(visitor)
        secrets = (SECRET, SOURCE, str(cases / "c4"))
        assert any("c3" in frame for frame in got), "the frames are seen"
        assert not [secret for secret in secrets for frame in got if secret in frame]
    kept = [Reading.read(cases / "readings" / f"{name}_{READER}.json") for name in ("c1", "c2", "c3")]
    assert [len(reading.findings) for reading in kept] == [0, 1, 0]
    assert all(reading.finished for reading in kept)

    with reading(cases, browser) as (visitor, _got):
        assert heading(visitor) == "Case 4 of 4: c4", "where it was left"
        finish(visitor)
        visitor.wait_until_told(f"All 4 cases are read; the readings are kept in {cases / 'readings'}.")
        assert visitor.button("Next case").is_disabled()


def test_a_case_that_cannot_be_opened_is_told_and_tried_again(cases, browser):
    (cases / "c3.zip").unlink()
    ct = cases / "c4" / "ct" / "ct.nrrd"
    with reading(cases, browser) as (visitor, _got):
        assert heading(visitor) == "Case 2 of 3: c2"
        finish(visitor)
        ct.rename(ct.with_name("elsewhere"))
        visitor.click("Next case")
        visitor.wait_until_told("CT")
        assert visitor.value("title") == "Case 2 of 3: c2" and visitor.is_enabled("next_case")
        ct.with_name("elsewhere").rename(ct)
        go_on(visitor, "c4")
