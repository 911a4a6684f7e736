"""The FROC curve, LUNA16's mean sensitivity (CPM) and bootstrap intervals. Ratings in, figures out.

Sources: Bunch et al. 1977 (FROC); Setio et al., Med. Image Anal. 42, 2017 (the seven rates, linear interpolation
between operating points, intervals by resampling the scans).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

RATES = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0)
"""False positives a scan."""
DRAWS = 1000
LEAST_CASES = 5
"""Of fewer, a bootstrap interval says nothing."""
UNMARKED = -np.inf


@dataclass(frozen=True, eq=False)
class CaseRatings:
    """What a reader did in one case, as statistics see it.

    `lesions`: the rating of each of its nodules, -inf where not marked; `false`: that of each false mark;
    `weights`: of the nodules, sum 1 (equal if not given).
    """

    lesions: NDArray[np.float64]
    false: NDArray[np.float64]
    weights: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        lesions = np.asarray(self.lesions, float)
        equal = np.full(len(lesions), 1 / max(len(lesions), 1))
        weights = equal if self.weights is None else np.asarray(self.weights, float)
        if weights.shape != lesions.shape or (len(weights) and not np.isclose(weights.sum(), 1)):
            raise ValueError("The weights of a case's nodules must be one each and sum to 1.")
        object.__setattr__(self, "lesions", lesions)
        object.__setattr__(self, "false", np.asarray(self.false, float))
        object.__setattr__(self, "weights", weights)


@dataclass(frozen=True, eq=False)
class Froc:
    """The operating points, from no marks at all to all of them, each (points,): at every `rating` and above."""

    rating: NDArray[np.float64]
    false_per_scan: NDArray[np.float64]
    sensitivity: NDArray[np.float64]

    def at(self, rates: ArrayLike = RATES) -> NDArray[np.float64]:
        """Sensitivity at false positives a scan: between points linear, beyond the last as there."""
        return np.interp(np.asarray(rates, float), self.false_per_scan, self.sensitivity)


def froc(cases: Sequence[CaseRatings]) -> Froc:
    """The FROC curve of one reader; its sensitivities are NaN where no case has a nodule."""
    return _curve(cases)(np.ones(len(cases)))


def cpm(cases: Sequence[CaseRatings], seed: int = 0) -> dict[str, Any]:
    """The mean sensitivity at the seven RATES, and that at each, with 95% intervals over the cases."""
    curve = _curve(cases)
    value = curve(np.ones(len(cases))).at()
    draws = np.array([curve(copies).at() for copies in resampled(len(cases), seed)]).reshape(-1, len(RATES))
    return figure(float(value.mean()), draws.mean(1)) | {
        "sensitivity_at": {f"{rate:g}": figure(float(value[k]), draws[:, k]) for k, rate in enumerate(RATES)}
    }


def resampled(cases: int, seed: int) -> NDArray[np.int64]:
    """How often each case comes in each bootstrap sample, (DRAWS, cases); no samples of fewer than LEAST_CASES."""
    draws = DRAWS if cases >= LEAST_CASES else 0
    return np.random.default_rng(seed).multinomial(cases, np.full(cases, 1 / cases), draws)


def figure(value: float, draws: NDArray[np.float64]) -> dict[str, Any]:
    """A value and its 95% percentile interval, for JSON; None for what is not defined."""
    known = draws[np.isfinite(draws)]
    interval = np.percentile(known, [2.5, 97.5]).round(6).tolist() if len(known) else None
    return {"value": round(value, 6) if np.isfinite(value) else None, "interval_95": interval}


def _curve(cases: Sequence[CaseRatings]) -> Callable[[NDArray], Froc]:
    """The curve as a function of how often each case counts; the marks are sorted once."""
    lesions, false = (np.concatenate([getattr(case, name) for case in cases]) for name in ("lesions", "false"))
    rating = np.concatenate([lesions, false])
    index = np.arange(len(cases))
    in_case = np.concatenate(
        [np.repeat(index, [len(getattr(c, name)) for c in cases]) for name in ("lesions", "false")]
    )
    order = np.argsort(-rating, kind="stable")
    order = order[rating[order] > UNMARKED]
    last = np.flatnonzero(np.diff(rating[order], append=UNMARKED))
    is_lesion = order < len(lesions)
    nodules = np.array([len(case.lesions) for case in cases])

    def curve(copies: NDArray) -> Froc:
        counts = copies[in_case[order]]
        found = np.cumsum(np.where(is_lesion, counts, 0))[last]
        false_marks = np.cumsum(np.where(is_lesion, 0, counts))[last]
        all_nodules = float(copies @ nodules) or np.nan
        return Froc(
            np.r_[np.inf, rating[order][last]], np.r_[0, false_marks] / copies.sum(), np.r_[0, found] / all_nodules
        )

    return curve
