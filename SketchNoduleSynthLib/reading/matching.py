"""Which findings hit which nodules.

As in LUNA16 (Setio et al., Med. Image Anal. 42, 2017): a mark within a nodule's radius hits it; of several marks on one
nodule the most confident counts and the others are neither hits nor false; marks on excluded places are left out; all
others are false positives. Beyond LUNA16: a mark counts for one nodule only, the nearest that it hits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.findings import Finding, Reading
from SketchNoduleSynthLib.reading.session import check_inside
from SketchNoduleSynthLib.reading.truth import Truth, TruthNodule

Criterion = Literal["distance", "overlap"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)
Kind = Literal["hit", "repeated", "excluded", "false"]
LEAST_RADIUS_MM = 5.0
"""Of what counts as on a nodule: a hand and a slice of a CT are not more exact. Our choice; 0 is LUNA16's rule."""


@dataclass(frozen=True)
class Mark:
    """What a finding turns out to be; `nodule` is what it hits, `distance_mm` how far from its centre."""

    finding: Finding
    kind: Kind
    nodule: TruthNodule | None = None
    distance_mm: float | None = None


@dataclass(frozen=True)
class Outcome:
    """A reading against the truth; `marks` in the order of the findings."""

    truth: Truth
    reading: Reading
    marks: tuple[Mark, ...]

    def of_kind(self, kind: Kind) -> list[Mark]:
        return [mark for mark in self.marks if mark.kind == kind]

    def hit(self, nodule: TruthNodule) -> Mark | None:
        """The mark that found a nodule; None if it was missed."""
        return next((mark for mark in self.marks if mark.kind == "hit" and mark.nodule == nodule), None)


def match(
    truth: Truth,
    reading: Reading,
    labels: Volume | None = None,
    criterion: Criterion = "distance",
    least_radius_mm: float = LEAST_RADIUS_MM,
) -> Outcome:
    """Match a finished reading with its case's truth.

    `labels` is the case's label map. With `criterion` "distance" a mark hits a nodule if it is nearer to its centre
    than the larger of its radius and `least_radius_mm`; with "overlap" if it lies in the nodule's voxels. Raises
    :class:`InputError` for another case's reading, one that is not finished, a finding outside the CT (which `labels`
    tells), and "overlap" without `labels`.
    """
    who = f"The reading of {reading.reader}"
    if reading.case_id != truth.case_id:
        raise InputError(f"{who} is of {reading.case_id}, not of {truth.case_id}.")
    if reading.case_sha256 != truth.case_sha256:
        raise InputError(f"{who} of {truth.case_id} was made on another CT; its case was made anew since.")
    if reading.finished is None:
        raise InputError(f"{who} of {truth.case_id} is not finished; let the reader finish it.")
    if criterion not in CRITERIA:
        raise InputError(f"A mark is matched by {' or '.join(CRITERIA)}, not by {criterion}.")
    if criterion == "overlap" and labels is None:
        raise InputError(f"{truth.case_id} has no label map; match its marks by distance.")
    marks = []
    for finding in reading.findings:
        if labels is not None:
            check_inside(finding.at_lps_mm, labels.grid, f"Finding {finding.number} of {reading.reader}")
        marks.append(_mark(finding, truth, labels if criterion == "overlap" else None, least_radius_mm))
    return Outcome(truth, reading, tuple(_once_a_nodule(marks)))


def _once_a_nodule(marks: Sequence[Mark]) -> Iterator[Mark]:
    """The same marks, where of those on one nodule only the first of the most confident is a hit."""
    best: dict[int, Mark] = {}
    for mark in marks:
        if mark.nodule is not None:
            earlier = best.setdefault(mark.nodule.number, mark)
            if mark.finding.confidence > earlier.finding.confidence:
                best[mark.nodule.number] = mark
    for mark in marks:
        is_repeated = mark.nodule is not None and best[mark.nodule.number] is not mark
        yield replace(mark, kind="repeated") if is_repeated else mark


def _mark(finding: Finding, truth: Truth, labels: Volume | None, least_radius_mm: float) -> Mark:
    """What a finding is if it is alone; by overlap where there are `labels`, else by distance."""
    at = finding.at_lps_mm
    label = None
    if labels is not None:
        index = np.clip(np.rint(labels.grid.to_index(at)).astype(int), 0, labels.grid.size - 1)
        label = labels.array[tuple(index[::-1])]
    near = []
    for nodule in truth.nodules:
        distance = float(np.linalg.norm(nodule.center_lps_mm - at))
        hit = distance < max(nodule.diameter_mm / 2, least_radius_mm) if label is None else label == nodule.number
        if hit:
            near.append((distance, nodule.number, nodule))
    if near:
        distance, _, nodule = min(near)
        return Mark(finding, "hit", nodule, distance)
    for place in truth.excluded:
        if np.linalg.norm(place.center_lps_mm - at) < max(place.diameter_mm / 2, least_radius_mm):
            return Mark(finding, "excluded")
    return Mark(finding, "false")
