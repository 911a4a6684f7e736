"""The browser's front keeps the session on disk: the server is killed, and started again what was made is offered."""

from __future__ import annotations

import pytest
from browser import CHROMIUM, Visitor, app, chromium
from phantom import chest

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_after_the_server_was_killed_the_drawing_is_taken_up_or_deleted(tmp_path):
    ct, kept = tmp_path / "chest.nrrd", tmp_path / "kept"
    chest().write(ct)
    with chromium() as browser:
        with app(ct, kept=str(kept)) as server:
            visitor = Visitor(browser, server)
            visitor.wait_for_ct()
            visitor.place()
            visitor.draw()
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
