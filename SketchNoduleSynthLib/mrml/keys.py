"""The keyboard, the same in every host: a letter an action, named on its button."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from SketchNoduleSynthLib.mrml.case_reader import MARK, CaseReader
from SketchNoduleSynthLib.mrml.editor import ERASER, PLACE, Editor
from SketchNoduleSynthLib.mrml.turing_reader import TuringReader
from SketchNoduleSynthLib.turing.sheets import CONFIDENCE

TOOL_KEYS = {"P": PLACE, "N": "nodule", "V": "vessel", "W": "wall", "O": "other", "E": ERASER}


def taking(tool: str) -> Callable[[Editor], object]:
    """Take the tool into the hand; lay it down if it is there."""
    return lambda editor: editor.take(None if editor.tool == tool else tool)


KEYS: dict[str, Callable[[Editor], object]] = {key: taking(tool) for key, tool in TOOL_KEYS.items()} | {
    "Z": lambda editor: editor.session.undo(),
    "Y": lambda editor: editor.session.redo(),
    "I": lambda editor: editor.insert(),
    "B": lambda editor: editor.show_before(not editor.is_before),
    "R": lambda editor: editor.session.choose(seed=editor.session.draft.seed + 1),
    "Escape": lambda editor: editor.take(None),
}


def toggle_mark(reader: CaseReader) -> None:
    """Take the mark into the hand; lay it down if it is there."""
    reader.take(None if reader.tool == MARK else MARK)


READING_KEYS: dict[str, Callable[[CaseReader], object]] = {
    "M": toggle_mark,
    "Delete": lambda reader: reader.remove(),
    "L": lambda reader: reader.show_lung_window(),
    "Escape": lambda reader: reader.take(None),
}


def _rate(confidence: int, reader: TuringReader) -> None:
    reader.rate(confidence)


TURING_KEYS: dict[str, Callable[[TuringReader], object]] = {
    "R": lambda reader: reader.say(is_synthetic=False),
    "S": lambda reader: reader.say(is_synthetic=True),
    "B": lambda reader: reader.go(-1),
    "N": lambda reader: reader.go(1),
} | {str(number): partial(_rate, number) for number in range(CONFIDENCE[0], CONFIDENCE[1] + 1)}
