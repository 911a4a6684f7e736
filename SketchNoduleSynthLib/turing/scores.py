"""Scores of a Visual Turing Test: readers' answers against the key, and against each other.

Arrays in, figures out; nothing here reads files or knows where answers come from. An answer, and the truth, is True
for "synthetic": sensitivity is the share of synthetic patches that a reader found out, specificity the share of real
ones taken for real. Whoever cannot tell has an accuracy of 0.5 and a kappa of 0.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.reading.proportions import Answers, cohen_kappa, confusion, proportion
from SketchNoduleSynthLib.reading.wafroc import ordered

CHANCE = 0.5


def score(answers: Answers, truth: Answers, confidence: NDArray[np.floating] | None = None) -> dict[str, Any]:
    """The figures of one reader; all arrays (n,), n at least 1.

    `confusion` has the truth in rows, real, then synthetic. `p_chance`: the exact two-sided binomial test of the
    accuracy against guessing. `auc`: the area under the ROC curve, from the most certainly real to the most certainly
    synthetic, where `confidence` (above 0) is given.
    """
    from scipy import stats

    right = answers == truth
    figures: dict[str, Any] = {
        "patches": len(truth),
        "accuracy": proportion(right),
        "sensitivity": proportion(right[truth]),
        "specificity": proportion(right[~truth]),
        "confusion": confusion(answers, truth).tolist(),
        "kappa": cohen_kappa(answers, truth),
        "p_chance": float(stats.binomtest(int(right.sum()), len(right), CHANCE).pvalue),
    }
    if confidence is not None and 0 < truth.sum() < len(truth):
        ratings = np.where(answers, confidence, -confidence)
        figures["auc"] = float(ordered(ratings[~truth], ratings[truth]).mean())
    return figures


def found_out(answers: Answers, truth: Answers, models: NDArray[np.str_]) -> dict[str, dict[str, Any]]:
    """How many patches of each model were called synthetic; `models` (n,) is "" where there is none or unknown."""
    return {str(name): proportion(answers[truth & (models == name)]) for name in np.unique(models[truth]) if name}


def agreement(readers: dict[str, Answers]) -> dict[str, dict[str, Any]]:
    """For every two readers of one set: the share of equal answers and Cohen's kappa."""
    return {
        f"{one} - {other}": {"agreement": proportion(first == second), "kappa": cohen_kappa(first, second)}
        for (one, first), (other, second) in combinations(readers.items(), 2)
    }
