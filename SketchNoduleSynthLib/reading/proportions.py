"""Proportions and agreement with their 95% intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Answers = NDArray[np.bool_]
NORMAL_95 = 1.959964


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95% confidence interval of a proportion (Wilson 1927); 0 to 1 if nothing was counted."""
    from scipy import stats

    if not of:
        return 0.0, 1.0
    low, high = stats.binomtest(count, of).proportion_ci(0.95, "wilson")
    return float(low), float(high)


def proportion(right: Answers) -> dict[str, Any]:
    """How many of `right` (n,) are True, with Wilson's interval; the rate is None where there are none at all."""
    count, of = int(right.sum()), len(right)
    return {"rate": count / of if of else None, "count": count, "of": of, "interval_95": wilson(count, of)}


def confusion(answers: Answers, truth: Answers) -> NDArray[np.int64]:
    """Counts (2, 2): rows the truth, columns the answer, each False, then True."""
    return np.bincount(2 * truth + answers, minlength=4).reshape(2, 2)


def cohen_kappa(one: Answers, other: Answers) -> dict[str, Any]:
    """Agreement beyond chance (Cohen 1960): 1 complete, 0 as by chance, with the large-sample interval.

    Both None where both always say the same word. Source of the interval: Fleiss, Cohen and Everitt 1969.
    """
    shares = confusion(one, other) / len(one)
    rows, columns = shares.sum(1), shares.sum(0)
    agree, by_chance = float(np.trace(shares)), float(rows @ columns)
    if by_chance == 1:
        return {"value": None, "interval_95": None}
    kappa = (agree - by_chance) / (1 - by_chance)
    same = np.diag(shares) @ (1 - (rows + columns) * (1 - kappa)) ** 2
    crossed = (columns[:, None] + rows[None]) ** 2 * shares
    differ = (1 - kappa) ** 2 * (crossed.sum() - np.trace(crossed))
    variance = (same + differ - (kappa - by_chance * (1 - kappa)) ** 2) / (len(one) * (1 - by_chance) ** 2)
    reach = NORMAL_95 * float(np.sqrt(max(variance, 0.0)))
    return {"value": kappa, "interval_95": (max(kappa - reach, -1.0), min(kappa + reach, 1.0))}
