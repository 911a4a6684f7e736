"""The table of nodules: it has what was just made, its buttons take what it has, and the light's reason is text."""

from __future__ import annotations

import numpy as np

from in_slicer import user
from in_slicer.session import LUNG_RAS_MM, InSlicer, needs_runtime, voxels

OTHER_RAS_MM = tuple(np.add(LUNG_RAS_MM, (0.0, 25.0, 10.0)))


@needs_runtime
class Table(InSlicer):
    def keys(self) -> list[int]:
        return [nodule.key for nodule in self.editor.session.nodules]

    def test_it_selects_what_was_just_made_and_remove_takes_that(self) -> None:
        self.make_nodule()
        first = voxels(self.result)
        self.make_nodule(OTHER_RAS_MM)
        ui = self.ui
        self.assertEqual(ui.nodulesTable.currentRow(), 1)
        self.assertEqual([one.text for one in (ui.edit, ui.hide, ui.remove)], ["Edit 2", "Hide 2", "Remove 2"])
        user.click(ui.remove)
        self.rest()
        self.assertEqual(self.keys(), [1])
        self.assertTrue(np.array_equal(voxels(self.result), first))
        self.assertEqual(ui.nodulesTable.rowCount, 1)

    def test_a_row_that_is_clicked_is_what_the_buttons_take(self) -> None:
        self.make_nodule()
        self.make_nodule(OTHER_RAS_MM)
        user.click_row(self.ui.nodulesTable, 0)
        self.assertEqual((self.ui.nodulesTable.currentRow(), self.ui.remove.text), (0, "Remove 1"))
        self.assertIn("The views are at nodule 1", self.status, "while the panel has nodule 2")
        user.click(self.ui.edit)
        self.assertEqual(self.ui.insert.text, "Update nodule 1 (I)")
        self.assertLess(np.abs(np.subtract(self.drawing.voi.center_ras_mm, LUNG_RAS_MM)).max(), 2)
        user.click(self.ui.remove)
        self.rest()
        self.assertEqual(self.keys(), [2])

    def test_a_nodule_is_hidden_and_shown_again_exactly(self) -> None:
        self.make_nodule()
        made, before = voxels(self.result), voxels(self.source)
        user.click(self.ui.hide)
        self.rest()
        self.assertEqual(self.ui.hide.text, "Show 1")
        self.assertTrue(np.array_equal(voxels(self.result), before))
        user.click(self.ui.hide)
        self.rest()
        self.assertTrue(np.array_equal(voxels(self.result), made))

    def test_the_reason_of_the_light_is_text_under_the_table_of_the_row_that_is_chosen(self) -> None:
        self.make_nodule()
        self.make_nodule(OTHER_RAS_MM)
        for row in (1, 0):
            user.click_row(self.ui.nodulesTable, row)
            quality = self.editor.session.nodules[row].insertion.report.quality
            text = self.ui.reasonLabel.text
            user.scroll_to(self.ui.reasonLabel)
            self.assertGreater(user.seen_height(self.ui.reasonLabel), 8)
            self.assertTrue(text.startswith(f"{row + 1}, {quality.light}: "), text)
            for reason in quality.reasons or ["Nothing to object to."]:
                self.assertIn(reason, text)
