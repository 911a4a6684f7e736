"""Truths and readings for the tests of the reading room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from SketchNoduleSynthLib.reading.findings import Finding, Reading
from SketchNoduleSynthLib.reading.truth import Truth, TruthNodule

BEGAN, ENDED = datetime(2026, 11, 2, 10, 15, tzinfo=UTC), datetime(2026, 11, 2, 10, 18, tzinfo=UTC)
APART_MM = 50.0
AWAY = (0.0, 500.0, 0.0)
"""Where no nodule is."""


def nodule(number: int, diameter_mm: float = 10.0, attenuation: str = "solid", **more: object) -> TruthNodule:
    """Nodule `number` of a row along the right-left axis."""
    at = (APART_MM * number, 0.0, 0.0)
    box = ((10 * number, 0, 0), (10, 10, 10))
    return TruthNodule(number, at, diameter_mm, 0.8 * diameter_mm, diameter_mm, 500.0, attenuation, 1, box, **more)  # type: ignore[arg-type]


def case(name: str, nodules: int = 1) -> Truth:
    """A case with a row of nodules."""
    return Truth(name, f"digest of {name}", tuple(nodule(k + 1) for k in range(nodules)))


def reading(reader: str, of: Truth, marks: Sequence[tuple[Sequence[float], int]], is_finished: bool = True) -> Reading:
    """A reading with `marks`: each a position in RAS mm and a confidence."""
    findings = (Finding(k, tuple(at), rated) for k, (at, rated) in enumerate(marks, 1))  # type: ignore[arg-type]
    return Reading(reader, of.case_id, of.case_sha256, BEGAN, ENDED if is_finished else None, tuple(findings))


def rated(reader: str, of: Truth, hits: Sequence[int], false: Sequence[int] = ()) -> Reading:
    """A reading that marks the case's nodules with the confidences `hits` (0: not marked) and makes `false` marks."""
    marks = [(item.center_ras_mm, hit) for item, hit in zip(of.nodules, hits, strict=True) if hit]
    return reading(reader, of, [*marks, *((AWAY, confidence) for confidence in false)])
