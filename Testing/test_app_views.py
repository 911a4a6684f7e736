"""What the drawing page shows in and around its views: sides, scale, the VOI's size, and where there is no lung."""

from __future__ import annotations

import io

import numpy as np
import pytest
from browser import CHROMIUM, Visitor, at_the_phantom
from PIL import Image

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def visitor(tmp_path_factory):
    """At the phantom."""
    with at_the_phantom(tmp_path_factory.mktemp("ct")) as both:
        someone = Visitor(*both)
        someone.wait_for_ct()
        yield someone
        assert not someone.errors


def test_a_place_outside_of_the_lung_is_told_and_taken(visitor):
    visitor.place(at=(0.5, 0.5))
    visitor.wait_until_told("There is no lung here (")
    visitor.place()
    visitor.wait_until_told("Draw the nodule's outline")
    visitor.place(at=(0.5, 0.5))
    visitor.draw()
    visitor.wait_for(lambda: "no lung" not in visitor.status(), "its end")
    visitor.wait_for(lambda: visitor.is_enabled("insert"), "what is drawn all the same")


def test_sides_and_scale_stand_in_every_slice_view(visitor):
    def said(view: str) -> dict[str, str]:
        marks = visitor.page.locator(f".view.{view} .marks")
        return {edge: marks.locator(f".{edge}").inner_text() for edge in ("top", "right", "bottom", "left")}

    visitor.place()
    axial = {"top": "A", "right": "L", "bottom": "P", "left": "R"}
    coronal, sagittal = axial | {"top": "S", "bottom": "I"}, {"top": "S", "right": "P", "bottom": "I", "left": "A"}
    for view, sides in (("sketch", axial), ("red", axial), ("green", coronal), ("yellow", sagittal)):
        visitor.wait_for(lambda view=view, sides=sides: said(view) == sides, f"the sides of {view}")
    for diameter, length in ((12.0, "5 mm"), (24.0, "10 mm")):
        visitor.page.get_by_label("Long diameter:").last.fill(str(diameter))
        visitor.page.keyboard.press("Tab")
        ruler = visitor.page.locator(".view.sketch .ruler")
        visitor.wait_for(lambda ruler=ruler, length=length: ruler.inner_text() == length, "the ruler")
        visitor.wait_for(lambda diameter=diameter: visitor.value("diameter_mm") == diameter, "the diameter")
        box = visitor.box("Sketch")
        pixels_a_mm = min(box["width"], box["height"]) / (2 * diameter)
        expected = float(length.split()[0]) * pixels_a_mm
        assert ruler.bounding_box()["width"] == pytest.approx(expected, abs=1.5)


def test_the_long_diameter_is_dotted_around_the_centre(visitor):
    visitor.place()
    visitor.page.wait_for_timeout(500)
    seen = np.asarray(Image.open(io.BytesIO(visitor.picture("Sketch"))).convert("RGB"), int)
    rows, columns = np.nonzero((seen[..., 1] - seen[..., 0] > 60) & (seen[..., 2] - seen[..., 0] > 60))
    height, width = seen.shape[:2]
    radii = np.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2)
    assert len(radii) > 100 and np.allclose(radii, min(width, height) / 4, atol=4)
