"""Where the views look: at the CT that is chosen, the nodule that is made or whose row is clicked, in 3D too."""

from __future__ import annotations

import numpy as np
import slicer

from in_slicer import user
from in_slicer.hand import Hand
from in_slicer.session import SLICES, InSlicer, chest, needs_runtime, new_volume
from in_slicer.table import OTHER_RAS_MM
from SketchNoduleSynthLib.ct.volume import Volume

FAR_MM = 400.0


def focal_points() -> list[np.ndarray]:
    """What the 3D views have in their middle."""
    return [np.array(one.GetFocalPoint()) for one in slicer.util.getNodesByClass("vtkMRMLCameraNode")]


class Looking(InSlicer):
    def check_views_are_at(self, ras: np.ndarray) -> None:
        for name, axis in (("Green", 1), ("Yellow", 0)):
            self.assertLess(abs(Hand(name).middle[axis] - ras[axis]), 0.1, name)
        away = Hand().pose[:3, 3] - ras
        self.assertLess(abs(Hand().pose[:3, 2] @ away), 1.6, "Red: on the plane that was drawn on, within a slice")
        self.assertLess(min(np.abs(point - ras).max() for point in focal_points()), 0.1, "3D")

    def test_choosing_another_ct_moves_all_views_to_it_and_back(self) -> None:
        here = chest()
        far = Volume.of(here.array, here.grid.spacing, here.grid.origin + FAR_MM)
        node = new_volume("far", far)
        for name, chosen in (("far", node), ("CT", self.source)):
            user.choose(self.ui.inputSelector, name)
            self.rest()
            self.assertIs(self.nodes.source, chosen)
            bounds = np.zeros(6)
            chosen.GetRASBounds(bounds)
            for view in SLICES:
                self.assertEqual(Hand(view).background, chosen.GetID())
                middle = Hand(view).middle
                self.assertTrue(((bounds[::2] < middle) & (middle < bounds[1::2])).all(), f"{name} in {view}")

    @needs_runtime
    def test_a_row_that_is_clicked_brings_all_views_there_also_the_selected_one(self) -> None:
        self.make_nodule()
        self.make_nodule(OTHER_RAS_MM)
        for row in (0, 1, 1):
            for view in SLICES:
                Hand(view).node.JumpSliceByCentering(-40.0, 30.0, -20.0)
            user.click_row(self.ui.nodulesTable, row)
            self.check_views_are_at(np.array(self.editor.session.place_of(row + 1)))

    @needs_runtime
    def test_a_nodule_that_is_made_is_in_the_middle_of_the_3d_view(self) -> None:
        self.make_nodule()
        self.check_views_are_at(np.array(self.editor.session.place_of(1)))

    @needs_runtime
    def test_nodules_at_random_bring_the_views_to_the_one_that_the_table_selects(self) -> None:
        self.ui.random_count.selectAll()
        user.type_into(self.ui.random_count, "2")
        user.click(self.ui.add_random)
        self.rest()
        self.assertEqual((self.ui.nodulesTable.rowCount, self.ui.nodulesTable.currentRow()), (2, 1), self.status)
        self.check_views_are_at(np.array(self.editor.session.place_of(2)))
