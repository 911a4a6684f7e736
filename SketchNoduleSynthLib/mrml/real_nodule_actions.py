"""What can be done with the CT's own nodules: found at a click, drawn elsewhere, taken out."""

from __future__ import annotations

from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED
from SketchNoduleSynthLib.mrml.action import Action
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.sketch_actions import tool
from SketchNoduleSynthLib.mrml.tools import COPY, FIND


def is_real(editor: Editor) -> bool:
    return editor.selected is not None and editor.selected.recipe.kind in (FOUND, REMOVED)


def is_removed(editor: Editor) -> bool:
    return editor.selected is not None and editor.selected.recipe.kind == REMOVED


def take_out(editor: Editor) -> None:
    if editor.selected is not None:
        editor.request(editor.session.take_out(editor.selected.key, not is_removed(editor)))


REAL_NODULES: tuple[Action[Editor], ...] = (
    tool("find", "Real nodule", "L", "Then click on a nodule of the CT: it is measured", FIND, lambda e: True),
    tool(
        "copy",
        "Copy to",
        "J",
        "Then click where the selected nodule's drawing is wanted again",
        COPY,
        lambda e: e.selected is not None,
    ),
    Action(
        "take_out",
        "Take out",
        "Fill the selected real nodule's place with lung, or put it back",
        take_out,
        "U",
        lambda e: e.worker.task is None and is_real(e),
        words_now=lambda e: "Put back" if is_removed(e) else "Take out",
    ),
)
