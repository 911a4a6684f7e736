"""What can be done to the nodules that are made, in the order of panel and page."""

from __future__ import annotations

from collections.abc import Callable

from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.mrml import long_tasks
from SketchNoduleSynthLib.mrml.action import Action, Value, attribute
from SketchNoduleSynthLib.mrml.editor import ANY_DIFFICULTY, Editor
from SketchNoduleSynthLib.mrml.nodule_actions import is_idle
from SketchNoduleSynthLib.mrml.real_nodule_actions import is_real


def has_nodules(editor: Editor) -> bool:
    return bool(editor.session.nodules)


def on_selected(
    id: str,
    words: str,
    hint: str,
    act: Callable[[Editor, int], object],
    verb: Callable[[Editor], str] | None = None,
) -> Action[Editor]:
    """A button that names the nodule that it takes; `verb`: where its word changes."""

    def words_now(editor: Editor) -> str:
        word = verb(editor) if verb else words
        return f"{word} {editor.selected.key}" if editor.selected else word

    def do(editor: Editor) -> None:
        if editor.selected is not None:
            act(editor, editor.selected.key)

    return Action(id, words, hint, do, enabled=lambda e: e.selected is not None, words_now=words_now)


def is_selected_hidden(editor: Editor) -> bool:
    return editor.selected is not None and not editor.selected.is_shown


MADE_NODULES: tuple[Action[Editor] | Value[Editor], ...] = (
    on_selected(
        "edit",
        "Edit",
        "Change this nodule; a real one becomes a drawing in its place",
        Editor.edit,
        lambda e: "Draw" if is_real(e) else "Edit",
    ),
    on_selected("duplicate", "Duplicate", "Its drawing again, beside it", Editor.duplicate),
    on_selected(
        "hide",
        "Hide",
        "Take it out of the CT for now",
        lambda e, key: e.request(e.session.show(key, is_selected_hidden(e))),
        lambda e: "Show" if is_selected_hidden(e) else "Hide",
    ),
    on_selected("remove", "Remove", "Take it away", lambda e, key: e.request(e.session.remove(key))),
    attribute("random_count", "", "How many nodules", 3, limits=(1, long_tasks.MOST_RANDOM, 1)),
    attribute("difficulty", "", "How hard they are to find", ANY_DIFFICULTY, choices=(ANY_DIFFICULTY, *LEVELS)),
    Action(
        "add_random",
        "Add at random",
        "Nodules where nodules can be, clear of those that are there",
        long_tasks.add_random,
        enabled=is_idle,
    ),
    Action(
        "save_result",
        "Save the result…",
        "The CT, the label map, the recipe and a preview into a folder",
        enabled=has_nodules,
        do_with=long_tasks.export,
        asks="A folder for the result",
    ),
    Action(
        "save_training_case",
        "Training case…",
        "The CT, and apart from it where its nodules are, to be read and scored; in DICOM where Slicer can write it",
        enabled=has_nodules,
        do_with=long_tasks.export_case,
        asks="A new folder for the training case",
        is_new=True,
    ),
    Action(
        "load_recipe",
        "Load a recipe…",
        "Make the nodules of a recipe, after those that are there",
        enabled=is_idle,
        do_with=lambda e, path: e.request(e.session.add(Recipe.read(path))),
        asks="A recipe",
        files=(".json",),
    ),
    Action("cancel", "Cancel", "Stop what is being made", Editor.cancel),
)
