"""A score as files: scores.json, a table of readers and cases, one of nodules, the FROC curves as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.files import all_or_none, write_json, write_rows
from SketchNoduleSynthLib.reading.froc import RATES
from SketchNoduleSynthLib.reading.froc_picture import froc_picture
from SketchNoduleSynthLib.reading.matching import Outcome
from SketchNoduleSynthLib.reading.scores import ReaderScore, Score

SCORES, TABLE, NODULES, CURVES = "scores.json", "table.csv", "nodules.csv", "froc.png"
COLUMNS = (
    *("reader", "case", "nodules", "found", "sensitivity", "false_marks", "repeated_marks", "excluded_marks"),
    *("minutes", "cpm", "afroc", "wafroc", "wafroc1"),
)
NODULE_COLUMNS = (
    *("reader", "case", "nodule", "slice_number", "instance_number", "side", "third"),
    *("diameter_mm", "attenuation", "difficulty", "difficulty_class", "found", "confidence", "distance_mm"),
)
ALL_CASES = "all"


def write(score: Score, folder: Path) -> None:
    """Write the four files into `folder`, all or none."""
    with all_or_none(folder) as draft:
        write_json(draft / SCORES, to_dict(score))
        write_rows(draft / TABLE, COLUMNS, chain.from_iterable(map(_rows, score.readers)))
        write_rows(draft / NODULES, NODULE_COLUMNS, _nodule_rows(score))
        froc_picture({reader.reader: reader.froc for reader in score.readers}).savefig(draft / CURVES)


def to_dict(score: Score) -> dict[str, Any]:
    return {
        "matching": {"criterion": score.criterion, "least_radius_mm": score.least_radius_mm},
        "rates": list(RATES),
        "readers": {
            reader.reader: {
                "cases": len(reader.outcomes),
                "sensitivity": reader.sensitivity,
                "false_per_scan": round(reader.false_per_scan, 6),
                "sensitivity_by": reader.by,
                "cpm": reader.cpm,
                **reader.areas,
                "froc": {
                    "confidence": [None, *reader.froc.rating[1:].tolist()],
                    "false_per_scan": reader.froc.false_per_scan.round(6).tolist(),
                    "sensitivity": None if reader.cpm["value"] is None else reader.froc.sensitivity.round(6).tolist(),
                },
            }
            for reader in score.readers
        },
    }


def _rows(reader: ReaderScore) -> list[list[object]]:
    """A row a case, then one for all of them, which alone has the figures over cases."""
    figures = [reader.cpm["value"], *(reader.areas[name]["value"] for name in COLUMNS[-3:])]
    return [
        *([reader.reader, one.truth.case_id, *_counts([one]), *[None] * len(figures)] for one in reader.outcomes),
        [reader.reader, ALL_CASES, *_counts(reader.outcomes), *(None if f is None else round(f, 4) for f in figures)],
    ]


def _counts(outcomes: Sequence[Outcome]) -> list[object]:
    """The columns of TABLE from `nodules` to `minutes`."""
    nodules = sum(len(outcome.truth.nodules) for outcome in outcomes)
    found, *others = (
        sum(len(outcome.of_kind(kind)) for outcome in outcomes) for kind in ("hit", "false", "repeated", "excluded")
    )
    minutes = sum(outcome.reading.minutes or 0.0 for outcome in outcomes)
    return [nodules, found, round(found / nodules, 4) if nodules else None, *others, round(minutes, 2)]


def _nodule_rows(score: Score) -> Iterator[list[object]]:
    for outcome in score.outcomes:
        for nodule in outcome.truth.nodules:
            hit = outcome.hit(nodule)
            about = [getattr(nodule, name) for name in NODULE_COLUMNS[3:-3]]
            marked = [None, None] if hit is None else [hit.finding.confidence, round(hit.distance_mm or 0.0, 2)]
            who = [outcome.reading.reader, outcome.truth.case_id, nodule.number]
            yield [*who, *about, int(hit is not None), *marked]
