"""What a detector's marks are worth: FROC and CPM by kind, with intervals over the patients, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.networks.inputs import ATTENUATIONS
from SketchNoduleSynthLib.reading.froc import UNMARKED, CaseRatings, figure, froc
from training.augmentation.paired import patient_weights
from training.augmentation.volumes import SIZES, Searched

REAL = "real"
LEAST_HIT_MM = 3.0
DRAWS = 200
Fold = tuple[NDArray[np.intp], list[tuple[NDArray, NDArray]]]
"""The volumes tested in a fold, and the marks in each: where, and how surely."""


def ratings(volume: Searched, at: NDArray, score: NDArray, kind: str | None = None) -> CaseRatings:
    """Of marks in a volume (LUNA16's rule: within the radius, here at least LEAST_HIT_MM): what each nodule got, and
    the false ones. With `kind` of nodules of that kind alone; marks on others count for nothing."""
    centres, reach = volume.nodules[:, :3], np.maximum(volume.nodules[:, 3] / 2, LEAST_HIT_MM)
    near = np.linalg.norm(at[:, None] - centres[None], axis=-1) <= reach
    found = np.where(near, score[:, None], UNMARKED).max(0, initial=UNMARKED)
    counted = [kind is None or kind in kinds for kinds in volume.kinds]
    return CaseRatings(found[counted], score[~near.any(1)])


def cases_of(real: Sequence[Searched], fold: Fold, kind: str | None = None) -> list[CaseRatings]:
    return [ratings(real[k], *found, kind) for k, found in zip(*fold, strict=True)]


def cpm(cases: Sequence[Sequence[CaseRatings]], folds: Sequence[Fold], counts: NDArray | None = None) -> float:
    """The mean of the folds' CPM; `counts`: how often each volume is taken."""
    values = []
    for (test, _), ratings_ in zip(folds, cases, strict=True):
        times = np.ones(len(test), int) if counts is None else counts[test].astype(int)
        taken = [one for one, count in zip(ratings_, times, strict=True) for _ in range(count)]
        if any(len(one.lesions) for one in taken):
            values.append(froc(taken).at().mean())
    return float(np.mean(values)) if values else float("nan")


def figures(results: dict[str, list[Fold]], real: Sequence[Searched]) -> dict[str, Any]:
    """Of each detector: CPM and its difference from REAL, each with an interval, and CPM by kind."""
    counts = patient_weights(np.array([volume.patient for volume in real]), DRAWS)
    kinds = [kind for kind in (*SIZES, *ATTENUATIONS) if any(kind in one.kinds[0] for one in real)]
    found: dict[str, Any] = {}
    drawn: dict[str, NDArray] = {}
    for name, folds in results.items():
        cases = [cases_of(real, fold) for fold in folds]
        drawn[name] = np.array([cpm(cases, folds, draw) for draw in counts])
        value = cpm(cases, folds)
        by_kind = {kind: cpm([cases_of(real, fold, kind) for fold in folds], folds) for kind in kinds}
        found[name] = {"cpm": figure(value, drawn[name]), "by_kind": {k: round(v, 4) for k, v in by_kind.items()}}
        spread = [cpm([one], [fold]) for one, fold in zip(cases, folds, strict=True)]
        found[name]["sd_of_folds"] = round(float(np.nanstd(spread)), 4)
        if name != REAL:
            difference = value - found[REAL]["cpm"]["value"]
            found[name]["difference"] = figure(difference, drawn[name] - drawn[REAL])
    return found


def table(found: dict[str, Any]) -> str:
    kinds = list(next(iter(found.values()))["by_kind"])
    lines = [
        "| trained on | CPM (95%) | difference (95%) | " + " | ".join(kinds) + " |",
        "| --- " * (3 + len(kinds)) + "|",
    ]
    for name, row in found.items():
        cells = [said(row["cpm"], "{:.3f}"), said(row["difference"], "{:+.3f}") if "difference" in row else ""]
        cells += [f"{value:.3f}" for value in row["by_kind"].values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def said(value: dict[str, Any], form: str) -> str:
    low, high = value["interval_95"] or (float("nan"), float("nan"))
    return f"{form} ({form} to {form})".format(value["value"], low, high)
