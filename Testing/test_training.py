"""Training on tiny synthetic nodules: samples from (seed, i) alone, and runs that resume as if unbroken."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage
from shared_data import VALIDATION, needs_nodules

from SketchNoduleSynthLib.drawing.sketch import Stroke, filled, outlines, raster
from training import train_mcgan, train_pix2pix
from training.dataset import NoduleDataset, PlaneDataset, Sample, VolumeDataset
from training.loop import CHECKPOINT, Run
from training.losses import fool, gradient_penalty, judge
from training.nodules import SIDE, Nodule, attenuation_of, read_nodules, sampling_weights
from training.roughness import rough, with_gaps

RATINGS = [("5.0", "0.99"), ("3.0", "0.98"), ("1.0", "0.97"), ("5.0", "0.5"), ("4.0", "")]
"""Texture and match_corr: solid, part-solid, ground-glass, and two whose ratings are another nodule's or nobody's."""
HALF_AXES_MM = [(4.0, 5.0, 6.0), (3.0, 3.0, 3.0), (6.0, 8.0, 7.0), (4.0, 4.0, 4.0), (5.0, 4.0, 3.0)]
SIDE_MM = 24.0


@pytest.fixture(scope="session")
def nodules_npz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ellipsoids in noise, in the format of the shared data."""
    rng = np.random.default_rng(0)
    at = np.arange(SIDE) - (SIDE - 1) / 2
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    masks = np.stack([(z / a) ** 2 + (y / b) ** 2 + (x / c) ** 2 <= 1 for a, b, c in HALF_AXES_MM])
    hu = np.where(masks, 20, -850) + rng.normal(0, 30, masks.shape)
    ct = np.stack([ndimage.gaussian_filter(patch, 0.7) for patch in hu]).astype(np.int16)
    path = tmp_path_factory.mktemp("nodules") / "nodules.npz"
    np.savez(path, ct=ct, mask=np.stack([np.packbits(mask) for mask in masks]))
    with path.with_suffix(".csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["patient", "diameter_csv", "match_corr", "Texture"])
        writer.writerows((f"P{k}", 10, corr, texture) for k, (texture, corr) in enumerate(RATINGS))
    return path


@pytest.fixture(scope="session")
def nodules(nodules_npz: Path) -> list[Nodule]:
    return read_nodules(nodules_npz)


# Nodules


def test_nodules_are_read_with_their_size_and_place(nodules: list[Nodule]) -> None:
    assert [n.patient for n in nodules] == ["P0", "P1", "P2", "P3", "P4"]
    assert [n.attenuation for n in nodules] == ["solid", "part-solid", "ground-glass", None, None]
    for nodule, half_axes in zip(nodules, HALF_AXES_MM, strict=True):
        assert nodule.diameter_mm == pytest.approx(2 * max(half_axes[1:]), abs=1)
        assert nodule.half_height_mm == pytest.approx(half_axes[0], abs=0.5)
        assert np.abs(nodule.center_mm).max() <= 0.5
        assert nodule.ct.array.dtype == np.int16


def test_attenuation_needs_a_rating_that_belongs_to_the_nodule() -> None:
    def rated(texture: str, corr: str = "0.99") -> str | None:
        return attenuation_of({"Texture": texture, "match_corr": corr})

    assert [rated(t) for t in ("1", "2", "2.5", "3.9", "4", "5")] == [
        *["ground-glass"] * 2,
        *["part-solid"] * 2,
        *["solid"] * 2,
    ]
    assert rated("5", "0.95") is rated("5", "") is rated("") is None


def test_sampling_balances_the_attenuations(nodules: list[Nodule]) -> None:
    assert sampling_weights(nodules).tolist() == pytest.approx([0.55, 0.25, 0.20, 0, 0])
    assert sampling_weights([nodules[0], *nodules]).tolist() == pytest.approx([0.275, 0.275, 0.25, 0.20, 0, 0])


@needs_nodules
def test_the_shared_nodules() -> None:
    nodules = read_nodules(VALIDATION)
    assert len(nodules) > 100
    assert sampling_weights(nodules).sum() == pytest.approx(1)
    sample = PlaneDataset(nodules, 4, seed=0)[0]
    assert sample["hole"].any()


# Samples


def same(a: Sample, b: Sample) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


@pytest.mark.parametrize("kind", [PlaneDataset, VolumeDataset])
def test_a_sample_depends_on_seed_and_index_alone(kind: type[NoduleDataset], nodules: list[Nodule]) -> None:
    """Not on the data set's length, nor on what was read before."""
    first, second = kind(nodules, 8, seed=1), kind(nodules, 5000, seed=1)
    backwards = {index: second[index] for index in (3, 1, 0)}
    for index in (0, 1, 3):
        assert same(first[index], backwards[index])
    assert not same(first[0], first[1])
    assert not same(first[0], kind(nodules, 8, seed=2)[0])


def test_planes(nodules: list[Nodule]) -> None:
    for index in range(12):
        sample = PlaneDataset(nodules, 12, seed=4)[index]
        lesion, lines, plane, hole = (sample[key] for key in ("lesion", "lines", "plane", "hole"))
        assert all(part.shape == (1, 128, 128) and part.dtype == torch.float32 for part in (lesion, lines, plane, hole))
        assert set(torch.cat([lesion, lines, hole]).unique().tolist()) <= {0.0, 1.0}
        assert plane.abs().max() <= 1
        assert 0.005 < hole.mean() < 0.6
        assert plane[hole > 0].mean() > plane[hole == 0].mean(), "the nodule is in the hole"
        assert not (lines * hole).any()
        assert (lesion * hole).sum() >= 0.9 * lesion.sum()
        assert sample["noise"].shape == (1, 32, 32)
        assert sample["noise"].abs().max() <= 0.5
        assert sample["conditions"].sum() == 2


def test_volumes(nodules: list[Nodule]) -> None:
    drawn = 0
    for index in range(8):
        sample = VolumeDataset(nodules, 8, seed=4)[index]
        assert sample["surroundings"].shape == sample["sketch"].shape == (1, 64, 64, 64)
        assert sample["noise"].shape == (1, 32, 32, 32)
        assert sample["surroundings"].abs().max() <= 1
        sketch = sample["sketch"][0]
        assert torch.equal(sketch[31], sketch[32])
        assert not sketch[:31].any()
        assert not sketch[33:].any()
        drawn += bool(sketch.any())
    assert 2 <= drawn <= 8


# Free hand


def test_rough_strokes_stay_near() -> None:
    """Within 15% of the size everywhere, 5% on average, and closed."""
    v, u = np.mgrid[:128, :128] - 63.5
    pixel = SIDE_MM / 128
    area = np.hypot(u / 36, v / 24) <= 1
    (exact,) = outlines(area, SIDE_MM)
    away = ndimage.distance_transform_edt(~raster([exact], SIDE_MM)) * pixel
    means, dice = [], []
    for seed in range(60):
        stroke = rough(exact, 12.0, np.random.default_rng(seed))
        assert stroke.closed
        assert stroke.label == exact.label
        distances = away[raster([stroke], SIDE_MM)]
        assert distances.max() < 0.15 * 12
        means.append(distances.mean())
        again = filled([stroke], SIDE_MM)
        dice.append(2 * (again & area).sum() / (again.sum() + area.sum()))
    assert np.mean(means) < 0.05 * 12
    assert np.min(dice) > 0.75
    assert 0.85 < np.mean(dice) < 0.99
    assert np.array_equal(
        rough(exact, 12.0, np.random.default_rng(5)).points_mm, rough(exact, 12.0, np.random.default_rng(5)).points_mm
    )


def test_gaps_only_take_away() -> None:
    line = raster([Stroke(10 * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]]), closed=True)], SIDE_MM)
    shares = []
    for seed in range(30):
        left = with_gaps(line, np.random.default_rng(seed))
        assert not (left & ~line).any()
        shares.append(left.sum() / line.sum())
    assert 0.6 < min(shares) < max(shares) == 1
    assert not with_gaps(np.zeros((8, 8), bool), np.random.default_rng(0)).any()


# Losses


@pytest.mark.parametrize("loss", ["cgan", "lsgan", "wgan", "hinge"])
def test_losses_pull_real_and_fake_apart(loss: str) -> None:
    low, high = torch.full((2, 1, 4, 4), -1.0), torch.full((2, 1, 4, 4), 1.0)
    assert judge(loss, high, low) < judge(loss, low, high)
    assert fool(loss, high) < fool(loss, low)


def test_gradient_penalty_is_zero_for_slope_one() -> None:
    weights = torch.full((1, 16), 0.25)

    def slope(times: float) -> Callable[[torch.Tensor], torch.Tensor]:
        return lambda x: times * (x.flatten(1) * weights).sum(1)

    real, fake = torch.rand(3, 1, 4, 4), torch.rand(3, 1, 4, 4)
    assert gradient_penalty(slope(1), real, fake) == pytest.approx(0, abs=1e-6)  # type: ignore[arg-type]
    assert gradient_penalty(slope(3), real, fake) == pytest.approx(4, rel=1e-5)  # type: ignore[arg-type]


# Runs

SCRIPTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "pix2pix": train_pix2pix.train,
    "stylepix2pix": train_pix2pix.train,
    "mcgan": train_mcgan.train,
}


class Killed(Exception):
    """Stands for the signal that ends a run."""


def trained(model: str, nodules_npz: Path, folder: Path, steps: int, batch: int = 2, seed: int = 1) -> dict[str, Any]:
    """The checkpoint after training as the command line would start it, on one thread."""
    given = [str(nodules_npz), str(folder), f"--steps={steps}", f"--batch={batch}", f"--seed={seed}", "--workers=0"]
    arguments = train_pix2pix.parser().parse_args(given)
    arguments.model = model
    threads = torch.get_num_threads()
    try:
        SCRIPTS[model](arguments)
    finally:
        torch.set_num_threads(threads)
    return checkpoint(folder)


def checkpoint(folder: Path) -> dict[str, Any]:
    return torch.load(folder / CHECKPOINT, weights_only=False)


def equal(a: object, b: object) -> bool:
    """Bit for bit, however nested."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return torch.equal(a, b)
    return a == b


def same_state(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """The same step, weights, averages and moments."""
    return equal({key: a[key] for key in a if key != "rng"}, {key: b[key] for key in b if key != "rng"})


@pytest.mark.parametrize("model", SCRIPTS)
def test_same_seed_same_weights(model: str, nodules_npz: Path, tmp_path: Path) -> None:
    one, two = (trained(model, nodules_npz, tmp_path / name, 1) for name in ("one", "two"))
    assert one["step"] == 1
    assert equal(one, two)
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"config.json", "log.jsonl", CHECKPOINT}


@pytest.mark.parametrize("model", ["pix2pix", "stylepix2pix", "mcgan"])
def test_a_run_that_goes_on_is_as_if_unbroken(model: str, nodules_npz: Path, tmp_path: Path) -> None:
    half, whole = (1, 2) if model == "mcgan" else (2, 4)
    first = trained(model, nodules_npz, tmp_path / "resumed", half)
    resumed = trained(model, nodules_npz, tmp_path / "resumed", whole)
    unbroken = trained(model, nodules_npz, tmp_path / "unbroken", whole)
    assert resumed["step"] == whole
    assert not equal(resumed["generator"], first["generator"])
    assert same_state(resumed, unbroken)


@pytest.mark.parametrize("model", ["pix2pix", "mcgan"])
def test_killed_and_resumed_as_unbroken(
    model: str, nodules_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after a checkpoint that the script wrote on its way (at step 200), it goes on from there."""
    start = trained(model, nodules_npz, tmp_path / "killed", 0) | {"step": 198}
    for name in ("killed", "unbroken"):
        (tmp_path / name).mkdir(exist_ok=True)
        torch.save(start, tmp_path / name / CHECKPOINT)
    average = Run.average

    def killed_at_200(run: Run) -> None:
        if run.step >= 200:
            raise Killed
        average(run)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Run, "average", killed_at_200)
        trained(model, nodules_npz, tmp_path / "killed", 202, batch=1)
    assert checkpoint(tmp_path / "killed")["step"] == 200, "two of two steps are in the weights"
    resumed = trained(model, nodules_npz, tmp_path / "killed", 202, batch=1)
    assert same_state(resumed, trained(model, nodules_npz, tmp_path / "unbroken", 202, batch=1))


def test_another_seed_gives_other_weights(nodules_npz: Path, tmp_path: Path) -> None:
    one, two = (trained("pix2pix", nodules_npz, tmp_path / str(seed), 1, seed=seed) for seed in (1, 2))
    assert not equal(one["generator"], two["generator"])


def test_the_averaged_generator_follows(tmp_path: Path) -> None:
    """At once at the beginning, within some 500 steps later."""
    generator = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(generator.weight)
    run = Run(tmp_path / "run", {}, {"generator": generator}, {})
    torch.nn.init.ones_(generator.weight)
    run.average()
    assert run.averaged.weight.item() == pytest.approx(0.9)
    torch.nn.init.zeros_(run.averaged.weight)
    run.step = 10_000
    for _ in range(500):
        run.average()
    assert run.averaged.weight.item() == pytest.approx(1 - 0.998**500, abs=1e-3)


def test_a_checkpoint_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it is written, the last one stays."""
    run = Run(tmp_path, {}, {"generator": torch.nn.Linear(2, 2)}, {})
    run.save()

    def half_written(state: object, path: Path) -> None:
        path.write_bytes(b"half")
        raise Killed

    run.step = 5
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(torch, "save", half_written)
        run.save()
    assert checkpoint(tmp_path)["step"] == 0
