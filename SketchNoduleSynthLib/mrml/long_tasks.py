"""What takes a while and is no step of the session: its files, and finding places for random nodules."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.editing.nodule import Progress
from SketchNoduleSynthLib.editing.worker import Task
from SketchNoduleSynthLib.generation.generate import random_recipe
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.synthesis.result import write
from SketchNoduleSynthLib.teaching.make import Form, described, write_case

MOST_RANDOM = 20
"""So many nodules are added at once, at most: they take seconds each."""


def export(editor: Editor, folder: Path) -> None:
    """The case's files into `folder`; see :mod:`synthesis.result`."""
    result = editor.session.result()
    _submit(editor, "Writing", lambda progress: write(result, folder), f"The case was written to {folder}.")


def export_case(editor: Editor, folder: Path) -> None:
    """A training case into the new `folder`, see :mod:`teaching.case`; in DICOM if what that needs is installed.

    Slicer's Python has an older pydicom than highdicom asks for, and no highdicom.
    """
    result = editor.session.result()
    form = Form("dicom" if find_spec("highdicom") else "nrrd")

    def work(progress: Progress) -> None:
        nodules = described(result.insertions, result.source)
        write_case(result.source, nodules, folder, folder.name, form)

    _submit(editor, "Writing", work, f"The training case was written to {folder}.")


def add_random(editor: Editor, count: int, difficulty: str | None) -> None:
    """`count` nodules where nodules can be, after those that are there and clear of them; see :mod:`generation`.

    `difficulty`: conspicuous, moderate or subtle; any if None. Raises :class:`InputError` while something is made.
    """
    editor.check_idle()
    session = editor.session
    taken = [nodule.recipe.voi for nodule in session.nodules]
    seed = session.next_key  # Taken back and asked for again, others come.

    def work(progress: Progress) -> Recipe:
        def told(made: int) -> None:
            progress(f"nodule {min(made + 1, count)} of {count}")

        progress("the lungs")
        return random_recipe(session.source, count, seed, difficulty, taken, told)

    def found(recipe: Recipe) -> None:
        editor.do(lambda: editor.carry_out(session.add(recipe, "Add random nodules")))

    editor.worker.submit(Task("Random nodules", work, found, editor.tell))
    editor.changed.emit()


def _submit(editor: Editor, name: str, work: Callable[[Progress], None], sentence: str) -> None:
    editor.worker.submit(Task(name, work, lambda nothing: editor.tell(sentence), editor.tell))
    editor.changed.emit()
