"""The CT's own nodules in the page: clicked, measured, taken out, drawn; and drawings that are suggested."""

from __future__ import annotations

import numpy as np
import pytest
from browser import CHROMIUM, Visitor, app, chromium
from phantom import LUNG_RAS_MM, chest_with_nodule

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.ct.volume import Volume

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
HALF_VOXELS = 26


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """At a CT in whose middle a nodule is."""
    whole = chest_with_nodule()
    middle = np.rint(whole.grid.to_index(lps_of_ras(LUNG_RAS_MM))).astype(int)[::-1]
    box = Box.of(np.maximum(middle - HALF_VOXELS, 0).tolist(), (middle + HALF_VOXELS + 1).tolist())
    path = tmp_path_factory.mktemp("ct") / "nodule.nrrd"
    Volume(whole.array[box], whole.grid.cropped(box)).write(path)
    with app(path) as server, chromium() as browser:
        someone = Visitor(browser, server)
        someone.wait_for_ct()
        yield someone
        assert not someone.errors


def press(visitor: Visitor, text: str) -> None:
    visitor.click(text)
    visitor.page.wait_for_timeout(100)
    visitor.wait_for(lambda: not visitor.value("task"), "the end of the work")


def test_a_real_nodule_is_measured_taken_out_and_put_back(visitor):
    visitor.click("Real nodule (L)")
    visitor.wait_for(lambda: visitor.is_on("find"), "the tool")
    visitor.drag("Red", [(0.5, 0.5)])
    (row,) = visitor.wait_for(lambda: visitor.value("nodules"), "the row")
    assert row["model"] == "real" and row["attenuation"] == "solid" and "mm³" in row["remarks"]
    assert " × " in row["size"] and not visitor.is_on("find")
    press(visitor, "Take out (U)")
    visitor.wait_for(lambda: visitor.value("nodules")[0]["model"] == "taken out", "the lung in its place")
    press(visitor, "Put back (U)")
    visitor.wait_for(lambda: visitor.value("nodules")[0]["model"] == "real", "the nodule")


def test_it_becomes_a_drawing_and_another_is_suggested(visitor):
    press(visitor, "Draw 1")
    visitor.wait_for(lambda: visitor.is_enabled("clear"), "its outline")
    visitor.page.locator("label.check").filter(has_text="Spicules").locator("input").check()
    visitor.wait_for(lambda: visitor.value("spicules"), "the wish")
    press(visitor, "Suggest (G)")
    visitor.wait_for(lambda: visitor.value("undoable") == "Suggest a drawing", "the drawing")


def test_a_click_beside_it_is_told(visitor):
    visitor.page.keyboard.press("l")
    visitor.wait_for(lambda: visitor.is_on("find"), "the tool")
    visitor.drag("Red", [(0.3, 0.3)])
    visitor.wait_until_told("There is no nodule here")
