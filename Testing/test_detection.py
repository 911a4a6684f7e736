"""The detection test: a detector that learns, fair folds, CPM that can be checked by hand, a run from end to end."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from refusal import refused
from scipy import ndimage

from SketchNoduleSynthLib.synthesis.generators import generator
from training import detection_test
from training.augmentation.detected import REAL, cpm, figures, ratings, table
from training.augmentation.detector import CELL, CROP, Detector, fitted, focal, heat, marks, sample
from training.augmentation.volumes import Searched, kinds_of, searched, synthetic
from training.data.nodules import Nodule, read_nodules

SIDE = 50


def ball(seed: int, radius: float = 5.0, side: int = 40) -> Searched:
    """Noise with a ball in it, anywhere."""
    rng = np.random.default_rng(seed)
    centre = rng.uniform(10, side - 10, 3)
    away = np.linalg.norm(np.moveaxis(np.indices((side,) * 3), 0, -1) - centre, axis=-1)
    hu = np.where(away < radius, 20, -850) + rng.normal(0, 40, (side,) * 3)
    nodules = np.array([[*centre, 2 * radius]])
    return Searched(hu.astype(np.int16), nodules, (kinds_of(2 * radius, "solid"),), f"P{seed}")


def nodule_set(path: Path, letter: str, count: int) -> Path:
    rng = np.random.default_rng(ord(letter))
    away = np.linalg.norm(np.indices((SIDE,) * 3) - (SIDE - 1) / 2, axis=0)
    masks = np.stack([away <= rng.uniform(3, 5) for _ in range(count)])
    hu = ndimage.gaussian_filter(np.where(masks, 0, -850) + rng.normal(0, 40, masks.shape), (0, 0.7, 0.7, 0.7))
    np.savez(path, ct=hu.astype(np.int16), mask=np.stack([np.packbits(mask) for mask in masks]))
    with path.with_suffix(".csv").open("w", newline="") as rows:
        writer = csv.writer(rows)
        writer.writerow(["patient", "match_corr", "Texture"])
        writer.writerows((f"{letter}{k}", 0.99, (5, 3)[k % 2]) for k in range(count))
    return path


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> list[Nodule]:
    return read_nodules(nodule_set(tmp_path_factory.mktemp("sets") / "v.npz", "V", 6))


# The detector


def test_a_few_steps_find_balls() -> None:
    torch.set_num_threads(1)
    network = fitted([[ball(k) for k in range(4)]], 30, 3, True, (0, 0))
    for seed in (20, 21, 22):
        volume = ball(seed)
        at, score = marks(network, volume.hu)
        assert np.linalg.norm(at[0] - volume.nodules[0, :3]) < 4
        assert (np.diff(score) <= 0).all() and (at >= 0).all() and (at < volume.hu.shape).all()


def test_one_seed_one_detector() -> None:
    one, two, three = (fitted([[ball(1)]], 2, 2, False, seed).state_dict() for seed in ((0, 0), (0, 0), (0, 1)))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["last.weight"], three["last.weight"])


def test_heat_is_where_the_nodule_is_however_a_sample_lies() -> None:
    volume = ball(3)
    for turned in (False, True):
        for seed in range(12):
            hu, warm = sample(volume, turned, np.random.default_rng(seed))
            assert hu.shape == (CROP,) * 3 and warm.shape == (CROP // CELL,) * 3
            if warm[3:-3, 3:-3, 3:-3].max() == 1:  # The ball is whole.
                bright = ndimage.center_of_mass(hu > 0.2)
                assert np.abs((np.argwhere(warm == 1)[0] + 0.5) * CELL - 0.5 - bright).max() < 2


def test_the_loss_asks_for_the_centre() -> None:
    warm = torch.from_numpy(heat(np.array([[8.0, 8.0, 8.0, 6.0]]), (8, 8, 8), np.zeros(3)))[None]
    right, nothing = torch.full((1, 8, 8, 8), -6.0), torch.full((1, 8, 8, 8), -6.0)
    right[0, 4, 4, 4] = 6.0
    assert focal(right, warm) < 0.1 < focal(nothing, warm)
    assert torch.isfinite(focal(nothing, torch.zeros_like(warm)))


def test_sides_that_are_no_multiples_are_searched_whole() -> None:
    at, _ = marks(Detector().eval(), np.full((50, 41, 39), -850, np.int16))
    assert at.shape[1] == 3 and (at < [50, 41, 39]).all()


# What marks are worth

TWO = Searched(
    np.zeros((40, 40, 40), np.int16),
    np.array([[10.0, 10, 10, 8], [30.0, 30, 30, 24]]),
    (("small", "solid"), ("large", "part-solid")),
    "P",
)


def test_marks_hit_within_the_radius_and_the_surest_counts() -> None:
    at = np.array([[10.0, 10, 13], [10.0, 10, 10], [30.0, 30, 20], [20.0, 5, 30]])
    found = ratings(TWO, at, np.array([1.0, 3.0, 2.0, 0.5]))
    assert found.lesions.tolist() == [3.0, 2.0] and found.false.tolist() == [0.5]
    large = ratings(TWO, at, np.array([1.0, 3.0, 2.0, 0.5]), "large")
    assert large.lesions.tolist() == [2.0] and large.false.tolist() == [0.5]
    none = ratings(TWO, np.zeros((0, 3)), np.zeros(0))
    assert none.lesions.tolist() == [-np.inf, -np.inf] and len(none.false) == 0


def test_cpm_of_perfect_and_blind_detectors() -> None:
    volumes = [ball(k) for k in range(8)]
    sure = [(v.nodules[:, :3], np.ones(1)) for v in volumes]
    blind = [(np.zeros((1, 3)), np.ones(1)) for _ in volumes]
    order = [np.arange(4), np.arange(4, 8)]
    results = {
        name: [(part, [given[k] for k in part]) for part in order] for name, given in ((REAL, sure), ("other", blind))
    }
    found = figures(results, volumes)
    assert found[REAL]["cpm"] == {"value": 1.0, "interval_95": [1.0, 1.0]}
    assert found["other"]["cpm"]["value"] == 0 and found["other"]["difference"]["interval_95"] == [-1.0, -1.0]
    assert found[REAL]["by_kind"] == {"small": 1.0, "solid": 1.0}
    assert "| other | 0.000 (0.000 to 0.000) | -1.000 (-1.000 to -1.000) |" in table(found)


def test_a_volume_taken_twice_counts_twice() -> None:
    volumes = [ball(0), ball(1)]
    fold = [(np.arange(2), [(volumes[0].nodules[:, :3], np.ones(1)), (np.zeros((1, 3)), np.zeros(1))])]
    cases = [[ratings(volumes[k], *fold[0][1][k]) for k in range(2)]]
    assert cpm(cases, fold) == pytest.approx(0.5)
    assert cpm(cases, fold, np.array([3, 1])) == pytest.approx(0.75)
    assert cpm(cases, fold, np.array([0, 0])) != cpm(cases, fold, np.array([0, 0])), "nothing taken, not defined"


# The experiment


def test_a_synthetic_nodule_stands_beside_the_real_one(balls: list[Nodule], tmp_path: Path) -> None:
    make = generator("mcgan")
    made = synthetic(balls, balls, 2, "mcgan", make, tmp_path, 0)
    assert len(made) == 2
    for one in made:
        assert one.nodules.shape == (2, 4) and len(one.kinds) == 2
        for *at, _ in one.nodules:
            assert one.hu[tuple(np.rint(at).astype(int))] > -600
        assert np.linalg.norm(one.nodules[0, :3] - one.nodules[1, :3]) > 8
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    again = synthetic(balls, balls, 2, "mcgan", make, tmp_path, 0)
    assert kept.stat().st_mtime_ns == written and (again[1].hu == made[1].hu).all() and again[1].kinds == made[1].kinds
    with refused("room for 0 nodules, not for 9"):
        synthetic(balls, [], 9, "mcgan", make, tmp_path, 0)


def test_detectors_learn_from_other_patients_alone(
    balls: list[Nodule], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real, learnt = [searched(nodule) for nodule in balls], []

    def watched(volumes, **how):  # type: ignore[no-untyped-def]
        learnt.append([{one.patient for one in group} for group in volumes])
        return Detector().eval()

    monkeypatch.setattr(detection_test, "fitted", watched)
    found = detection_test.cross_validated(real, {"more": real}, 3, 1, 1, 1, 0, tmp_path)
    assert {name: len(folds) for name, folds in found.items()} == {REAL: 3, detection_test.TURNED: 3, "more": 3}
    tested = [{real[k].patient for k in test} for test, _ in found["more"]]
    assert all(own.isdisjoint(known | more) for own, (known, more) in zip(tested, learnt[2::3], strict=True))
    assert set.union(*tested) == {one.patient for one in real}
    again = detection_test.cross_validated(real, {"more": real}, 3, 1, 1, 1, 0, tmp_path)
    assert len(learnt) == 9, "it goes on where it was stopped"
    for (test, marked), (same, known) in zip(found["more"], again["more"], strict=True):
        assert (test == same).all()
        for (at, score), (same_at, same_score) in zip(marked, known, strict=True):
            assert (at == same_at).all() and (score == same_score).all()
    detection_test.cross_validated(real, {"more": real}, 3, 1, 2, 1, 0, tmp_path)
    assert len(learnt) == 18, "other steps, other detectors"
    with refused("6 patients", "7 folds"):
        detection_test.cross_validated(real, {}, 7, 1, 1, 1, 0, tmp_path)


def test_a_run_from_end_to_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = [nodule_set(tmp_path / f"{letter}.npz", letter, 4) for letter in "TV"]
    words = [*map(str, sets), str(tmp_path / "out"), "--model=mcgan", "--ratios=1", "--folds=2", "--repeats=1"]
    detection_test.main([*words, "--steps=2", "--batch=2"])
    told = capsys.readouterr().out
    assert "4 volumes of 4 patients" in told and "| real + mcgan 1:1 |" in told
    found = json.loads((tmp_path / "out" / "detection.json").read_text())["found"]
    assert list(found) == [REAL, detection_test.TURNED, "real + mcgan 1:1"]
    assert set(found[REAL]["by_kind"]) == {"small", "solid", "part-solid"}
    with refused("4 patients are in both sets"):
        detection_test.main([words[0], words[0], words[2]])
