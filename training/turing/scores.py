"""Scores of a Visual Turing Test: readers' answers against the key, and against each other.

Arrays in, figures out; nothing here reads files or knows where answers come from. An answer, and the truth, is True
for "synthetic": sensitivity is the share of synthetic patches that a reader found out, specificity the share of real
ones taken for real. Whoever cannot tell has an accuracy of 0.5 and a kappa of 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from training.augmentation.paired import auc

Answers = NDArray[np.bool_]
CHANCE = 0.5


def confusion(answers: Answers, truth: Answers) -> NDArray[np.int64]:
    """Counts (2, 2): rows the truth, real then synthetic; columns the answer, real then synthetic."""
    counts = np.zeros((2, 2), np.int64)
    np.add.at(counts, (truth.astype(int), answers.astype(int)), 1)
    return counts


def clopper_pearson(count: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """The exact confidence interval of a proportion (Clopper and Pearson 1934); 0 to 1 if nothing was counted."""
    tail = (1 - level) / 2
    low = float(stats.beta.ppf(tail, count, of - count + 1)) if count > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, count + 1, of - count)) if count < of else 1.0
    return low, high


def cohen_kappa(one: Answers, other: Answers) -> float | None:
    """Agreement beyond chance (Cohen 1960): 1 complete, 0 as by chance; None where both always say the same word."""
    agree = float((one == other).mean())
    by_chance = float(one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean()))
    return None if by_chance == 1 else (agree - by_chance) / (1 - by_chance)


def proportion(right: Answers) -> dict[str, Any]:
    """How many of `right` are True, with the exact 95% interval; the rate is None where there are none at all."""
    count, of = int(right.sum()), len(right)
    return {"rate": count / of if of else None, "count": count, "of": of, "interval_95": clopper_pearson(count, of)}


def score(answers: Answers, truth: Answers, confidence: NDArray[np.floating] | None = None) -> dict[str, Any]:
    """The figures of one reader; all arrays (n,), n at least 1.

    `p_chance`: the exact two-sided binomial test of the accuracy against guessing. `auc`: the area under the ROC
    curve, from the most certainly real to the most certainly synthetic, where `confidence` (above 0) is given.
    """
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
        figures["auc"] = auc(np.where(answers, confidence, -confidence), truth)
    return figures


def found_out(answers: Answers, truth: Answers, models: NDArray[np.str_]) -> dict[str, dict[str, Any]]:
    """How many patches of each model were called synthetic; `models` (n,) is empty for real ones."""
    return {str(name): proportion(answers[truth & (models == name)]) for name in np.unique(models[truth])}


def agreement(readers: dict[str, Answers]) -> dict[str, dict[str, Any]]:
    """For every two readers of one set: the share of equal answers and Cohen's kappa."""
    names = list(readers)
    return {
        f"{one} - {other}": {
            "agreement": proportion(readers[one] == readers[other]),
            "kappa": cohen_kappa(readers[one], readers[other]),
        }
        for k, one in enumerate(names)
        for other in names[k + 1 :]
    }
