"""The steps of making a nodule, in the order of panel and page, and at which of them the user is."""

from __future__ import annotations

from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.tools import PLACE

STEPS = {"ct": "CT", "voi": "Place", "sketch": "Draw", "nodule": "Nodule", "insert": "Insert"}
"""What stands above each, by its id."""


def step_of(editor: Editor | None) -> str:
    """The id of the step that is to be done next; of a nodule that is inserted, the last one."""
    if editor is None:
        return "ct"
    draft = editor.session.draft
    if draft.voi is None or editor.tools.current == PLACE:
        return "voi"
    if draft.lacks:
        return "sketch"
    return "insert" if editor.session.is_inserted else "nodule"


def is_before(step: str, other: str) -> bool:
    """Whether `step` comes before the `other`."""
    order = list(STEPS)
    return order.index(step) < order.index(other)
