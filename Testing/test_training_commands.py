"""Bad input ends every training command with one sentence and exit code 2, and nothing is written."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from nodule_set import write_set
from refusal import refused

from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.bundle import WEIGHTS
from training import bundle_weights
from training.command import run_command, start_from, training_options
from training.loop import Run, accelerator
from training.run_folder import CONFIG, newest_checkpoint, read_weights
from training.turing_test import main as turing_test

TRAINING = Path(bundle_weights.__file__).parent
COMMANDS = [
    "prepare npz SET OUT",
    "prepare lidc SET OUT",
    "prepare luna16 SET SET OUT",
    "train_pix2pix SET OUT",
    "train_mcgan SET OUT",
    "train_extraction SET OUT",
    "bundle_weights SET OUT",
    "asked_test SET",
    "runtime_test SET",
    "benchmark SET --cpu",
    "evaluate SET mcgan --json OUT",
    "extraction_test SET --table OUT",
    "removal_test SET --table OUT",
    "suggestion_test SET",
    "insertion_test SET SET --table OUT",
    "usefulness SET SET --model mcgan --json OUT",
    "compare SET OUT",
    "detection_test SET SET OUT",
    "turing_test make SET OUT",
    "turing_test plot SET",
]


def run_of(folder: Path, generator: torch.nn.Module) -> Run:
    optimizers = {"adam_generator": torch.optim.Adam(generator.parameters())}
    return Run(folder, {"model": "pix2pix"}, {"generator": generator}, optimizers, accelerator(bf16=False, cpu=True))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a whole run, though of a generator that is none of ours."""
    run_of(tmp_path / "run", torch.nn.Linear(2, 2)).save()
    return tmp_path / "run"


def sentence(capsys: pytest.CaptureFixture[str], main: Callable[[], None]) -> str:
    """How `main` is refused."""
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("error: ") and said.endswith(".\n") and said.count("\n") == 1, said
    return said


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("what", ["nothing", "a folder", "a text"])
def test_what_cannot_be_read_is_told(
    words: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command as `python -m` starts it; what is missing, a folder or a text is neither a set, a run nor a key."""
    bad, out = tmp_path / "given", tmp_path / "out.h5"
    if what == "a folder":
        bad.mkdir()
    elif what == "a text":
        bad.write_text("text")
    command, *rest = [{"SET": str(bad), "OUT": str(out)}.get(word, word) for word in words.split()]
    monkeypatch.setattr(sys, "argv", [command, *rest])
    sentence(capsys, lambda: runpy.run_path(str(TRAINING / f"{command}.py"), run_name="__main__"))
    assert not out.exists()


@pytest.mark.parametrize("command", ["train_pix2pix", "train_mcgan", "train_tissue"])
def test_a_set_that_nothing_is_learned_from_leaves_no_folder(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One nodule, which is not rated, as two networks ask, and too large for the third."""
    path = write_set(tmp_path / "set.npz")
    with np.load(path) as known:
        large = {name: known[name][2:3] for name in known}
    np.savez(path, **large)
    path.with_suffix(".csv").write_text("patient,diameter_csv\nP2,16\n")
    monkeypatch.setattr(sys, "argv", [command, str(path), str(tmp_path / "run"), "--cpu"])
    sentence(capsys, lambda: runpy.run_path(str(TRAINING / f"{command}.py"), run_name="__main__"))
    assert not (tmp_path / "run").exists()


def half(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def kept(run: Path, name: str) -> Path:
    """A file of a run's checkpoint."""
    return newest_checkpoint(run) / name


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no configuration": (lambda run: (run / CONFIG).unlink(), "no run in"),
    "half a configuration": (lambda run: half(run / CONFIG), "config.json is damaged"),
    "half of the weights": (lambda run: half(kept(run, "averaged.safetensors")), "averaged.safetensors is damaged"),
    "no weights": (lambda run: kept(run, "averaged.safetensors").unlink(), "has no averaged"),
}
NUMBERS = "random_states_0.pkl"
DAMAGE_TO_GO_ON: dict[str, tuple[Callable[[Path], object], str]] = {
    "no random numbers": (lambda run: kept(run, NUMBERS).unlink(), "is damaged"),
    "half of the random numbers": (lambda run: half(kept(run, NUMBERS)), "is damaged"),
    "half an optimizer": (lambda run: half(kept(run, "optimizer.bin")), "is damaged"),
    "no optimizer": (lambda run: kept(run, "optimizer.bin").unlink(), "is damaged"),
}


@pytest.mark.parametrize("what", [*DAMAGE, "no checkpoint", "another network"])
def test_only_a_whole_run_is_bundled(what: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = {
        "no checkpoint": (lambda run: shutil.rmtree(newest_checkpoint(run)), "There is no checkpoint"),
        "another network": (lambda run: None, "do not fit"),
    }
    damage, words = (DAMAGE | more)[what]
    damage(run)
    assert words in sentence(capsys, lambda: bundle_weights.main([str(run), str(tmp_path / "bundled")]))
    assert not (tmp_path / "bundled").exists()


@pytest.mark.parametrize("what", [*DAMAGE, *DAMAGE_TO_GO_ON])
def test_a_damaged_run_is_not_resumed(what: str, run: Path) -> None:
    damage, words = (DAMAGE | DAMAGE_TO_GO_ON)[what]
    damage(run)
    with refused(words):
        run_of(run, torch.nn.Linear(2, 2))


def test_a_run_of_other_networks_is_not_resumed(run: Path) -> None:
    """As after a change to the code, which the configuration does not show."""
    with refused("not of the networks"):
        run_of(run, torch.nn.Linear(3, 2))


@given(st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02", b"\x10" + bytes(7) + b"{}"]), st.binary())
@settings(max_examples=60)
def test_no_bytes_are_taken_for_weights(beginning: bytes, rest: bytes) -> None:
    """Not even those that begin as a zip, a pickle or safetensors."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "generator.safetensors").write_bytes(beginning + rest)
        with refused("generator.safetensors"):
            read_weights(Path(folder), "generator")


class Trap:
    """Something whose pickle makes a folder when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["optimizer.bin", NUMBERS])
def test_a_checkpoint_runs_no_code(name: str, run: Path, tmp_path: Path) -> None:
    torch.save({"state": {}, "trap": Trap(tmp_path / "trapped")}, kept(run, name))
    with refused("is damaged"):
        run_of(run, torch.nn.Linear(2, 2))
    assert not (tmp_path / "trapped").exists()


def test_what_holds_no_weights_is_nothing_to_start_from(run: Path, tmp_path: Path) -> None:
    """A folder, broken weights in it, files, and a run whose weights are broken."""
    (tmp_path / WEIGHTS).write_bytes((MODELS_FOLDER / "mcgan" / WEIGHTS).read_bytes()[:1000])
    torch.save(3, tmp_path / "three.pt")
    half(kept(run, "generator.safetensors"))
    for path in (tmp_path / "none", run, tmp_path, tmp_path / "three.pt", kept(run, "generator.safetensors")):
        with refused("no weights to start from"):
            start_from(path, {"generator": torch.nn.Linear(2, 2)})


@pytest.mark.parametrize("word", ["--steps=0", "--batch=0", "--seed=-1", "--threads=-1", "--workers=-1", "--batch=two"])
def test_numbers_that_cannot_be_are_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        training_options(None).parse_args(["nodules.h5", "run", word])
    assert ended.value.code == 2
    assert word.split("=")[0] in capsys.readouterr().err.splitlines()[-1]


def test_a_folder_without_models_is_refused(nodules_npz: Path, tmp_path: Path) -> None:
    with refused("no bundled models", str(tmp_path)):
        turing_test(["make", str(nodules_npz), str(tmp_path / "set"), "--models", str(tmp_path)])


def test_what_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a text").touch()
    assert "a text" in sentence(capsys, lambda: (tmp_path / "a text" / "run").mkdir(parents=True))


def test_other_errors_are_not_hidden() -> None:
    def broken() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        run_command(broken)
