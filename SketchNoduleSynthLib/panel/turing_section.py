"""Real or synthetic? The Visual Turing Test: a mode that shows one picture after the other, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt
import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.controller import FINISH_QUESTION
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.keys import TURING_KEYS
from SketchNoduleSynthLib.mrml.turing_reader import QUESTION, TuringReader
from SketchNoduleSynthLib.panel.mode import Mode
from SketchNoduleSynthLib.panel.views import OneView, slice_views
from SketchNoduleSynthLib.turing.session import TuringSession

if TYPE_CHECKING:
    from SketchNoduleSynthLib.panel.panel import Panel


class TuringSection(Mode[TuringReader]):
    """Opens a set of pictures for a reader; the axial view alone shows them."""

    def __init__(self, panel: Panel, parent: Any) -> None:
        super().__init__(panel, parent, panel.ui.turingSection, TURING_KEYS, panel.ui.leaveTuringButton)
        self._one_view: OneView | None = None
        ui = self.ui
        ui.questionLabel.setText(_(QUESTION))
        ui.turingButton.clicked.connect(lambda *_checked: self._choose())
        self.on(ui.realButton.clicked, TURING_KEYS["R"])
        self.on(ui.syntheticButton.clicked, TURING_KEYS["S"])
        self.on(ui.sureSlider.valueChanged, lambda reader: reader.rate(int(ui.sureSlider.value)))
        self.on(ui.backButton.clicked, TURING_KEYS["B"])
        self.on(ui.nextButton.clicked, TURING_KEYS["N"])
        self.on(ui.finishTuringButton.clicked, self._finish)

    def open(self, folder: Path, reader: str) -> None:
        """Judge the pictures in `folder`. A set that cannot be read is told in the panel."""
        try:
            session = TuringSession(folder, reader)
            self.begin(lambda: TuringReader(session, slice_views(), slicer.mrmlScene))
        except InputError as error:
            self.panel.tell(str(error))
            return
        self._one_view = OneView()
        self.do(lambda reader: reader.fit())

    def close(self) -> None:
        """See :class:`Mode`."""
        if self._one_view is not None:
            one_view, self._one_view = self._one_view, None
            one_view.end()
        super().close()

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        reader, ui = self.controller, self.ui
        ui.turingButton.setEnabled(self.panel.worker.task is None)
        if reader is None:
            return
        count = len(reader.session.ids)
        ui.pictureLabel.setText(_("Picture {number} of {count}").format(number=reader.place + 1, count=count))
        ui.realButton.setChecked(reader.answer is not None and not reader.answer.is_synthetic)
        ui.syntheticButton.setChecked(reader.answer is not None and reader.answer.is_synthetic)
        ui.sureSlider.setValue(reader.confidence)
        ui.backButton.setEnabled(reader.place > 0)
        ui.nextButton.setEnabled(reader.place < count - 1)
        for control in (ui.realButton, ui.syntheticButton, ui.sureSlider, ui.finishTuringButton):
            control.setEnabled(not reader.session.is_finished)

    def _choose(self) -> None:
        parent: Any = self.ui.SketchNoduleSynth
        folder = qt.QFileDialog.getExistingDirectory(parent, _("The folder that was handed out"))
        reader = folder and qt.QInputDialog.getText(parent, _("Real or synthetic?"), _("Your name or number:"))
        if reader:
            self.open(Path(folder), reader)

    def _finish(self, reader: TuringReader) -> None:
        if slicer.util.confirmOkCancelDisplay(_(FINISH_QUESTION)):
            reader.finish()
