"""What the page for reading shows beside the table of actions, as plain values. Nothing of the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from SketchNoduleSynthLib.mrml.case_reader import CaseReader

ACTS: dict[str, Callable[..., object]] = {"select": lambda reader, number: reader.select(int(number))}
# Slicer's own views have these keys already.
KEYS: dict[str, Callable[[CaseReader], object]] = {
    "F": lambda reader: reader.slices.show(reader.slices.number + 1),
    "B": lambda reader: reader.slices.show(reader.slices.number - 1),
}


@dataclass
class ReadingState:
    """`asking`: whether to finish; `active`: the number of the selected finding."""

    title: str = ""
    reader: str = ""
    count: int = 1
    instructions: str = ""
    status: str = ""
    findings: list = field(default_factory=list)
    active: int = 0
    is_finished: bool = False
    asking: bool = False


def of_reader(reader: CaseReader) -> dict[str, Any]:
    """The part of :class:`ReadingState` that the reader's case decides."""
    return {
        "title": reader.title,
        "reader": reader.session.reading.reader,
        "count": reader.case.count,
        "instructions": reader.case.instructions,
        "status": reader.status,
        "findings": [
            {"number": finding.number, "confidence": finding.confidence, "remark": finding.remark}
            for finding in reader.session.findings
        ],
        "active": reader.active or 0,
        "is_finished": reader.session.is_finished,
    }
