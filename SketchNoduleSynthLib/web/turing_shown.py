"""What the page of the Visual Turing Test shows, as plain values, and what it does to the reader's answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from SketchNoduleSynthLib.mrml.keys import TURING_KEYS
from SketchNoduleSynthLib.mrml.turing_reader import FIRST_CONFIDENCE, TuringReader
from SketchNoduleSynthLib.turing.sheets import REAL, SYNTHETIC


@dataclass
class TuringShown:
    """The page's state. `tab_in_use`: of the browser's tabs the one that may act; `asking`: whether to finish."""

    tab_in_use: str = ""
    pens: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    status: str = ""
    number: int = 1
    count: int = 1
    answer: str = ""
    confidence: int = FIRST_CONFIDENCE
    is_finished: bool = False
    asking: bool = False


def of_reader(reader: TuringReader) -> dict[str, Any]:
    """The part of :class:`TuringShown` that the reader decides."""
    answer = reader.answer
    return {
        "status": reader.status,
        "number": reader.place + 1,
        "count": len(reader.session.ids),
        "answer": "" if answer is None else SYNTHETIC if answer.is_synthetic else REAL,
        "confidence": reader.confidence,
        "is_finished": reader.session.is_finished,
    }


KEYS = TURING_KEYS
ACTIONS: dict[str, Callable[..., object]] = {
    "real": TURING_KEYS["R"],
    "synthetic": TURING_KEYS["S"],
    "back": TURING_KEYS["B"],
    "next": TURING_KEYS["N"],
    "finish": lambda reader: reader.finish(),
}
SETTERS: dict[str, Callable[[TuringReader, Any], object]] = {
    "confidence": lambda reader, value: reader.rate(int(value)),
}
