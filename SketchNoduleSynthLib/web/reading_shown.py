"""What the page for reading shows, as plain values, and what it does to the reader's case. Nothing of the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from SketchNoduleSynthLib.mrml.case_reader import FIRST_CONFIDENCE, CaseReader
from SketchNoduleSynthLib.mrml.keys import READING_KEYS, toggle_mark
from SketchNoduleSynthLib.web.work_list import WorkList


@dataclass
class ReadingShown:
    """The page's state. `tab_in_use`: of the browser's tabs the one that may act; `asking`: whether to finish."""

    tab_in_use: str = ""
    pads: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    case_id: str = ""
    reader: str = ""
    place: int = 1
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
        "case_id": reader.case.id,
        "reader": reader.session.reading.reader,
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


def of_work_list(work: WorkList, reader: CaseReader) -> dict[str, Any]:
    """The part of :class:`ReadingShown` that the work list decides, while `reader` reads one of its cases."""
    count, left = len(work.ids), work.left(reader.case)
    is_finished = reader.session.is_finished
    values: dict[str, Any] = {
        "place": work.ids.index(reader.case.id) + 1,
        "count": count,
        "has_next": is_finished and bool(left),
    }
    if count > 1 and is_finished and not reader.message:
        all_read = f"All {count} cases are read; the readings are kept in {reader.session.path.parent}."
        values["status"] = f"The case is finished; {len(left)} to go." if left else all_read
    return values


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
