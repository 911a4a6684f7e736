"""What the page's buttons do to the editor."""

from __future__ import annotations

from collections.abc import Callable

from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.keys import KEYS, taking
from SketchNoduleSynthLib.mrml.long_tasks import MOST_RANDOM, add_random

ACTIONS: dict[str, Callable[..., object]] = {
    "take": lambda editor, tool: taking(tool)(editor),
    "lung_window": lambda editor: editor.show_lung_window(),
    "undo": KEYS["Z"],
    "redo": KEYS["Y"],
    "dice": KEYS["R"],
    "insert": KEYS["I"],
    "clear": lambda editor: editor.session.clear(),
    "simplify": lambda editor: editor.session.simplify(),
    "variants": lambda editor: editor.request_variants(),
    "choose_variant": lambda editor, number: _choose_variant(editor, int(number)),
    "new": lambda editor: editor.session.edit(None),
    "jump": lambda editor, key: editor.jump(int(key)),
    "edit": lambda editor, key: editor.edit(int(key)),
    "duplicate": lambda editor, key: editor.duplicate(int(key)),
    "toggle": lambda editor, key: editor.toggle(int(key)),
    "remove": lambda editor, key: editor.remove(int(key)),
    "add_random": lambda editor, count, level: _add_random(editor, round(float(count or 1)), str(level)),
    "cancel": lambda editor: editor.cancel(),
}


def _add_random(editor: Editor, count: int, level: str) -> None:
    add_random(editor, min(max(count, 1), MOST_RANDOM), level if level in LEVELS else None)


def _choose_variant(editor: Editor, number: int) -> None:
    if 0 <= number < len(editor.variants):
        editor.choose_variant(editor.variants[number])
