"""Real or synthetic? The Visual Turing Test: a mode that shows one picture after the other, and nothing else."""

from __future__ import annotations

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.reading_actions import TURING
from SketchNoduleSynthLib.mrml.turing_reader import QUESTION, TuringReader
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.mode import Mode
from SketchNoduleSynthLib.panel.views import OneView, slice_views
from SketchNoduleSynthLib.turing.session import TuringSession


class TuringSection(Mode[TuringReader]):
    """Opens a set of pictures for a reader; the axial view alone shows them."""

    asks = "The folder that was handed out"

    def __init__(self, context: Context) -> None:
        ui = context.ui
        super().__init__(context, TURING, ui.turingSection, ui.turingButton, ui.leaveTuringButton)
        self._one_view: OneView | None = None
        ui.questionLabel.setText(_(QUESTION))
        self.controls.refresh_with(self._refresh)

    def open(self, folder: Path, reader: str) -> None:
        try:
            session = TuringSession(folder, reader)
            self.begin(lambda: TuringReader(session, slice_views(), slicer.mrmlScene))
        except InputError as error:
            self.context.told.emit(str(error))
            return
        self.come_to_front(True)

    def come_to_front(self, is_in_front: bool) -> None:
        """The layout is Slicer's own while the user is elsewhere, and when Slicer ends, which keeps it for the next."""
        if not is_in_front:
            self._give_layout_back()
        elif self.controller is not None and self._one_view is None:
            self._one_view = OneView()
            self.controls.do(lambda reader: reader.fit())

    def close(self) -> None:
        self._give_layout_back()
        super().close()

    def _give_layout_back(self) -> None:
        if self._one_view is not None:
            one_view, self._one_view = self._one_view, None
            one_view.end()

    def _refresh(self, reader: TuringReader | None) -> None:
        if reader is not None:
            number, count = reader.place + 1, len(reader.session.ids)
            self.ui.pictureLabel.setText(_("Picture {number} of {count}").format(number=number, count=count))
