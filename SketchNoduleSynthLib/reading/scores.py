"""Scores of readers in cases: found and missed nodules, false marks, FROC, CPM, wAFROC."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import SIZES, size_of
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.reading.froc import UNMARKED, CaseRatings, Froc, cpm, froc
from SketchNoduleSynthLib.reading.matching import LEAST_RADIUS_MM, Criterion, Outcome, match
from SketchNoduleSynthLib.reading.proportions import proportion
from SketchNoduleSynthLib.reading.truth import Truth, TruthNodule
from SketchNoduleSynthLib.reading.wafroc import areas

Labels = Callable[[], Volume]


@dataclass(frozen=True, eq=False)
class ReaderScore:
    """One reader's figures over the cases that this reader read; figures that are not defined are None.

    `sensitivity` counts nodules that were marked at any confidence, `by` the same by size, attenuation and difficulty,
    each with Wilson's interval (which takes nodules for independent); `cpm` and `areas` have intervals over the cases.
    """

    reader: str
    outcomes: tuple[Outcome, ...]
    froc: Froc
    sensitivity: dict[str, Any]
    by: dict[str, dict[str, Any]]
    cpm: dict[str, Any]
    areas: dict[str, dict[str, Any]]

    @property
    def false_per_scan(self) -> float:
        return float(self.froc.false_per_scan[-1])


@dataclass(frozen=True, eq=False)
class Score:
    """All readers, in the order of their names; `criterion` and `least_radius_mm` say how marks were matched."""

    readers: tuple[ReaderScore, ...]
    criterion: Criterion
    least_radius_mm: float

    @property
    def outcomes(self) -> list[Outcome]:
        """Every reading, by reader, then case."""
        return [outcome for reader in self.readers for outcome in reader.outcomes]


def score(
    truths: Sequence[Truth],
    readings: Sequence[Reading],
    labels: Mapping[str, Labels] | None = None,
    criterion: Criterion = "distance",
    least_radius_mm: float = LEAST_RADIUS_MM,
) -> Score:
    """Score finished readings of cases whose truth is known.

    `labels`: for each case id what gives the label map, called when it is needed, so that one is in memory at a time.
    Raises :class:`InputError` for no reading, a reading of an unknown or changed case, two
    readings of one case by one reader, two truths of one case, and whatever :func:`matching.match` refuses.
    """
    if not readings:
        raise InputError("There is no reading to score; give at least one reader's file.")
    known = {truth.case_id: truth for truth in truths}
    if len(known) < len(truths):
        raise InputError("Two of the cases have the same id; give each case once.")
    seen = set()
    for reading in readings:
        if reading.case_id not in known:
            raise InputError(f"A reading of {reading.reader} is of {reading.case_id}, which is not given.")
        if (key := (reading.reader, reading.case_id)) in seen:
            raise InputError(f"There are two readings of {reading.case_id} by {reading.reader}; give one.")
        seen.add(key)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in sorted({reading.reader for reading in readings})}
    for case_id in sorted(known):
        of_case = [reading for reading in readings if reading.case_id == case_id]
        get = (labels or {}).get(case_id)
        volume = get() if get and of_case else None
        for reading in of_case:
            outcomes[reading.reader].append(match(known[case_id], reading, volume, criterion, least_radius_mm))
    readers = tuple(_of_reader(name, found) for name, found in outcomes.items())
    return Score(readers, criterion, least_radius_mm)


def _of_reader(name: str, outcomes: Sequence[Outcome]) -> ReaderScore:
    ratings = [_ratings(outcome) for outcome in outcomes]
    found = [(nodule, outcome.hit(nodule) is not None) for outcome in outcomes for nodule in outcome.truth.nodules]
    words = {nodule.difficulty_class for nodule, _ in found if nodule.difficulty_class}
    classes: dict[str, tuple[Iterable[str], Callable[[TruthNodule], str | None]]] = {
        "size": (SIZES, lambda nodule: size_of(nodule.diameter_mm)),
        "attenuation": (ATTENUATIONS, lambda nodule: nodule.attenuation),
        "difficulty": (sorted(words), lambda nodule: nodule.difficulty_class),
    }
    by = {
        kind: {name: _share(hit for nodule, hit in found if class_of(nodule) == name) for name in names}
        for kind, (names, class_of) in classes.items()
    }
    all_found = _share(hit for _, hit in found)
    return ReaderScore(name, tuple(outcomes), froc(ratings), all_found, by, cpm(ratings), areas(ratings))


def _ratings(outcome: Outcome) -> CaseRatings:
    hits = [outcome.hit(nodule) for nodule in outcome.truth.nodules]
    return CaseRatings(
        np.array([hit.finding.confidence if hit else UNMARKED for hit in hits]),
        np.array([mark.finding.confidence for mark in outcome.of_kind("false")]),
    )


def _share(hits: Iterable[bool]) -> dict[str, Any]:
    return proportion(np.array(list(hits), bool))
