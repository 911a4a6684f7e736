"""The browser's front keeps the session: a tab is closed, the server killed, and what was made is there again."""

from __future__ import annotations

import io

import numpy as np
import pytest
from browser import CHROMIUM, Visitor, app, chromium
from phantom import chest
from PIL import Image

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
SAME_GREY = 1.0
"""On the average, of two pictures that differ by what is over the page alone."""


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_after_a_tab_was_closed_and_the_server_killed_the_drawing_is_there_taken_up_or_deleted(tmp_path):
    ct, kept = tmp_path / "chest.nrrd", tmp_path / "kept"
    chest().write(ct)
    with chromium() as browser:
        with app(ct, kept=str(kept)) as server:
            visitor = Visitor(browser, server)
            visitor.wait_for_ct()
            visitor.place()
            visitor.draw()
            visitor.wait_until_made()
            drawn = visitor.wait_for(lambda: still(visitor), "a picture that stays")
            visitor.close()
            visitor = Visitor(browser, server)
            visitor.wait_for_ct()
            visitor.wait_for(lambda: away(visitor.picture("Sketch"), drawn) < SAME_GREY, "the drawing, in a new tab")
            visitor.wait_for(lambda: visitor.is_enabled("insert"), "that one goes on there")
            server.process.kill()
        with app(ct, kept=str(kept)) as server:
            visitor = Visitor(browser, server)
            visitor.wait_for_ct()
            visitor.wait_until_told("is kept: a drawing")
            visitor.click("Take it up again")
            visitor.wait_for(lambda: visitor.is_enabled("clear"), "the drawing")
            visitor.wait_for(lambda: not visitor.is_enabled("take_up"), "no offer any more")
            near = lambda: visitor.value("marks")["Red"]  # noqa: E731
            visitor.wait_for(lambda: near()["ruler_mm"] / near()["ruler_share"] < 120, "the box from near")
            visitor.send("Open a CT", ct)
            visitor.wait_for(lambda: not visitor.is_enabled("clear"), "the CT anew")
            visitor.click("Delete it")
            visitor.wait_for(lambda: not visitor.is_enabled("delete_kept"), "the end of it")
            assert not list(kept.iterdir())


def still(visitor: Visitor) -> bytes | None:
    """The sketch's picture if it stays for half a second."""
    before = visitor.picture("Sketch")
    visitor.page.wait_for_timeout(500)
    after = visitor.picture("Sketch")
    return after if away(before, after) == 0 else None


def away(one: bytes, other: bytes) -> float:
    """How much darker or lighter a pixel of one picture is than of another of the same size, on the average."""
    first, second = (np.asarray(Image.open(io.BytesIO(picture)).convert("L"), float) for picture in (one, other))
    return float(np.abs(first - second).mean())
