"""Classifiers compared on the same cross-validated nodules: AUC, accuracy, and paired intervals over patients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000


@dataclass(frozen=True)
class Scores:
    """A test fold: the nodules' indices and their scores; above 0 is a nodule called positive."""

    test: NDArray[np.intp]
    scores: NDArray[np.floating]


def ordered(positive: NDArray, negative: NDArray) -> NDArray[np.float64]:
    """For every pair 1 where the positive scores higher, 0.5 where alike, else 0; (positives, negatives)."""
    difference = positive[:, None] - negative[None]
    return (difference > 0) + 0.5 * (difference == 0)


def auc(scores: NDArray, labels: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the share of rightly ordered pairs (Mann-Whitney); NaN with one class only."""
    pairs = ordered(scores[labels], scores[~labels])
    return float(pairs.mean()) if pairs.size else float("nan")


def accuracy(scores: NDArray, labels: NDArray[np.bool_]) -> float:
    return float(((scores > 0) == labels).mean())


def pair_weights(folds: list[Scores], labels: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two (n, n) matrices over positive (row) and negative (column) nodules tested in one fold.

    With weights w of the nodules, w @ first @ w / (w @ second @ w) is the mean AUC of the folds. Scores of different
    folds, which come from different networks, are never compared.
    """
    right, all_ = np.zeros((2, len(labels), len(labels)))
    for fold in folds:
        positive = labels[fold.test]
        where = np.ix_(fold.test[positive], fold.test[~positive])
        pairs = ordered(fold.scores[positive], fold.scores[~positive])
        right[where] += pairs / max(pairs.size, 1)
        all_[where] += 1 / max(pairs.size, 1)
    return right, all_


def accuracy_weights(folds: list[Scores], labels: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same for accuracy, as two vectors (n,): w @ first / (w @ second)."""
    right, all_ = np.zeros((2, len(labels)))
    for fold in folds:
        right[fold.test] += ((fold.scores > 0) == labels[fold.test]) / len(fold.test)
        all_[fold.test] += 1 / len(fold.test)
    return right, all_


MEASURES = {"auc": (auc, pair_weights), "accuracy": (accuracy, accuracy_weights)}


def weighted(weights: NDArray, parts: tuple[NDArray, NDArray]) -> NDArray[np.float64]:
    """The figure of :func:`pair_weights` or :func:`accuracy_weights` for every row of `weights` (draws, nodules)."""
    sums = [
        np.einsum("bi,ij,bj->b", weights, part, weights, optimize=True) if part.ndim == 2 else weights @ part
        for part in parts
    ]
    with np.errstate(invalid="ignore"):
        return sums[0] / sums[1]


def patient_weights(patients: NDArray[np.str_], draws: int) -> NDArray[np.float64]:
    """How often each nodule comes in `draws` bootstrap samples of the patients, (draws, nodules)."""
    names, index = np.unique(patients, return_inverse=True)
    rng = np.random.default_rng(0)
    return rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)[:, index].astype(float)


def summary(folds: list[Scores], labels: NDArray[np.bool_]) -> dict[str, dict[str, Any]]:
    """AUC and accuracy of one classifier: mean and spread over folds and repeats, and each fold's."""
    table = {}
    for name, (of_fold, _) in MEASURES.items():
        values = [of_fold(fold.scores, labels[fold.test]) for fold in folds]
        mean, sd = float(np.nanmean(values)), float(np.nanstd(values))
        table[name] = {"mean": round(mean, 4), "sd": round(sd, 4), "folds": [round(value, 4) for value in values]}
    return table


def difference(
    one: list[Scores], other: list[Scores], labels: NDArray[np.bool_], patients: NDArray[np.str_]
) -> dict[str, dict[str, Any]]:
    """How far `one` lies above `other`, tested on the same folds, in AUC and accuracy.

    `interval_95` is the percentile bootstrap over patients of the paired difference. It holds for these trained
    networks: how much others would differ is in the spread over the folds, not in the interval.
    """
    weights = patient_weights(patients, DRAWS)
    table = {}
    for name, (_, parts) in MEASURES.items():
        here, there = (parts(folds, labels) for folds in (one, other))
        mean = weighted(np.ones((1, len(labels))), here) - weighted(np.ones((1, len(labels))), there)
        interval = np.nanpercentile(weighted(weights, here) - weighted(weights, there), [2.5, 97.5])
        table[name] = {"mean": round(float(mean[0]), 4), "interval_95": interval.round(4).tolist()}
    return table
