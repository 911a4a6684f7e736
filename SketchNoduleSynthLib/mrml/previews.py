"""The generated plane on the sketch view while the pen moves, and the draft with other seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.editing.work import Preview
from SketchNoduleSynthLib.editing.worker import Task
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.synthesis.insertion import Progress

if TYPE_CHECKING:
    from SketchNoduleSynthLib.mrml.editor import Editor

VARIANTS = 8


class Previews:
    """Asks the editor's worker and shows what comes, as long as the draft is still the one that was asked for."""

    def __init__(self, editor: Editor) -> None:
        self.editor, self.session, self.worker = editor, editor.session, editor.worker
        self.is_live = True
        self.is_wanted = True
        """False while the CT is shown as it was."""
        self.variants: list[Preview] = []
        self._draft = self.session.draft

    def update(self) -> None:
        """The session changed."""
        draft = self.session.draft
        if draft != self._draft:
            self._draft, self.variants = draft, []
        if draft.lacks or not (self.is_live and self.is_wanted):
            self.editor.sketch.hide_preview()
        else:
            self.request()

    def warm_up(self) -> None:
        """Load the network while the user takes the pen to the view: the first stroke shall not wait for it."""
        model = self.session.draft.model

        def nothing(anything: object) -> None:
            """Whoever asks for a nodule is told what is missing."""

        self.worker.submit(Task("Loading", lambda progress: generator(model), nothing, nothing, is_live=True))

    def request(self, pending: Stroke | None = None) -> None:
        """Make and show the sketch plane; `pending`: with a line that is still being drawn."""
        if not (self.is_live and self.is_wanted):
            return
        try:
            look = self.session.preview(pending)
        except InputError:
            return
        draft = self.session.draft

        def done(preview: Preview) -> None:
            if self.is_live and self.is_wanted and self.session.draft is draft:
                self.editor.sketch.show_preview(preview)
                self.editor.views[0].render()

        # Half of an outline encloses nothing yet: only of a finished one it is told.
        failed = self.editor.tell if pending is None else lambda message: None
        self.worker.submit(Task("The preview", lambda progress: look(), done, failed, is_live=True))

    def request_variants(self) -> None:
        """Make the draft's plane with VARIANTS seeds, from its own on."""
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
            self.editor.changed.emit()

        self.worker.submit(Task("The variants", work, done, self.editor.tell))

    def keep_variants(self, change: Callable[[], object]) -> None:
        """Do `change`, after which they are still to be chosen from."""
        variants = self.variants
        change()
        self.variants = variants
