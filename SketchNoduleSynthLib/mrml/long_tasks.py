"""What takes a while and is no step of the session: its files, and finding places for random nodules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from SketchNoduleSynthLib.editing.worker import Task
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.situation import situated
from SketchNoduleSynthLib.mrml.editor import ANY_DIFFICULTY, Editor
from SketchNoduleSynthLib.synthesis.result import write
from SketchNoduleSynthLib.synthesis.stages import Progress
from SketchNoduleSynthLib.teaching.make import Form, best_format, write_case

MOST_RANDOM = 20
"""So many nodules are added at once, at most: they take seconds each."""


def export(editor: Editor, folder: Path) -> None:
    """The case's files into `folder`; see :mod:`synthesis.result`."""
    result = editor.session.result()
    _submit(editor, "Writing", lambda progress: write(result, folder), f"The case was written to {folder}.")


def export_case(editor: Editor, folder: Path) -> None:
    """A training case into the new `folder`, see :mod:`teaching.case`; in DICOM if what that needs is installed."""
    check_case(editor)
    result = editor.session.result()

    def work(progress: Progress) -> None:
        write_case(situated(result), folder, folder.name, Form(best_format()))

    _submit(editor, "Writing", work, f"The training case was written to {folder}.")


def check_case(editor: Editor) -> None:
    """Raise :class:`InputError` if the truth of a training case would lack nodules that the CT has from before."""
    if editor.session.source.origin.is_synthetic:
        raise InputError(
            "The CT says that synthetic nodules may be in it, of which a training case would not know; make it from "
            "the CT that this one was made of."
        )


def add_random(editor: Editor) -> None:
    difficulty = None if editor.difficulty == ANY_DIFFICULTY else editor.difficulty
    count = min(max(editor.random_count, 1), MOST_RANDOM)
    editor.request(editor.session.add_random(count, difficulty))


def _submit(editor: Editor, name: str, work: Callable[[Progress], None], sentence: str) -> None:
    editor.worker.submit(Task(name, work, lambda nothing: editor.tell(sentence), editor.tell))
    editor.changed.emit()
