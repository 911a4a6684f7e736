"""Training runs: losses, the same weights from the same seed, and runs that resume as if unbroken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from checkpoints import checkpoint, equal
from memory import give_back
from nodule_set import write_set
from refusal import refused
from safetensors.torch import load_file, save_file

from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.runtime import WEIGHTS
from training import loop, train_mcgan, train_pix2pix, train_tissue
from training.bundle_weights import bundle
from training.command import start_from, training_options
from training.loop import GRIDS, LOG, Run, accelerator
from training.losses import energy_score, fool, gradient_penalty, judge
from training.run_folder import CONFIG, newest_checkpoint

ROOT = Path(__file__).resolve().parent.parent
PAPER_MODELS = ["pix2pix", "stylepix2pix", "mcgan"]
TRAIN = {"mcgan": train_mcgan.train, "tissue": train_tissue.train}


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


@pytest.mark.parametrize("size", [(32, 32), (16, 16, 16)])
def test_the_energy_score_asks_for_the_real_spread(size: tuple[int, ...]) -> None:
    """Images with the spread of the real ones score best: better than all alike, better than twice the spread."""
    torch.manual_seed(0)

    def images(spread: float) -> torch.Tensor:
        brightness = torch.randn(4000 // len(size) ** 2, 1, *[1] * len(size))
        return spread * (brightness + 0.5 * torch.randn(len(brightness), 1, *size))

    real = images(1.0)
    score = {spread: energy_score(images(spread), images(spread), real).mean().item() for spread in (0.0, 1.0, 2.0)}
    assert score[1.0] < 0.95 * score[0.0]
    assert score[1.0] < 0.95 * score[2.0]
    assert torch.equal(energy_score(real, real, real), torch.zeros(len(real)))


# Runs


class Killed(Exception):
    """Stands for the signal that ends a run."""


def trained(model: str, nodules_npz: Path, folder: Path, steps: int, *more: str) -> dict[str, Any]:
    """The checkpoint after training as the command line would start it, on one thread; nothing else is left of it."""
    options = training_options(None, ("paper",) if model == "mcgan" else ("compact", "paper"))
    options.add_argument("--l1", type=float, default=0.0)
    words = [str(nodules_npz), str(folder), f"--steps={steps}", "--batch=2", "--workers=0", "--threads=1", "--cpu"]
    given = options.parse_args([*words, *more])
    given.model = model
    threads = torch.get_num_threads()
    try:
        TRAIN.get(model, train_pix2pix.train)(given)
    finally:
        torch.set_num_threads(threads)
        give_back()
    return checkpoint(folder)


@pytest.mark.parametrize("model", ["stylepix2pix", "tissue"])
def test_one_seed_one_network_stopped_or_not(model: str, nodules_npz: Path, tmp_path: Path) -> None:
    """Two runs of one seed give the same weights, moments and averages, though one of them was stopped.

    Of pix2pix see the run that was killed.
    """
    first = trained(model, nodules_npz, tmp_path / "resumed", 1)
    resumed = trained(model, nodules_npz, tmp_path / "resumed", 2)
    assert resumed["step"] == 2
    assert not equal(resumed["generator"], first["generator"])
    assert equal(resumed, trained(model, nodules_npz, tmp_path / "unbroken", 2))


def test_a_generator_that_has_weights_waits_for_its_new_judges(nodules_npz: Path, tmp_path: Path) -> None:
    given = MODELS_FOLDER / "mcgan"
    started = trained("tissue", nodules_npz, tmp_path / "run", 1, f"--start={given}")
    weights = {key: value.float() for key, value in load_file(given / WEIGHTS).items()}
    assert equal(started["generator"], weights)
    assert not equal(started["projected"], trained("tissue", nodules_npz, tmp_path / "run", 2)["projected"])


def test_killed_and_resumed_as_unbroken(nodules_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after a checkpoint that it wrote on its way, a run goes on from there, and so does its log."""
    monkeypatch.setattr(loop, "SAVE_EVERY", 1)
    monkeypatch.setattr(loop, "LOG_EVERY", 1)
    average = Run.average

    def killed_at_2(run: Run) -> None:
        if run.step >= 2:
            raise Killed
        average(run)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Run, "average", killed_at_2)
        trained("pix2pix", nodules_npz, tmp_path / "killed", 3)
    assert checkpoint(tmp_path / "killed")["step"] == 2
    resumed = trained("pix2pix", nodules_npz, tmp_path / "killed", 3)
    assert equal(resumed, trained("pix2pix", nodules_npz, tmp_path / "unbroken", 3))
    curves = []
    for name in ("killed", "unbroken"):
        lines = [json.loads(line) for line in (tmp_path / name / LOG).read_text().splitlines()]
        curves.append({line["step"]: line["difference"] for line in lines})
    assert curves[0] == curves[1]


@pytest.mark.parametrize("model", PAPER_MODELS)
def test_the_papers_presets_train(model: str, nodules_npz: Path, tmp_path: Path) -> None:
    """With dropout and batch norm; for MCGAN WGAN-GP, label flips and L1."""
    more = ["--preset=paper"] + ["--l1=100"] * (model == "mcgan")
    state = trained(model, nodules_npz, tmp_path / "run", 1, *more)
    assert state["step"] == 1
    assert all(torch.isfinite(value).all() for value in state["generator"].values())
    assert all(moment["step"] == 1 for moment in state["optimizer"]["state"].values())


def test_what_a_run_leaves(nodules_npz: Path, tmp_path: Path) -> None:
    """The configuration, a log, TensorBoard events, a sample grid every epoch, a checkpoint that can be bundled."""
    trained("stylepix2pix", nodules_npz, tmp_path / "run", 2)
    names = {path.name.split(".")[0] for path in (tmp_path / "run").iterdir()}
    assert names == {"config", "log", "events", "checkpoint-0000002", GRIDS}
    assert len(list((tmp_path / "run" / GRIDS).glob("*.png"))) == 1
    config = json.loads((tmp_path / "run" / CONFIG).read_text())
    assert {key: config[key] for key in ("model", "preset", "batch", "seed")} == {
        "model": "stylepix2pix",
        "preset": "compact",
        "batch": 2,
        "seed": 1,
    }
    bundle(tmp_path / "run", tmp_path / "models" / "stylepix2pix")
    again = trained(
        "stylepix2pix", nodules_npz, tmp_path / "more", 1, f"--start={tmp_path / 'models' / 'stylepix2pix'}"
    )
    assert again["step"] == 1


def test_another_seed_gives_other_weights_and_no_run_of_another_goes_on(nodules_npz: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    before = trained("pix2pix", nodules_npz, one, 1)
    assert not equal(before["generator"], trained("pix2pix", nodules_npz, two, 1, "--seed=2")["generator"])
    with refused("another seed"):
        trained("pix2pix", nodules_npz, one, 2, "--seed=2")
    with refused("another model"):
        trained("stylepix2pix", nodules_npz, one, 2)
    assert equal(checkpoint(one), before)


def test_starting_from_weights(tmp_path: Path) -> None:
    """What fits is loaded, the rest is told; weights of another network, or none, are refused."""
    known, new = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    begun = tmp_path / "run" / "checkpoint-0000007"
    begun.mkdir(parents=True)
    save_file(known.state_dict(), begun / "generator.safetensors")
    save_file(torch.nn.Linear(4, 2).state_dict(), begun / "judge.safetensors")
    judge_ = torch.nn.Linear(3, 2)
    left = start_from(begun.parent, {"generator": new, "judge": judge_})
    assert torch.equal(new.weight, known.weight)
    assert left == ["judge.weight"]
    with refused("another network"):
        start_from(begun.parent, {"generator": torch.nn.Conv2d(1, 1, 1)})
    with refused("no weights"):
        start_from(tmp_path / "nothing", {"generator": new})


ONE_AFTER_THE_OTHER = """
import sys
from runpy import run_module

nodules, *runs = sys.argv[1:]
for run in runs:
    folder, steps = run.split(":")
    words = [nodules, folder, "--steps=" + steps, "--batch=2", "--workers=0", "--threads=1", "--cpu"]
    sys.argv = ["train_pix2pix", *words]
    run_module("training.train_pix2pix", run_name="__main__")
"""


def in_two_processes(*words: str | Path) -> None:
    """The training command, started by torchrun, each process with half of the batch."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *map(str, words)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_two_processes_train_one_network_each_with_its_own_random_numbers(tmp_path: Path) -> None:
    """Stopped and begun again in two, the run is as if unbroken; it then goes on in one process."""
    nodules_npz = write_set(tmp_path / "nodules.npz")
    (tmp_path / "run.py").write_text(ONE_AFTER_THE_OTHER)
    runs = [f"{tmp_path / name}:{steps}" for name, steps in (("resumed", 1), ("resumed", 2), ("unbroken", 2))]
    in_two_processes(tmp_path / "run.py", nodules_npz, *runs)
    resumed = checkpoint(tmp_path / "resumed")
    assert resumed["step"] == 2
    assert not torch.equal(resumed["random_states_0"], resumed["random_states_1"])
    assert equal(resumed, checkpoint(tmp_path / "unbroken"))
    assert trained("pix2pix", nodules_npz, tmp_path / "resumed", 3)["step"] == 3


def run_of(folder: Path, generator: torch.nn.Module) -> Run:
    return Run(folder, {}, {"generator": generator}, {}, accelerator(bf16=False, cpu=True))


def test_the_averaged_generator_follows(tmp_path: Path) -> None:
    """At once at the beginning, within some 500 steps later."""
    generator = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(generator.weight)
    run = run_of(tmp_path / "run", generator)
    torch.nn.init.ones_(generator.weight)
    run.average()
    assert run.averaged.weight.item() == pytest.approx(0.9)
    torch.nn.init.zeros_(run.averaged.weight)
    run.step = 10_000
    for _ in range(500):
        run.average()
    assert run.averaged.weight.item() == pytest.approx(1 - 0.998**500, abs=1e-3)


def test_a_checkpoint_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it is written, the last one stays; and what was half written goes with the next."""
    run = run_of(tmp_path, torch.nn.Linear(2, 2))
    run.save()

    def half_written(folder: str) -> None:
        Path(folder).mkdir()
        (Path(folder) / "generator.safetensors").write_bytes(b"half")
        raise Killed

    run.step = 5
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(run.accelerator, "save_state", half_written)
        run.save()
    assert checkpoint(tmp_path)["step"] == 0
    run.save()
    assert checkpoint(tmp_path)["step"] == 5
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {"config", "events", "checkpoint-0000005"}


def test_killed_before_the_last_checkpoint_is_taken_away_it_goes_on_from_the_new_one(tmp_path: Path) -> None:
    run = run_of(tmp_path, torch.nn.Linear(2, 2))
    run.save()
    kept = tmp_path / "kept"
    newest_checkpoint(tmp_path).rename(kept)
    run.step = 5
    run.save()
    kept.rename(tmp_path / "checkpoint-0000000")
    assert run_of(tmp_path, torch.nn.Linear(2, 2)).step == 5
