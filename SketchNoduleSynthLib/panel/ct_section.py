"""The CT beside its choice: a sample to fetch, a tilted one to straighten, what is kept of the last time."""

from __future__ import annotations

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.editing.kept_sessions import kept_folder
from SketchNoduleSynthLib.editing.worker import Task
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.sketch_actions import is_kept
from SketchNoduleSynthLib.mrml.volumes import node_from_volume, straightening
from SketchNoduleSynthLib.panel.context import Context

SAMPLE = "CTChest"


def sessions_folder() -> Path:
    """Where sessions are kept: beside Slicer's settings."""
    return kept_folder(Path(slicer.app.slicerUserSettingsFilePath).parent)


class CtSection:
    """The question whether to straighten stands there while `is_sheared`: the chosen CT was refused for that."""

    def __init__(self, context: Context) -> None:
        self.context, self.ui = context, context.ui
        self.is_sheared = False
        self.ui.sample.clicked.connect(lambda *_checked: self._fetch_sample())
        self.ui.straighten.clicked.connect(lambda *_checked: self._straighten())
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        self.ui.keptFrame.setVisible(editor is not None and is_kept(editor))
        self.ui.sample.setEnabled(True)
        self.ui.straighten.setVisible(self.is_sheared)
        self.ui.straighten.setEnabled(self.context.worker.task is None)

    def _straighten(self) -> None:
        """The CT stays as it is: a copy is chosen in its place. It takes seconds."""
        node = self.ui.inputSelector.currentNode()
        name = f"{node.GetName()} straightened"
        straighten = straightening(node)  # That it can be had was found when it was asked for.

        def done(volume: Volume) -> None:
            self.ui.inputSelector.setCurrentNode(node_from_volume(volume, name, slicer.mrmlScene))

        task = Task(_("Straightening the CT"), lambda progress: straighten(), done, self.context.told.emit)
        self.context.worker.submit(task)
        self.context.changed.emit()

    def _fetch_sample(self) -> None:
        import SampleData

        try:
            with slicer.util.WaitCursor():
                node = SampleData.downloadSample(SAMPLE)
        except Exception:  # Whatever it was of the network: Slicer's log has it.
            node = None
        if node is None:
            words = _("The sample CT could not be fetched; check the network, or load a chest CT of your own.")
            self.context.told.emit(words)
        else:
            self.ui.inputSelector.setCurrentNode(node)
