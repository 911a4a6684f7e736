"""The whole job at the drawing page, as a radiologist does it in one go, and what comes out of it is what was meant."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from browser import CHROMIUM, Visitor, app, chromium
from phantom import chest

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.synthesis.result import carry_out

pytest.importorskip("trame_slicer", reason="trame-slicer is not installed")
pytest.importorskip("playwright", reason="playwright is not installed")
IN_LUNG, AT_PLEURA = (0.36, 0.5), (0.29, 0.5)
"""In the axial view of all of the phantom: in the middle of its right lung, and at the pleura."""


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_open_draw_change_remove_close_come_back_and_export(tmp_path):
    ct, kept = tmp_path / "chest.nrrd", str(tmp_path / "kept")
    chest().write(ct)
    with chromium() as browser:
        with app(ct, kept=kept) as server:
            visitor = Visitor(browser, server)
            visitor.wait_for_ct()
            draw_part_solid(visitor)
            draw_at_pleura(visitor)
            change_second(visitor)
            remove_first(visitor)
            made = rows(visitor)
            visitor.close()
        with app(ct, kept=kept) as server:
            visitor = Visitor(browser, server)
            visitor.wait_for_ct()
            visitor.wait_until_told("is kept: 1 nodule")
            visitor.click("Take it up again")
            visitor.wait_for(lambda: rows(visitor) == made, "the nodule as it was")
            check_export(visitor, ct, tmp_path)
            assert not visitor.errors


def rows(visitor: Visitor) -> list[list[str]]:
    """What the table says of each nodule, but for the mark of the one that the panel has."""
    return [row.replace(" ✎", "").split("\t") for row in visitor.page.locator("tbody tr").all_inner_texts()]


def draw_part_solid(visitor: Visitor) -> None:
    visitor.place(at=IN_LUNG)
    visitor.page.get_by_label("Long diameter:").last.fill("14")
    visitor.page.keyboard.press("Tab")
    visitor.page.get_by_label("Attenuation:").select_option("part-solid")
    visitor.page.keyboard.press("n")
    visitor.draw(radius=0.2)
    visitor.page.keyboard.press("s")
    visitor.wait_for(lambda: visitor.is_on("draw_solid"), "the pen of the solid part")
    visitor.draw(radius=0.09)
    visitor.wait_until_made()
    visitor.insert()
    assert [row[4] for row in rows(visitor)] == ["part-solid"]


def draw_at_pleura(visitor: Visitor) -> None:
    visitor.page.keyboard.press("f")
    visitor.wait_for(lambda: not visitor.is_on("near"), "all of the CT")
    visitor.place(at=AT_PLEURA)
    visitor.page.get_by_label("Attenuation:").select_option("solid")
    visitor.draw(radius=0.15)
    visitor.wait_until_made()
    visitor.insert()
    visitor.wait_for(lambda: len(rows(visitor)) == 2, "both")


def change_second(visitor: Visitor) -> None:
    before = rows(visitor)
    visitor.click("Edit 2")
    visitor.wait_for(lambda: visitor.is_on("draw_nodule"), "its drawing, and the pen")
    visitor.page.get_by_label("Attenuation:").select_option("ground-glass")
    visitor.wait_until_made()
    visitor.click("Update nodule 2")
    visitor.wait_for(lambda: rows(visitor)[1][4] == "ground-glass", "the change")
    visitor.wait_until_made()
    assert rows(visitor)[0] == before[0] and len(before) == 2, "the first is as it was"


def remove_first(visitor: Visitor) -> None:
    visitor.page.locator("tbody tr").first.click()
    visitor.wait_for(lambda: visitor.page.get_by_text("Remove 1").is_visible(), "the button that names it")
    visitor.click("Remove 1")
    visitor.wait_for(lambda: [row[0].strip() for row in rows(visitor)] == ["2"], "the second alone")


def check_export(visitor: Visitor, ct, folder) -> None:
    recipe = Recipe.read(visitor.download("Recipe", folder))
    synthetic = Volume.read(visitor.download("CT with nodules", folder)).array
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(visitor.download("Label map", folder))))
    assert visitor.download("DICOM series", folder).stat().st_size > 0
    (nodule,) = recipe.nodules
    assert nodule.attenuation == "ground-glass" and len(nodule.strokes) == 1
    source = Volume.read(ct)
    again = carry_out(source, recipe)
    assert np.array_equal(synthetic, again.synthetic.array) and np.array_equal(labels, again.labels)
    assert labels.any() and (synthetic != source.array).any()
    at = source.grid.to_lps(np.argwhere(labels)[:, ::-1].mean(0))
    assert np.linalg.norm(at - np.array(nodule.voi.center_lps_mm)) < nodule.voi.diameter_mm / 2
