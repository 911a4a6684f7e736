"""Areas under the (weighted) alternative FROC curve: how surely nodules are told from what is none.

Source: Chakraborty, Observer Performance Methods for Diagnostic Imaging, CRC 2017, chapters 13 and 14; as computed by
RJafroc's UtilFigureOfMerit. With psi(f, l) = 1 if f < l, 1/2 if they are equal, else 0, f the highest false rating of a
case and l the rating of a nodule, each -inf where there is no mark:

    AFROC   = mean of psi over all cases without nodules and all nodules
    wAFROC  = the same with each case's nodules weighted, so that every case counts alike
    wAFROC1 = as wAFROC, but with the false marks of all cases, those with nodules too

AFROC and wAFROC need cases without nodules; wAFROC1 is for sets that have none. Who marks nothing at all has 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.reading.froc import UNMARKED, CaseRatings, figure, resampled


def ordered(lower: NDArray, higher: NDArray) -> NDArray[np.float64]:
    """psi: for every pair 1 where `higher` is higher, 1/2 where they are equal, else 0; (higher, lower)."""
    return (higher[:, None] > lower) + 0.5 * (higher[:, None] == lower)


def areas(cases: Sequence[CaseRatings], seed: int = 0) -> dict[str, dict[str, Any]]:
    """The three figures of one reader with 95% intervals over the cases; None where they are not defined."""
    copies = np.vstack([np.ones(len(cases)), resampled(len(cases), seed)])
    normal = np.array([len(case.lesions) == 0 for case in cases])
    values = {
        "afroc": _area(cases, copies, normal, [np.ones(len(case.lesions)) for case in cases]),
        "wafroc": _area(cases, copies, normal, [case.weights for case in cases]),
        "wafroc1": _area(cases, copies, np.ones(len(cases), bool), [case.weights for case in cases]),
    }
    return {name: figure(float(draws[0]), draws[1:]) for name, draws in values.items()}


def _area(
    cases: Sequence[CaseRatings], copies: NDArray, false_from: NDArray[np.bool_], weights: Sequence[Any]
) -> NDArray[np.float64]:
    """The area for every row of `copies` (draws, cases), which says how often each case counts."""
    highest = np.array([case.false.max(initial=UNMARKED) for case in cases])[false_from]
    right = np.array([w @ ordered(highest, case.lesions) for case, w in zip(cases, weights, strict=True)])
    weight = np.array([w.sum() for w in weights])
    with np.errstate(invalid="ignore"):
        pairs = (copies @ weight) * copies[:, false_from].sum(1)
        return ((copies @ right) * copies[:, false_from]).sum(1) / pairs
