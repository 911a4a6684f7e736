"""Reading a case, and telling real from synthetic: the views are theirs for a time, and the user's again after it."""

from __future__ import annotations

import numpy as np
import slicer
from reading_folder import write_case
from turing_folder import write_pictures

from in_slicer import dialogs, user
from in_slicer.hand import Hand
from in_slicer.session import LUNG_RAS_MM, SLICES, InSlicer

READER = "R1"


class Modes(InSlicer):
    def shown(self) -> list[tuple]:
        """What the views show, and which of them there are."""
        manager = slicer.app.layoutManager()
        return [(manager.layout, *Hand(name).layers(), *Hand(name).pose.ravel().round(4)) for name in SLICES]

    def test_a_case_is_read_on_the_axes_of_the_body_and_the_views_are_given_back(self) -> None:
        self.place()
        user.pull(self.ui.tilt_lr_deg, 30)
        Hand("Yellow").node.SetOrientation("Coronal")
        before = self.shown()
        with dialogs.answering(str(write_case(self.folder / "case")), READER):
            user.click(self.ui.readButton)
        self.rest()
        self.assertTrue(self.ui.readingSection.visible)
        self.assertFalse(self.ui.voiSection.visible)
        for name, orientation in zip(SLICES, ("Axial", "Coronal", "Sagittal"), strict=True):
            self.assertEqual(Hand(name).node.GetOrientation(), orientation)
        self.assertEqual([name for name in user.names_listed(self.ui.inputSelector) if "case" in name.lower()], [])
        user.click(self.ui.mark)
        hand = Hand()
        hand.node.JumpSliceByCentering(*LUNG_RAS_MM)
        hand.click(LUNG_RAS_MM)
        findings = self.widget.panel.reading.controller.session.findings
        self.assertEqual(len(findings), 1)
        user.click(self.ui.leaveButton)
        self.rest()
        self.assertEqual(self.shown(), before)
        self.assertIs(self.nodes.source, self.source)

    def test_real_or_synthetic_has_the_red_view_alone_and_the_layout_comes_back(self) -> None:
        self.place()
        before, layouts = self.shown(), slicer.vtkMRMLLayoutNode
        with dialogs.answering(str(write_pictures(self.folder / "set")), READER):
            user.click(self.ui.turingButton)
        self.rest()
        self.assertTrue(self.ui.turingSection.visible)
        self.assertEqual(slicer.app.layoutManager().layout, layouts.SlicerLayoutOneUpRedSliceView)
        self.assertEqual([name for name in user.names_listed(self.ui.inputSelector) if "synthetic" in name], [])
        self.key("S")
        self.assertTrue(self.ui.synthetic.checked)
        user.click(self.ui.leaveTuringButton)
        user.process_events(0.1)
        self.rest()
        self.assertEqual(self.shown(), before)
        self.assertTrue(np.isfinite(self.off_plane_mm()) and self.ui.voiSection.visible)
