"""What is written and read again: a training case, the result, and the scene, in which is edited on."""

from __future__ import annotations

import numpy as np
import slicer

from in_slicer import dialogs, user
from in_slicer.session import InSlicer, needs_runtime, voxels
from SketchNoduleSynthLib.teaching.case import Case
from SketchNoduleSynthLib.teaching.check import check


@needs_runtime
class Files(InSlicer):
    def test_the_button_writes_a_training_case_into_a_new_folder_that_is_typed(self) -> None:
        self.make_nodule()
        folder = self.folder / "typed" / "case"
        folder.parent.mkdir()
        with dialogs.answering(str(folder)):
            user.click(self.ui.save_training_case)
        self.rest()
        self.assertIn("training case was written", self.status)
        self.assertIn("1 nodule;", check(Case.open(folder)))
        self.assertTrue((folder / "truth").is_dir())

    def test_a_dialog_for_a_training_case_that_is_closed_writes_nothing(self) -> None:
        self.make_nodule()
        with dialogs.answering(dialogs.CANCEL):
            user.click(self.ui.save_training_case)
        self.rest()
        self.assertEqual([path.name for path in self.folder.iterdir()], ["kept"])

    def test_the_button_writes_the_result_into_a_folder(self) -> None:
        self.make_nodule()
        folder = self.folder / "result"
        folder.mkdir()
        with dialogs.answering(str(folder)):
            user.click(self.ui.save_result)
        self.rest()
        self.assertIn("was written", self.status)
        self.assertTrue({"synthetic.nrrd", "nodules.nrrd", "recipe.json"} <= {path.name for path in folder.iterdir()})

    def test_a_saved_scene_is_edited_on(self) -> None:
        self.make_nodule()
        made, path = voxels(self.result), str(self.folder / "case.mrb")
        self.assertTrue(slicer.mrmlScene.WriteToMRB(path))
        slicer.mrmlScene.Clear()
        user.process_events(0.1)
        self.assertIsNone(self.editor)
        self.assertTrue(slicer.mrmlScene.ReadFromMRB(path, True))
        user.process_events(0.5)
        self.assertEqual(len(self.editor.session.nodules), 1)
        self.assertTrue(np.array_equal(voxels(self.result), made))
        user.click(self.ui.remove)
        self.rest()
        self.assertTrue(np.array_equal(voxels(self.result), voxels(self.nodes.source)))
