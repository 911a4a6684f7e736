"""What the page for reading shows, as plain values, and what it does to the reader's case. Nothing of the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from SketchNoduleSynthLib.mrml.case_reader import FIRST_CONFIDENCE, CaseReader
from SketchNoduleSynthLib.mrml.keys import READING_KEYS, toggle_mark


@dataclass
class ReadingShown:
    """The page's state. `tab_in_use`: of the browser's tabs the one that may act; `asking`: whether to finish."""

    tab_in_use: str = ""
    pens: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    title: str = ""
    reader: str = ""
    count: int = 1
    has_next: bool = False
    instructions: str = ""
    status: str = ""
    tool: str = ""
    confidence: int = FIRST_CONFIDENCE
    findings: list = field(default_factory=list)
    active: int = 0
    remark: str = ""
    slice_number: int = 1
    slices: int = 1
    is_finished: bool = False
    asking: bool = False


def of_reader(reader: CaseReader) -> dict[str, Any]:
    """The part of :class:`ReadingShown` that the reader's case decides."""
    return {
        "title": reader.title,
        "reader": reader.session.reading.reader,
        "count": reader.case.count,
        "has_next": reader.has_next,
        "instructions": reader.case.instructions,
        "status": reader.status,
        "tool": reader.tool or "",
        "confidence": reader.confidence,
        "findings": [
            {"number": finding.number, "confidence": finding.confidence, "remark": finding.remark}
            for finding in reader.session.findings
        ],
        "active": reader.active or 0,
        "remark": reader.finding.remark if reader.finding else "",
        "slice_number": reader.slices.number,
        "slices": reader.slices.count,
        "is_finished": reader.session.is_finished,
    }


ACTIONS: dict[str, Callable[..., object]] = {
    "mark": toggle_mark,
    "select": lambda reader, number: reader.select(int(number)),
    "remark": lambda reader, text: reader.remark(str(text)),
    "remove": lambda reader: reader.remove(),
    "lung_window": lambda reader: reader.show_lung_window(),
    "mediastinal_window": lambda reader: reader.show_mediastinal_window(),
    "finish": lambda reader: reader.finish(),
}
SETTERS: dict[str, Callable[[CaseReader, Any], object]] = {
    "confidence": lambda reader, value: reader.rate(int(value)),
    "slice_number": lambda reader, value: reader.slices.show(int(value)),
}
# Slicer's own views have these keys already.
KEYS: dict[str, Callable[[CaseReader], object]] = READING_KEYS | {
    "F": lambda reader: reader.slices.show(reader.slices.number + 1),
    "B": lambda reader: reader.slices.show(reader.slices.number - 1),
}
