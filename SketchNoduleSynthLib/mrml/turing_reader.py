"""The picture that is judged, real or synthetic, in the host's view: nothing else is shown. No Qt, no web."""

from __future__ import annotations

from collections.abc import Sequence

import slicer

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.mrml.exclusive_display import ExclusiveDisplay
from SketchNoduleSynthLib.mrml.nodes import new_helper
from SketchNoduleSynthLib.mrml.view import View, render
from SketchNoduleSynthLib.turing.session import Answer, TuringSession, check_confidence

FIRST_CONFIDENCE = 3
QUESTION = "Was this nodule in the CT, or did a network make it? The CT around it is real."


class TuringReader(Controller):
    """Shows the pictures of `session` in the first of `views`; of `scene` the views show nothing else meanwhile.

    :attr:`place` is the picture that is shown, counted from 0.
    """

    def __init__(self, session: TuringSession, views: Sequence[View], scene: slicer.vtkMRMLScene) -> None:
        if not views:
            raise InputError("There is no slice view to show pictures in; open Slicer's main window.")
        super().__init__()
        self.session, self.views = session, list(views)
        self.place = session.missing[0] if session.missing else 0
        self._confidence = FIRST_CONFIDENCE
        first = session.picture(self.place)
        self._node = new_helper(volumes.KIND, "Real or synthetic", scene)
        volumes.show_picture(self._node, first)
        self._display = ExclusiveDisplay(self._node, self.views)
        self.fit()

    @property
    def next_step(self) -> str:
        if self.session.is_finished:
            return f"The test is finished; the answers are in {self.session.path}."
        missing = len(self.session.missing)
        return f"{missing} of {len(self.session.ids)} without an answer." if missing else "All are answered: Finish."

    @property
    def has_next(self) -> bool:
        return self.place < len(self.session.ids) - 1

    @property
    def answer(self) -> Answer | None:
        """What was said of the picture that is shown."""
        return self.session.answers.get(self.session.ids[self.place])

    def say(self, is_synthetic: bool) -> None:
        self.session.answer(self.place, Answer(is_synthetic, self.confidence))

    @property
    def confidence(self) -> int:
        """Of the answer, or with which the next one is given."""
        return self._confidence if self.answer is None else self.answer.confidence

    @confidence.setter
    def confidence(self, confidence: int) -> None:
        check_confidence(confidence)
        if self.answer is None:
            self._confidence = confidence
        elif self.answer.confidence != confidence:
            self.session.answer(self.place, Answer(self.answer.is_synthetic, confidence))

    def go(self, step: int) -> None:
        """Show the next picture, or another one; at either end nothing happens."""
        place = min(max(self.place + step, 0), len(self.session.ids) - 1)
        if place != self.place:
            picture = self.session.picture(place)
            self.place, self._confidence = place, FIRST_CONFIDENCE
            volumes.show_picture(self._node, picture)
            self.fit()

    def finish(self) -> None:
        self.session.finish()

    def close(self) -> None:
        """Let go of the views, which show again what they did before; the answers stay."""
        self._display.end()

    def fit(self) -> None:
        self.views[0].slice_node.SetOrientation("Axial")
        self.views[0].fit()
        render(self.views)
