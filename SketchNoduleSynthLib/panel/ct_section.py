"""Which CT, and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.editor import Editor

if TYPE_CHECKING:
    from SketchNoduleSynthLib.panel.panel import Panel

SAMPLE = "CTChest"


class CtSection:
    """The volume selector, the sample, the lung window."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.ui = panel, panel.ui
        self.ui.inputSelector.currentNodeChanged.connect(lambda *_overload: self.open_chosen())
        self.ui.sampleButton.clicked.connect(lambda *_checked: self._on_sample())
        panel.on(self.ui.lungWindowButton.clicked, lambda editor: editor.show_lung_window())

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        self.ui.lungWindowButton.setEnabled(editor is not None)

    def open_chosen(self) -> None:
        """Edit the volume that is chosen; not while a case is read."""
        if self.panel.mode is not None:
            return
        node = self.ui.inputSelector.currentNode()
        if node is None or node.GetAttribute(volumes.SYNTHETIC_ATTRIBUTE) is None:
            self.panel.open(node)
        else:
            self.panel.close()
            self.panel.message = _("This CT already holds synthetic nodules; choose the one that it was made from.")
            self.panel.refresh()

    def _on_sample(self) -> None:
        import SampleData

        with slicer.util.tryWithErrorDisplay(_("The sample CT could not be fetched."), waitCursor=True):
            self.ui.inputSelector.setCurrentNode(SampleData.downloadSample(SAMPLE))
