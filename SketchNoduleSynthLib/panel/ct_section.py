"""Which CT."""

from __future__ import annotations

import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.panel.context import Context

SAMPLE = "CTChest"


class CtSection:
    """The volume selector and the sample."""

    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self.ui.inputSelector.currentNodeChanged.connect(lambda *_overload: context.reopened.emit())
        self.ui.sample.clicked.connect(lambda *_checked: self._fetch_sample())
        context.editing.refresh_with(lambda editor: self.ui.sample.setEnabled(True))

    def _fetch_sample(self) -> None:
        import SampleData

        with slicer.util.tryWithErrorDisplay(_("The sample CT could not be fetched."), waitCursor=True):
            self.ui.inputSelector.setCurrentNode(SampleData.downloadSample(SAMPLE))
