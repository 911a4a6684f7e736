"""What the panel says of a nodule is what the nodule has: its boxes, and the size in table and truth."""

from __future__ import annotations

import numpy as np
import pytest
from panel_fixtures import insert
from phantom import LUNG_RAS_MM

from SketchNoduleSynthLib.teaching.case import Case

pytest_plugins = ["standin", "panel_fixtures"]
BELOW_RAS_MM = np.add(LUNG_RAS_MM, (0.0, 0.0, -26.0))
VOXEL_MM = 3.2
"""Across the phantom's, which stand out of a round outline as steps do."""


def test_the_boxes_show_density_and_diameter_too_and_a_key_chooses_what_was_chosen_before(drawn):
    import qt

    ui = drawn.ui

    def shown() -> tuple[str, str, bool, int, float, int]:
        density = ui.has_density.checked, ui.core_hu.value
        return ui.model.currentText, ui.attenuation.currentText, *density, ui.diameter_mm.value, ui.seed.value

    drawn.choose(ui.attenuation, "ground-glass")
    drawn.click(ui.has_density)
    ui.core_hu.setValue(-500)
    ui.diameter_mm.setValue(10.0)
    insert(drawn)
    first = shown()
    assert first == ("pix2pix", "ground-glass", True, -500, 10.0, 0)
    drawn.place(BELOW_RAS_MM)
    drawn.choose(ui.model, "mcgan")
    drawn.choose(ui.attenuation, "solid")
    drawn.click(ui.has_density)
    ui.diameter_mm.setValue(16.0)
    ui.seed.setValue(3)
    drawn.draw()
    insert(drawn)
    second = shown()
    assert second == ("mcgan", "solid", False, 0, 16.0, 3)
    drawn.scroll_to(ui.nodulesTable)
    row = ui.nodulesTable.visualItemRect(ui.nodulesTable.item(0, 0)).center()
    drawn.desktop.click(ui.nodulesTable.viewport(), (row.x(), row.y()))
    drawn.click(ui.edit)
    assert shown() == first
    drawn.key("z")
    assert shown() == second
    drawn.key("y")
    drawn.reload()
    ui = drawn.ui
    assert shown() == first
    drawn.scroll_to(ui.attenuation)
    drawn.desktop.press_key(ui.attenuation, qt.Qt.Key_Home)
    assert shown() == ("pix2pix", "solid", *first[2:])
    insert(drawn)
    assert [nodule.recipe.attenuation for nodule in drawn.session.nodules] == ["solid", "solid"]
    assert drawn.editor.selected.key == 1, "and not the other, which is made again since it stands near"


def test_the_table_and_the_truth_have_one_size_near_what_was_asked_for(reader, tmp_path):
    asked = (28.0, 8.0)
    for diameter_mm, at in zip(asked, (LUNG_RAS_MM, BELOW_RAS_MM), strict=True):
        reader.place(at)
        reader.ui.diameter_mm.setValue(diameter_mm)
        reader.draw(share=0.25)  # On the dots.
        insert(reader)
    sizes = [reader.ui.nodulesTable.item(row, 1).text() for row in range(2)]
    reader.desktop.dialogs.answers += [str(tmp_path / "case")]
    reader.click(reader.ui.save_training_case)
    reader.wait()
    truth = Case.open(tmp_path / "case").truth().nodules
    for diameter_mm, size, nodule in zip(asked, sizes, truth, strict=True):
        long, short = (float(part) for part in size.removesuffix(" mm").split(" × "))
        assert (long, short) == pytest.approx((nodule.diameter_mm, nodule.short_axis_mm), abs=0.06)
        assert nodule.diameter_mm == pytest.approx(diameter_mm, abs=VOXEL_MM)
