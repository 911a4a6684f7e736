"""Whether one plain feature alone tells inserted nodules from real ones.

ROC AUC 0.5 is ideal; below 0.5 the inserted ones have less of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import roc_auc_score


def told_apart(real: Sequence[dict[str, float]], made: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """For each feature the AUC of inserted (1) against real (0) and the 10, 50 and 90% of the inserted ones."""
    found = {}
    for name in real[0]:
        values = [np.array([nodule[name] for nodule in side]) for side in (real, made)]
        known = [side[np.isfinite(side)] for side in values]
        if min(map(len, known)) == 0:
            continue
        truth = np.repeat([0, 1], [len(side) for side in known])
        low, middle, high = np.percentile(known[1], [10, 50, 90])
        auc = float(roc_auc_score(truth, np.concatenate(known)))
        found[name] = {"auc": auc, "low": float(low), "median": float(middle), "high": float(high)}
    return found
