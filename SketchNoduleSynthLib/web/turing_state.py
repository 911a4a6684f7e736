"""What the page of the Visual Turing Test shows beside the table of actions, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from SketchNoduleSynthLib.mrml.turing_reader import TuringReader


@dataclass
class TuringState:
    """`asking`: whether to finish."""

    status: str = ""
    number: int = 1
    count: int = 1
    is_finished: bool = False
    asking: bool = False


def of_reader(reader: TuringReader) -> dict[str, Any]:
    """The part of :class:`TuringState` that the reader decides."""
    return {
        "status": reader.status,
        "number": reader.place + 1,
        "count": len(reader.session.ids),
        "is_finished": reader.session.is_finished,
    }
