"""The augmentation test: fair folds, paired figures that can be checked by hand, and a run from end to end."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from refusal import refused
from scipy import ndimage
from sklearn.metrics import roc_auc_score

from SketchNoduleSynthLib.synthesis.generators import generator
from training import usefulness
from training.augmentation.classifier import SAMPLES, Phase, SmallAlexNet, fit, logits, turned
from training.augmentation.labelled import (
    Labelled,
    drawn_sources,
    eligible,
    label_of,
    plane_of,
    pretraining_sets,
    real_set,
    synthetic_plane,
)
from training.augmentation.paired import Scores, auc, difference, pair_weights, patient_weights, summary, weighted
from training.command import run_command
from training.data.nodules import Nodule, read_nodules
from training.figures.remake import emptied

SIDE = 50
Write = Callable[[str, int], Path]


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Writes a set of balls of 6 to 10 mm, by turns malignant and benign, the patients named after a letter."""

    def written(letter: str, count: int) -> Path:
        rng = np.random.default_rng(ord(letter))
        distance = np.linalg.norm(np.indices((SIDE,) * 3) - (SIDE - 1) / 2, axis=0)
        masks = np.stack([distance <= rng.uniform(3, 5) for _ in range(count)])
        hu = ndimage.gaussian_filter(np.where(masks, 0, -850) + rng.normal(0, 40, masks.shape), (0, 0.7, 0.7, 0.7))
        path = tmp_path_factory.mktemp("sets") / f"{letter}.npz"
        np.savez(path, ct=hu.astype(np.int16), mask=np.stack([np.packbits(mask) for mask in masks]))
        with path.with_suffix(".csv").open("w", newline="") as table:
            writer = csv.writer(table)
            writer.writerow(["patient", "match_corr", "Texture", "Malignancy"])
            writer.writerows((f"{letter}{k}", 0.99, 5, (1.5, 4.5)[k % 2]) for k in range(count))
        return path

    return written


@pytest.fixture(scope="module")
def balls(write: Write) -> list[Nodule]:
    return read_nodules(write("B", 6))


# Figures


def test_auc_agrees_with_another_implementation() -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.random(50) < 0.4, rng.integers(0, 6, 50).astype(float)
    assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))
    assert np.isnan(auc(scores, np.ones(50, bool)))


def folds(scores: np.ndarray, parts: list[list[int]]) -> list[Scores]:
    return [Scores(np.array(part), scores[part]) for part in parts]


PARTS = [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]
LABELS = np.array([1, 0, 1, 0, 0, 1, 1, 0, 0, 1], bool)


def test_the_weighted_auc_is_the_mean_of_the_folds() -> None:
    scores = np.random.default_rng(3).normal(size=10)
    found = folds(scores, PARTS)
    by_fold = [roc_auc_score(LABELS[part], scores[part]) for part in PARTS]
    assert weighted(np.ones((1, 10)), pair_weights(found, LABELS))[0] == pytest.approx(np.mean(by_fold))
    table = summary(found, LABELS)
    assert table["auc"]["mean"] == pytest.approx(np.mean(by_fold), abs=1e-4)
    assert table["auc"]["sd"] == pytest.approx(np.std(by_fold), abs=1e-4)
    assert table["accuracy"]["mean"] == pytest.approx(
        np.mean([((scores > 0) == LABELS)[part].mean() for part in PARTS]), abs=1e-4
    )


def test_scores_of_different_folds_are_never_compared() -> None:
    found = folds(np.where(LABELS, 1.0, -1.0), PARTS)
    shifted = [Scores(fold.test, fold.scores + 100 * k) for k, fold in enumerate(found)]
    assert summary(shifted, LABELS)["auc"]["mean"] == 1


def test_paired_differences() -> None:
    patients = np.array([f"P{k // 2}" for k in range(10)])
    good, bad = folds(np.where(LABELS, 1.0, -1.0), PARTS), folds(np.where(LABELS, -1.0, 1.0), PARTS)
    same = difference(good, good, LABELS, patients)
    assert all(row == {"mean": 0, "interval_95": [0, 0]} for row in same.values())
    better = difference(good, bad, LABELS, patients)
    assert all(row == {"mean": 1, "interval_95": [1, 1]} for row in better.values())
    unsure = difference(good, folds(np.random.default_rng(5).normal(size=10), PARTS), LABELS, patients)
    assert unsure["auc"]["interval_95"][0] < unsure["auc"]["mean"] < unsure["auc"]["interval_95"][1]


def test_patients_are_drawn_whole() -> None:
    weights = patient_weights(np.array(["a", "b", "a", "c"]), 50)
    assert (weights[:, 0] == weights[:, 2]).all() and weights.std() > 0
    assert (weights[:, [0, 1, 3]].sum(1) == 3).all()


# Labels and images


def test_labels(balls: list[Nodule]) -> None:
    def malignant(rating: float | None, margin: float = 1.0) -> bool | None:
        return label_of(replace(balls[0], malignancy=rating), "malignancy", margin)

    assert [malignant(r) for r in (1.0, 2.0, 2.25, 3.0, 3.75, 4.0, 5.0)] == [False] * 2 + [None] * 3 + [True] * 2
    assert malignant(None) is None
    assert [malignant(r, 0.0) for r in (2.9, 3.0, 3.1)] == [False, None, True]
    kinds = ("solid", "part-solid", "ground-glass", None)
    assert [label_of(replace(balls[0], attenuation=k), "attenuation") for k in kinds] == [False, True, True, None]


def test_only_nodules_that_can_be_asked_for_take_part(balls: list[Nodule]) -> None:
    others = [
        replace(balls[0], diameter_mm=30.0),
        replace(balls[0], malignancy=3.0),
        replace(balls[0], malignancy=None),
    ]
    assert eligible([*balls, *others], "malignancy", 1.0) == balls


def test_sources_are_balanced_and_seeded(balls: list[Nodule]) -> None:
    drawn = drawn_sources(balls, "malignancy", 2, 0)
    assert [n.malignancy for n in drawn].count(4.5) == [n.malignancy for n in drawn].count(1.5) == 2
    assert drawn == drawn_sources(balls, "malignancy", 2, 0)
    assert len(drawn_sources(balls, "malignancy", 100, 0)) == len(balls)


def test_synthetic_planes_are_kept_and_taken_up_again(balls: list[Nodule], tmp_path: Path) -> None:
    make = generator("mcgan")
    plane = synthetic_plane(balls[0], "mcgan", 0, make, tmp_path)
    assert plane is not None and plane.shape == (SAMPLES, SAMPLES)
    empty, middle = plane_of(emptied(balls[0]), balls[0]), slice(SAMPLES // 2 - 10, SAMPLES // 2 + 10)
    assert plane[middle, middle].mean() > empty[middle, middle].mean() + 50
    assert (plane != plane_of(balls[0].ct, balls[0])).any()
    (kept,) = tmp_path.iterdir()
    marked = np.zeros_like(plane)
    np.save(kept, marked)
    again = synthetic_plane(balls[0], "mcgan", 0, make, tmp_path)
    assert again is not None and (again == marked).all(), "what is there is not made again"
    other = synthetic_plane(balls[0], "mcgan", 1, make, tmp_path)
    assert other is not None and (other != plane).any() and len(list(tmp_path.iterdir())) == 2
    kept.unlink()
    anew = synthetic_plane(balls[0], "mcgan", 0, make, tmp_path)
    assert anew is not None and (anew == plane).all(), "and what is made anew is the same"


def test_images_have_the_labels_of_their_sources(balls: list[Nodule], tmp_path: Path) -> None:
    made, outlines, originals = pretraining_sets(balls[:2], "malignancy", "mcgan", generator("mcgan"), 2, tmp_path)
    assert made.labels.tolist() == [False, False, True, True] and made.patients.tolist() == ["B0", "B0", "B1", "B1"]
    assert outlines.labels.tolist() == originals.labels.tolist() == [False, True]
    assert originals.images.mean() > outlines.images.mean()


def test_one_class_is_refused(balls: list[Nodule]) -> None:
    with refused("2 usable nodules", "malignant"):
        real_set(balls[::4], "malignancy")
    with refused("0 usable nodules", "subsolid"):
        real_set(eligible([], "attenuation", 1.0), "attenuation")


# The classifier


def discs(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Large and small bright discs in noise."""
    rng = np.random.default_rng(count)
    labels = np.arange(count) % 2 == 0
    distance = np.linalg.norm(np.indices((SAMPLES, SAMPLES)) - SAMPLES / 2, axis=0)
    images = np.stack([np.where(distance < (40 if large else 15), 200, 60) for large in labels])
    return (images + rng.normal(0, 10, images.shape)).astype(np.uint8), labels


def test_the_classifier_learns_and_repeats_itself() -> None:
    images, labels = discs(16)
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        network = SmallAlexNet()
        fit(network, images, labels, Phase(15, 8), np.random.default_rng(0))
        found.append(logits(network, discs(12)[0]))
    assert (found[0] == found[1]).all()
    assert auc(found[0], discs(12)[1]) == 1


def test_fine_tuning_keeps_the_convolutions() -> None:
    images, labels = discs(8)
    network = SmallAlexNet()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fit(network, images, labels, Phase(2, 4), np.random.default_rng(0), head_only=True)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed and all(name.startswith("head") for name in changed)


def test_turned_planes_keep_their_grey_values() -> None:
    images = np.random.default_rng(0).integers(0, 255, (6, 8, 8), dtype=np.uint8)
    out = turned(images, np.random.default_rng(1))
    assert (out != images).any()
    assert (np.sort(out.reshape(6, -1)) == np.sort(images.reshape(6, -1))).all()


# The experiment


def made_up(patients: list[str], labels: list[int]) -> Labelled:
    return Labelled(
        np.zeros((len(labels), SAMPLES, SAMPLES), np.uint8),
        np.array(labels, bool),
        np.array(patients),
        np.ones(len(labels)),
    )


def test_folds_never_share_a_patient() -> None:
    real = made_up([f"P{k // 2}" for k in range(24)], [k % 3 == 0 for k in range(24)])
    pairs = usefulness.folds_of(real, 3, 0)
    assert sorted(np.concatenate([test for _, test in pairs]).tolist()) == list(range(24))
    assert all(set(real.patients[train]).isdisjoint(real.patients[test]) for train, test in pairs)
    assert [t.tolist() for _, t in pairs] != [t.tolist() for _, t in usefulness.folds_of(real, 3, 1)]
    with refused("Only 1 patients", "3 folds"):
        usefulness.folds_of(made_up(["a", "a", "a", "b", "c", "d"], [1, 1, 1, 0, 0, 0]), 3, 0)


def command(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    """Run the command, with short training."""
    monkeypatch.setattr(usefulness, "PRETRAINING", Phase(3, 4))
    monkeypatch.setattr(usefulness, "FINE_TUNING", Phase(2, 4))
    monkeypatch.setattr(sys, "argv", ["usefulness", *map(str, words)])
    threads = torch.get_num_threads()
    usefulness.main()
    assert torch.get_num_threads() == threads


def test_a_run_from_end_to_end(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [write("T", 4), write("V", 8), "--model", "mcgan", "--sources", 1, "--seeds", 2, "--repeats", 2]
    words += ["--folds", 2, "--cache", tmp_path / "cache"]
    command(monkeypatch, *words, "--json", tmp_path / "first.json")
    told = capsys.readouterr().out
    assert "8 real nodules (4 malignant) of 8 patients; 4 synthetic ones of 2 training nodules" in told
    figures = json.loads((tmp_path / "first.json").read_text())
    assert list(figures["classifiers"]) == ["real only", "synthetic", "outline alone", "real training nodules"]
    assert all(len(row["auc"]["folds"]) == 4 for row in figures["classifiers"].values())
    for name, row in figures["differences"].items():
        one, other = (figures["classifiers"][part]["auc"]["mean"] for part in name.split(" - "))
        assert row["auc"]["mean"] == pytest.approx(one - other, abs=2e-4)
    command(monkeypatch, *words, "--json", tmp_path / "second.json")
    again = json.loads((tmp_path / "second.json").read_text())
    assert again["classifiers"] == figures["classifiers"], "the same seed, the same figures"


def test_bad_input_ends_the_command(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*words: object) -> str:
        with pytest.raises(SystemExit) as ended:
            run_command(lambda: command(monkeypatch, *words, "--json", tmp_path / "figures.json"))
        assert ended.value.code == 2 and not (tmp_path / "figures.json").exists()
        return capsys.readouterr().err

    training, validation = write("T", 4), write("V", 8)
    assert "4 patients are in both sets" in refuse(training, training, "--model", "mcgan")
    assert "Only 4 patients" in refuse(training, validation, "--model", "mcgan", "--folds", 5)
    assert "--repeats: 0 is too little" in refuse(training, validation, "--model", "mcgan", "--repeats", 0)
    assert "No weights of" in refuse(training, validation, "--model", "none", "--folds", 2)
