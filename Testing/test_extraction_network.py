"""The extraction network: its blocks, its samples, a training that is resumed, and its graph."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from SketchNoduleSynthLib.models import Model
from SketchNoduleSynthLib.networks.extraction import Extraction, ExtractionConfig, blocks, voxels
from SketchNoduleSynthLib.synthesis import bundle as bundled
from SketchNoduleSynthLib.synthesis import extraction
from SketchNoduleSynthLib.synthesis.runtime import by_openvino, by_torch
from training.bundle_weights import bundle
from training.data.click_samples import ClickSamples
from training.data.nodules import Nodule
from training.run_folder import newest_checkpoint, read_config, step_of
from training.train_extraction import train


def test_blocks_and_voxels_are_inverse() -> None:
    x = torch.randn(2, 1, 8, 4, 6)
    assert torch.equal(voxels(blocks(x)), x)
    assert torch.equal(blocks(x)[0, :, 1, 0, 2].reshape(2, 2, 2), x[0, 0, 2:4, 0:2, 4:6])


def test_a_sample_is_of_the_clicked_nodule_and_of_no_other_place(nodules: Sequence[Nodule]) -> None:
    samples = ClickSamples(nodules, 24, 3, 4)
    for index in range(24):
        one, again = samples[index], samples[index]
        assert all(torch.equal(one[key], again[key]) for key in one)
        assert one["click_mm"].min() == 0 and one["ct"].shape == one["mask"].shape == one["click_mm"].shape
        middle = one["ct"].shape[-1] // 2
        assert one["mask"].any() == bool((one["mask"] * (one["click_mm"] < 8)).any()), "the nodule is at the click"
        assert one["click_mm"][(0, *(slice(middle - 1, middle + 1),) * 3)].min() == 0, "mirrored with the nodule"
    empty = np.mean([not samples[index]["mask"].any() for index in range(24)])
    assert 0 < empty < 0.6


def test_a_training_that_was_stopped_goes_on_and_both_runtimes_agree(nodules_npz: Path, tmp_path: Path) -> None:
    given = {"nodules": nodules_npz, "run": tmp_path / "run", "preset": "compact", "batch": 1, "seed": 1}
    given |= {"start": None, "threads": 1, "workers": 0, "bf16": False, "cpu": True}
    for steps in (1, 2):
        train(Namespace(**given, steps=steps))
    assert step_of(newest_checkpoint(tmp_path / "run")) == 2
    assert read_config(tmp_path / "run")["network"] == {"widths": [*ExtractionConfig().widths]}
    bundle(tmp_path / "run", tmp_path / "models" / "unet")
    model = Model.read(tmp_path / "models" / "unet")
    ct = np.random.default_rng(0).normal(0, 1, (1, 1, 16, 24, 16)).astype(np.float32)
    asked = {"ct": ct, "click_mm": np.abs(ct)}
    one, other = (run(model)(asked) for run in (by_openvino, by_torch))
    assert one.shape == (1, 16, 24, 16) and np.abs(one - other).max() < 1e-3


def test_its_weights_are_small() -> None:
    assert sum(one.numel() for one in Extraction(ExtractionConfig()).parameters()) < 500_000


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_ct_has_the_mirrored_nodule(axis: int) -> None:
    run = bundled.load(extraction.NAME, extraction.EXTRACTION_FOLDER).run
    rng = np.random.default_rng(axis)
    ct, click_mm = rng.normal(-0.5, 0.5, (16, 24, 32)).astype(np.float32), np.zeros((16, 24, 32), np.float32)
    here = extraction.mirrored_mean(run, ct, click_mm)
    there = extraction.mirrored_mean(run, np.flip(ct, axis), click_mm)
    assert np.abs(np.flip(there, axis) - here).max() < 1e-3 < np.abs(there - here).max()
