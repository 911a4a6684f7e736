"""The generated plane on the sketch view while the pen moves, and the draft with other seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.work import Preview
from SketchNoduleSynthLib.editing.worker import Task, Worker
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.reslice import SketchView
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.synthesis.stages import Progress

VARIANTS = 8


class Previews:
    """Asks `worker` for the draft's planes and shows them in `sketch`, as long as the draft is still the same.

    `shown`: there is another picture. `changed`: there are other variants. `failed`: a sentence why there is nothing.
    """

    def __init__(self, session: Session, worker: Worker, sketch: SketchView) -> None:
        self.session, self.worker, self.sketch = session, worker, sketch
        self.is_live = True
        """Whether the plane is shown while drawing."""
        self.is_wanted = True
        """False while the CT is shown as it was, or the user works elsewhere."""
        self.variants: list[Preview] = []
        """The draft with other seeds, if they were asked for and nothing but its seed has changed."""
        self.shown: Signal[[]] = Signal()
        self.changed: Signal[[]] = Signal()
        self.failed: Signal[str] = Signal()
        self._draft = session.draft
        self._is_ahead = False
        """Whether it is asked for with a line that is still being drawn."""

    def set_live(self, is_live: bool) -> None:
        self.is_live = is_live
        self.update()
        self.changed.emit()

    def update(self) -> None:
        draft = self.session.draft
        if draft != self._draft:
            is_other = draft.model != self._draft.model
            if replace(draft, seed=0) != replace(self._draft, seed=0):
                self.variants = []
            self._draft = draft
            if is_other:
                self.warm_up()
        if draft.lacks or self.session.is_inserted or not (self.is_live and self.is_wanted):
            self._is_ahead = False
            self.sketch.hide_preview()
        else:
            self.request()

    def settle(self) -> None:
        """A line has ended: where nothing came of it, the draft is shown without it."""
        if self._is_ahead:
            self.update()
            self.shown.emit()

    def warm_up(self) -> None:
        """Load the network, and in a VOI look through it once, long before the first stroke, which else waits for it.

        Half of a stroke was lost while torch was imported.
        """
        model = self.session.draft.model

        def nothing(anything: object) -> None:
            """Whoever asks for a nodule is told what is missing."""

        try:
            look = self.session.preview(_any_outline(self.session.draft.placed().diameter_mm))
        except InputError:  # There is no place yet.
            self.worker.submit(Task("Loading", lambda progress: generator(model), nothing, nothing, is_live=True))
        else:
            self.worker.submit(Task("Loading", lambda progress: look(), nothing, nothing, is_live=True))

    def request(self, pending: Stroke | None = None) -> None:
        """Make and show the sketch plane; `pending`: with a line that is still being drawn."""
        if not (self.is_live and self.is_wanted):
            return
        try:
            look = self.session.preview(pending)
        except InputError:
            return
        draft, self._is_ahead = self.session.draft, pending is not None

        def done(preview: Preview) -> None:
            is_new = self._is_ahead if pending is not None else not self.session.is_inserted
            is_new &= self.session.draft is draft
            if is_new and self.is_live and self.is_wanted:
                self.sketch.show_preview(preview)
                self.shown.emit()

        # Half of an outline encloses nothing yet: only of a finished one it is told.
        failed = self.failed.emit if pending is None else lambda message: None
        self.worker.submit(Task("The preview", lambda progress: look(), done, failed, is_live=True))

    def request_variants(self) -> None:
        """Make the draft's plane with VARIANTS seeds, from its own on. Raises :class:`InputError`."""
        self.worker.check_idle()
        draft = self.session.draft
        looks = self.session.variants(range(draft.seed, draft.seed + VARIANTS))

        def work(progress: Progress) -> list[Preview]:
            made = []
            for number, look in enumerate(looks, 1):
                progress(f"variant {number} of {VARIANTS}")
                made.append(look())
            return made

        def done(previews: list[Preview]) -> None:
            if self.session.draft is draft:
                self.variants = previews
            self.changed.emit()

        self.worker.submit(Task("The variants", work, done, self.failed.emit))
        self.changed.emit()

    def choose(self, number: int) -> None:
        """Take the seed of one of the variants, all of which stay to be chosen from."""
        if 0 <= number < len(self.variants):
            self.session.choose(seed=self.variants[number].recipe.seed)


def _any_outline(diameter_mm: float) -> Stroke:
    turns = np.linspace(0.0, 2 * np.pi, 16, endpoint=False)
    return Stroke(diameter_mm / 3 * np.stack([np.cos(turns), np.sin(turns)], 1), closed=True)
