"""The panel: what stays in sight, what it says and when no longer, its keys, a second one, and Python's console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import qt
import slicer

from in_slicer import user
from in_slicer.session import LUNG_RAS_MM, MODULE, InSlicer, needs_runtime, new_volume
from SketchNoduleSynthLib.ct.frame import tilted_axes
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.editing_actions import EDITING

CONTROLS = ("QAbstractButton", "QAbstractSpinBox", "QComboBox", "QAbstractSlider", "QLineEdit", "QTableWidget")
CONTROLS += ("QListWidget",)


class Panel(InSlicer):
    # In sight

    @needs_runtime
    def test_progress_cancel_and_messages_stay_in_sight_whatever_the_panel_is_scrolled_to(self) -> None:
        self.ui.random_count.selectAll()
        user.type_into(self.ui.random_count, "20")
        user.click(self.ui.add_random)
        for control in (self.ui.load_recipe, self.ui.nodulesTable, self.ui.inputSelector):
            user.scroll_to(control)
            for widget in (self.ui.statusLabel, self.ui.taskLabel, self.ui.progressBar, self.ui.cancel):
                self.assertGreater(user.seen_height(widget), 10, f"{widget.objectName} at {control.objectName}")
        user.click(self.ui.cancel)
        self.rest()
        self.assertIn("Cancelled", self.status)
        self.assertFalse(self.ui.progressFrame.visible)
        self.assertEqual(self.editor.session.nodules, ())
        user.scroll_to(self.ui.load_recipe)
        self.assertGreater(user.seen_height(self.ui.statusLabel), 10)

    def test_the_panel_needs_no_long_scroll_at_1280_by_800(self) -> None:
        size = self.window.width, self.window.height
        self.window.showNormal()
        self.window.resize(1280, 800)
        user.process_events(0.3)
        try:
            page, area = self.ui.sectionsPage, self.ui.sections
            self.measured.append(f"{page.width} x {page.height} in {area.width} x {area.height} pixels")
            self.assertLessEqual(page.width, area.width, "nothing is cut")
            self.assertLess(page.height, 2.5 * area.height, "not long to scroll")
        finally:
            self.window.resize(*size)
            user.process_events(0.1)

    def test_every_control_has_a_tooltip(self) -> None:
        without = [
            f"{control.className()} {control.objectName}"
            for section in ("dependencyFrame", "progressFrame", "keptFrame", "sectionsPage")
            for control in user.descendants(getattr(self.ui, section), *CONTROLS)
            if not (control.inherits("QScrollBar") or control.inherits("ctkCollapsibleButton") or self.tooltip(control))
        ]
        self.assertEqual(without, [])

    def tooltip(self, control: Any) -> str:
        """Its own, or of what it is a part of, as Qt shows it."""
        while control is not None and not control.toolTip and control.objectName not in ("sectionsPage", "sections"):
            control = control.parentWidget()
        return control.toolTip if control is not None else ""

    def test_every_key_of_the_buttons_is_heard_once_and_by_nothing_of_slicers_own(self) -> None:
        self.place()
        holders = user.descendants(self.window, "QMenu", "QToolBar")
        theirs = {action.shortcut.toString() for holder in holders for action in holder.actions() if action.enabled}
        ours = {qt.QKeySequence(keys).toString() for keys in EDITING.keys}
        heard = Counter(shortcut.key.toString() for shortcut in user.shortcuts(self.window))
        self.assertEqual({keys: heard[keys] for keys in ours if heard[keys] != 1}, {})
        self.assertEqual(theirs & ours, set())

    # What it says

    def turn_box(self, tilt_deg: float) -> None:
        """As by its handle, with the mouse down until the end."""
        roi, turned, pose = self.nodes.roi, np.array([-1, -1, 1]), np.eye(4)
        pose[:3, :3] = tilted_axes(tilt_deg).T * np.outer(turned, turned)
        pose[:3, 3] = LUNG_RAS_MM
        roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(pose))
        user.process_events()

    def test_a_box_that_is_tilted_too_far_is_refused_however_far_and_told_until_it_is_well_again(self) -> None:
        self.place()
        for tilt in range(10, 101, 10):
            self.turn_box(tilt)
            self.assertEqual(self.drawing.voi.tilt_lr_deg, min(tilt, 30), f"{tilt} degrees")
        self.assertIn("The box VOI is tilted by more than 30 degrees", self.status)
        for tilt in range(90, 19, -10):
            self.turn_box(tilt)
        self.assertNotIn("tilted", self.status)
        self.assertEqual(self.drawing.voi.tilt_lr_deg, 20)

    def test_the_words_of_a_tilt_are_gone_when_the_slider_or_undo_makes_it_well_again(self) -> None:
        self.place()
        for mend in (lambda: user.pull(self.ui.tilt_hf_deg, 20), lambda: user.click(self.ui.undo)):
            self.turn_box(50)
            self.assertIn("tilted by more than", self.status)
            mend()
            self.assertNotIn("tilted by more than", self.status)

    # The console, and CTs that come

    def test_a_ct_that_is_loaded_while_the_module_is_in_front_is_chosen_if_none_was(self) -> None:
        slicer.mrmlScene.RemoveNode(self.source)
        user.process_events(0.1)
        self.assertIsNone(self.editor)
        loaded = new_volume("loaded")
        user.process_events(0.1)
        self.assertIs(self.nodes.source, loaded)
        new_volume("another")
        user.process_events(0.1)
        self.assertIs(self.nodes.source, loaded, "what is chosen stays")

    def test_the_console_needs_no_ct_in_the_panel_and_the_panel_follows_it(self) -> None:
        user.choose(self.ui.inputSelector, "None")
        self.assertIsNone(self.editor)
        logic = slicer.util.getModuleLogic(MODULE)
        other = new_volume("of the console")
        logic.open(other)
        user.process_events(0.1)
        logic.place(LUNG_RAS_MM, 16.0)
        user.process_events(0.1)
        self.assertIs(self.ui.inputSelector.currentNode(), other)
        self.assertEqual((self.ui.diameter_mm.enabled, self.ui.diameter_mm.value), (True, 16.0))

    def test_the_console_says_what_to_do_where_no_ct_is_open(self) -> None:
        slicer.mrmlScene.RemoveNode(self.source)
        user.process_events(0.1)
        with self.assertRaisesRegex(InputError, r"No CT is open; call open\(volumeNode\) first"):
            slicer.util.getModuleLogic(MODULE).place(LUNG_RAS_MM)

    # A second panel

    @contextmanager
    def second_panel(self) -> Iterator[Any]:
        """The Python widget of another instance of the module's panel."""
        second = slicer.util.getNewModuleWidget(MODULE)
        second.parent.show()
        second.ui.inputSelector.setCurrentNode(self.source)
        user.process_events(0.1)
        try:
            yield second
        finally:
            second.cleanup()
            second.ui.SketchNoduleSynth.setMRMLScene(None)
            second.parent.deleteLater()
            user.process_events(0.1)

    @needs_runtime
    def test_a_second_panel_shows_what_is_done_in_the_first_and_does_the_same(self) -> None:
        self.place_and_draw()
        with self.second_panel() as second:
            self.assertIs(second.panel.editor, self.editor)
            self.assertTrue(self.ui.draw_nodule.checked, "the pen stays in the hand")
            user.click(second.ui.next_seed)
            self.assertEqual(self.ui.seed.value, 1)
            user.click(second.ui.insert)
            self.rest()
            for ui in (self.ui, second.ui):
                self.assertEqual((ui.nodulesTable.rowCount, ui.insert.text), (1, "Update nodule 1 (I)"))
            user.click(self.ui.undo)
            self.assertEqual(second.ui.nodulesTable.rowCount, 0)

    def test_a_second_panel_that_is_closed_leaves_the_first_whole(self) -> None:
        self.place()
        with self.second_panel():
            editor = self.editor
        self.assertIs(self.editor, editor)
        user.click(self.ui.draw_nodule)
        self.draw()
        self.assertEqual(len(self.drawing.strokes), 1)
