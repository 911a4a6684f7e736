"""FROC, CPM, areas under AFROC curves, proportions: as computed by hand, as published, as other code computes them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, roc_curve

from SketchNoduleSynthLib.reading.froc import LEAST_CASES, RATES, UNMARKED, CaseRatings, cpm, froc
from SketchNoduleSynthLib.reading.proportions import cohen_kappa, confusion, proportion, wilson
from SketchNoduleSynthLib.reading.wafroc import areas

NONE = -np.inf


def of(lesions: list[float], false: list[float], weights: list[float] | None = None) -> CaseRatings:
    return CaseRatings(np.array(lesions), np.array(false), None if weights is None else np.array(weights))


CHAKRABORTY = [
    *(of([], false) for false in ([], [0.5], [0.7, 0.6], [-0.3])),
    of([0.9], [1.5]),
    of([-0.2], []),
    of([1.6, NONE], [], [0.1, 0.9]),
    of([3, 2], [], [0.9, 0.1]),
    of([1, 2.5, 1], [], [0.3, 0.4, 0.3]),
]
"""The worked example of Chakraborty's RJafroc FROC book, chapter "Empirical plots from FROC data", AFROC vs. wAFROC."""

ratings = st.one_of(st.integers(1, 6), st.integers(1, 100)).map(float)
case_ratings = st.builds(of, st.lists(st.one_of(ratings, st.just(NONE)), max_size=4), st.lists(ratings, max_size=5))
readers = st.lists(case_ratings, min_size=1, max_size=8)
AREAS = ("afroc", "wafroc", "wafroc1")


def values(cases: list[CaseRatings]) -> dict[str, float]:
    """All single figures that are defined."""
    figures = {"cpm": cpm(cases), **areas(cases)}
    return {name: figure["value"] for name, figure in figures.items() if figure["value"] is not None}


# As published


def test_areas_of_the_example_that_rjafroc_documents() -> None:
    figures = areas(CHAKRABORTY)
    assert figures["afroc"]["value"] == pytest.approx(
        0.5 * 0.7777778 + 0.25 * 0.8888889 + 0.25 * 0.8888889 + (1 - 0.8888889) * 0.25 / 2, abs=1e-6
    )
    assert figures["wafroc"]["value"] == pytest.approx(0.5 * 0.62 + 0.25 * 0.82 + 0.25 * 0.82 + (1 - 0.82) * 0.25 / 2)


def test_operating_points_of_the_example_that_rjafroc_documents() -> None:
    curve = froc(CHAKRABORTY)
    found = np.unique((curve.sensitivity * 9).round(6)).tolist()
    assert found == [0, 1, 2, 3, 4, 6, 7, 8], "eight of nine are marked, one after the other but for those rated 1"
    assert curve.false_per_scan[-1] == pytest.approx(5 / 9)
    assert curve.rating[:4].tolist() == [np.inf, 3, 2.5, 2]


# By hand


def test_froc_by_hand() -> None:
    cases = [of([90, 40], [60]), of([], [80, 20]), of([NONE], []), of([], [])]
    curve = froc(cases)
    assert curve.rating.tolist() == [np.inf, 90, 80, 60, 40, 20]
    assert curve.sensitivity == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert curve.false_per_scan == pytest.approx([0, 0, 1 / 4, 2 / 4, 2 / 4, 3 / 4])
    found = [1 / 3, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 2 / 3]
    assert curve.at() == pytest.approx(found), "where the curve jumps, its upper end; beyond its last point, as there"
    assert cpm(cases)["value"] == pytest.approx(np.mean(found), abs=1e-6)
    assert list(cpm(cases)["sensitivity_at"]) == ["0.125", "0.25", "0.5", "1", "2", "4", "8"]


def test_equal_confidences_are_one_operating_point_and_between_points_the_curve_is_straight() -> None:
    curve = froc([of([50], [50]), of([50], [])])
    assert curve.sensitivity.tolist() == [0, 1] and curve.false_per_scan.tolist() == [0, 0.5]
    assert curve.at([0.125, 0.25, 0.5, 1]).tolist() == [0.25, 0.5, 1, 1]


def test_areas_by_hand() -> None:
    cases = [of([], [30]), of([], []), of([50, NONE], [60])]
    figures = areas(cases)
    # 50 beats 30 and no mark; no mark loses to 30 and ties with no mark.
    assert figures["wafroc"]["value"] == pytest.approx((0.5 * (1 + 1) + 0.5 * (0 + 0.5)) / 2)
    # Against the case's own 60 both lose.
    assert figures["wafroc1"]["value"] == pytest.approx((0.5 * 2 + 0.5 * 0.5) / 3, abs=1e-6)


def test_a_case_counts_alike_whatever_it_has_in_wafroc_not_in_afroc() -> None:
    cases = [of([], [50]), of([90], []), of([10, 10, 10], [])]
    assert areas(cases)["wafroc"]["value"] == pytest.approx(1 / 2)
    assert areas(cases)["afroc"]["value"] == pytest.approx(1 / 4)


def test_what_is_not_defined_is_none() -> None:
    no_nodule, no_normal = [of([], [50]), of([], [])], [of([50], [20])]
    assert values(no_nodule) == {} and set(values(no_normal)) == {"cpm", "wafroc1"}
    assert np.isnan(froc(no_nodule).sensitivity).all() and froc(no_nodule).false_per_scan.tolist() == [0, 0.5]


@pytest.mark.parametrize("weights", [[0.5, 0.4], [1.0], [0.5, 0.6]])
def test_weights_that_do_not_sum_to_one_are_no_ratings(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        of([50, 60], [], weights)


# As other code computes it


def brute_force(cases: list[CaseRatings], false_from: list[CaseRatings], is_weighted: bool) -> float:
    """Chakraborty's definition, pair by pair."""
    total = weight_sum = 0.0
    for case in cases:
        for rating, weight in zip(case.lesions, case.weights if case.weights is not None else (), strict=True):
            weight = weight if is_weighted else 1.0
            weight_sum += weight
            for other in false_from:
                highest = max(other.false, default=NONE)
                total += weight * (1.0 if rating > highest else 0.5 if rating == highest else 0.0)
    return total / (weight_sum * len(false_from)) if weight_sum and false_from else float("nan")


@settings(deadline=None, max_examples=50)
@given(readers, st.randoms(use_true_random=False))
def test_areas_are_the_definition(cases: list[CaseRatings], random) -> None:
    def uneven(count: int) -> np.ndarray:
        weights = np.array([random.random() + 0.1 for _ in range(count)])
        return weights / weights.sum() if count else weights

    cases = [replace(case, weights=uneven(len(case.lesions))) for case in cases]
    normal = [case for case in cases if not len(case.lesions)]
    expected = {
        "afroc": brute_force(cases, normal, False),
        "wafroc": brute_force(cases, normal, True),
        "wafroc1": brute_force(cases, cases, True),
    }
    for name, figure in areas(cases).items():
        if np.isnan(expected[name]):
            assert figure["value"] is None
        else:
            assert figure["value"] == pytest.approx(expected[name], abs=1e-6)


def luna16(cases: list[CaseRatings]) -> np.ndarray:
    """Sensitivity at the seven rates as LUNA16's evaluation gets it: the ROC curve of all marks, rescaled."""
    hits = np.concatenate([case.lesions[case.lesions > UNMARKED] for case in cases])
    false = np.concatenate([case.false for case in cases])
    nodules = sum(len(case.lesions) for case in cases)
    is_hit = np.r_[np.ones(len(hits)), np.zeros(len(false))]
    false_rate, hit_rate, _ = roc_curve(is_hit, np.r_[hits, false])
    per_scan = (false_rate * len(false) / len(cases)).round(12)
    return np.interp(RATES, per_scan, hit_rate * len(hits) / nodules)


@settings(deadline=None, max_examples=50)
@given(readers.filter(lambda cases: any((c.lesions > NONE).any() for c in cases) and any(len(c.false) for c in cases)))
def test_cpm_is_luna16s(cases: list[CaseRatings]) -> None:
    assert froc(cases).at() == pytest.approx(luna16(cases))
    assert cpm(cases)["value"] == pytest.approx(luna16(cases).mean(), abs=1e-6)


# What always holds


@settings(deadline=None, max_examples=50)
@given(readers, st.lists(st.integers(1, 50), min_size=100, max_size=100))
def test_only_the_order_of_the_confidences_counts(cases: list[CaseRatings], steps: list[int]) -> None:
    scale = np.r_[0.0, np.cumsum(steps)]

    def other(values: np.ndarray) -> np.ndarray:
        return np.where(values > NONE, scale[np.where(values > NONE, values, 0).astype(int)], NONE)

    mapped = [CaseRatings(other(case.lesions), other(case.false)) for case in cases]
    assert values(mapped) == values(cases)


@settings(deadline=None, max_examples=50)
@given(readers, st.data())
def test_a_false_mark_below_all_others_never_helps(cases: list[CaseRatings], data: st.DataObject) -> None:
    more = list(cases)
    where = data.draw(st.integers(0, len(cases) - 1))
    more[where] = replace(more[where], false=np.append(more[where].false, 0.5))
    before, after = values(cases), values(more)
    assert before.keys() == after.keys() and all(after[name] <= before[name] + 1e-9 for name in before)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(ratings, max_size=4), min_size=1, max_size=8))
def test_a_perfect_reader_has_one_and_who_marks_nothing_the_least(lesions: list[list[float]]) -> None:
    perfect, silent = ([of(marks, []) for marks in each] for each in (lesions, [[NONE] * len(x) for x in lesions]))
    assert all(value == 1 for value in values(perfect).values())
    assert all(value == (0 if name == "cpm" else 0.5) for name, value in values(silent).items())
    assert bool(values(perfect)) == any(lesions)


@given(readers)
def test_the_curve_rises(cases: list[CaseRatings]) -> None:
    curve = froc(cases)
    assert curve.false_per_scan[0] == 0 and (np.diff(curve.false_per_scan) >= 0).all()
    assert (np.diff(curve.rating) < 0).all()
    if any(len(case.lesions) for case in cases):
        assert curve.sensitivity[0] == 0 and (np.diff(curve.sensitivity) >= 0).all() and curve.sensitivity[-1] <= 1
        assert (np.diff(curve.at()) >= -1e-12).all()


# Intervals


def test_bootstrap_intervals_are_the_same_for_the_same_seed_and_hold_the_value() -> None:
    rng = np.random.default_rng(0)
    cases = [
        of(np.where(rng.random(n) < 0.7, rng.integers(30, 90, n), NONE).tolist(), rng.integers(1, 70, m).tolist())
        for n, m in zip(rng.integers(0, 4, 40), rng.integers(0, 3, 40), strict=True)
    ]
    assert cpm(cases, 1) == cpm(cases, 1) != cpm(cases, 2) and areas(cases, 1) == areas(cases, 1) != areas(cases, 2)
    for figure in (cpm(cases), *cpm(cases)["sensitivity_at"].values(), *areas(cases).values()):
        low, high = figure["interval_95"]
        assert low < figure["value"] < high and high - low < 0.4
    few, many = (cpm(cases * times)["interval_95"] for times in (1, 4))
    assert many[1] - many[0] == pytest.approx((few[1] - few[0]) / 2, rel=0.2), "as the root of the cases' number"


def test_a_mean_of_independent_cases_has_the_interval_of_a_mean() -> None:
    """One nodule a case, found or not, no false marks: the CPM is a proportion, its interval the normal one."""
    cases = [of([50.0 if k < 60 else NONE], []) for k in range(100)]
    low, high = cpm(cases)["interval_95"]
    assert (low, high) == pytest.approx((0.6 - 0.096, 0.6 + 0.096), abs=0.015)


def test_too_few_cases_have_no_interval() -> None:
    cases = [of([50], [20])] * (LEAST_CASES - 1)
    assert cpm(cases)["interval_95"] is None and areas(cases)["wafroc1"]["interval_95"] is None
    assert cpm([*cases, cases[0]])["interval_95"] == [1, 1]


@pytest.mark.parametrize(
    ("count", "of_all", "interval"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (0, 0, (0, 1)),
    ],
)
def test_wilson_as_in_newcombes_table(count: int, of_all: int, interval: tuple[float, float]) -> None:
    """Newcombe, Statistics in Medicine 17, 1998, table I, method 3."""
    assert wilson(count, of_all) == pytest.approx(interval, abs=6e-5)


def test_proportions() -> None:
    assert proportion(np.array([True, False, True, True]))["rate"] == 0.75
    assert proportion(np.array([], bool))["rate"] is None


def test_confusion_has_truth_in_rows() -> None:
    truth = np.array([0, 0, 0, 1, 1], bool)
    answers = np.array([0, 1, 1, 1, 0], bool)
    assert confusion(answers, truth).tolist() == [[1, 2], [1, 1]]


def table(counts: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Two raters: yes and yes, yes and no, no and yes, no and no."""
    pairs = list(product([True, False], repeat=2))
    return tuple(np.repeat([pair[k] for pair in pairs], counts) for k in (0, 1))  # type: ignore[return-value]


def test_kappa_of_the_textbook() -> None:
    one, other = table((20, 5, 10, 15))
    assert cohen_kappa(one, other)["value"] == pytest.approx(0.4)
    assert cohen_kappa(one, one) == {"value": 1, "interval_95": (1, 1)}
    assert cohen_kappa(one, ~one)["value"] < 0
    assert cohen_kappa(np.ones(4, bool), np.ones(4, bool)) == {"value": None, "interval_95": None}


@given(st.tuples(*[st.integers(1, 40)] * 4))
def test_kappa_and_its_interval_are_cohens_and_the_delta_methods(counts: tuple[int, int, int, int]) -> None:
    one, other = table(counts)
    figure = cohen_kappa(one, other)
    assert figure["value"] == pytest.approx(cohen_kappa_score(one, other))

    def kappa(shares: np.ndarray) -> float:
        square = shares.reshape(2, 2) / shares.sum()
        chance = square.sum(1) @ square.sum(0)
        return float((np.trace(square) - chance) / (1 - chance))

    shares, step = np.array(counts) / sum(counts), 1e-6
    slopes = np.array([(kappa(shares + d) - kappa(shares - d)) / (2 * step) for d in np.eye(4) * step])
    variance = (shares @ slopes**2 - (shares @ slopes) ** 2) / sum(counts)
    reach = 1.959964 * np.sqrt(variance)
    expected = np.clip([figure["value"] - reach, figure["value"] + reach], -1, 1)
    assert figure["interval_95"] == pytest.approx(expected, abs=1e-5)
