"""The papers' systems: each trains, resumes as if unbroken, and gives planes of the right size and range."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoints import checkpoint, equal
from refusal import refused

from SketchNoduleSynthLib.drawing.sketch import Stroke
from training.data.nodules import Nodule
from training.papers.dense_unet import overlap
from training.papers.layered import Layered, Layers
from training.papers.layers import History, Translator
from training.papers.pggan import PGGAN, stage
from training.papers.samples import FIELD_MM, CutSamples, asked, cropped, cuts, draft
from training.papers.system import Preset, Sampler, System
from training.papers.systems import SYSTEMS, systems_of
from training.papers.train import Cuts, batch_of, minutes_spent, steps_in, trained

TINY = 16


@pytest.fixture(scope="module")
def small(nodules: Sequence[Nodule]) -> Cuts:
    return cuts(nodules, TINY, 2, 0)


@pytest.fixture(scope="module")
def wanted(nodules: Sequence[Nodule], small: Cuts) -> dict[str, Any]:
    circle = np.stack([np.cos(np.arange(12) / 2), np.sin(np.arange(12) / 2)], 1)
    drawings = [[Stroke(n.diameter_mm / 2 * circle, closed=True)] for n in nodules[:3]]
    return asked(nodules[:3], drawings, TINY) | {"field": torch.from_numpy(small["field"][:3])}


@pytest.fixture(scope="module")
def base(small: Cuts, tmp_path_factory: pytest.TempPathFactory) -> Sampler:
    return trained(PGGAN, PGGAN.presets["tiny"], small, tmp_path_factory.mktemp("runs") / "base")


def tiny(name: str, *given: Any, **more: Any) -> Sampler:
    return trained(SYSTEMS[name], SYSTEMS[name].presets["tiny"], *given, **more)


# Samples


def test_cuts_are_of_one_nodule_and_in_range(nodules: Sequence[Nodule], small: Cuts) -> None:
    count = len(small["plane"])
    assert count == 2 * len(nodules)
    for name in ("plane", "area", "line", "lines", "draft", "field", "field_area", "box", "free"):
        assert small[name].shape == (count, 1, TINY, TINY) and np.abs(small[name]).max() <= 1, name
    for image, area in (("plane", "area"), ("field", "field_area")):
        inside = small[area] > 0
        assert small[image][inside].mean() > small[image][~inside].mean() + 0.5
    assert small["free"].mean() < small["field"].mean(), "a nodule is left in what shall be free"
    assert (small["box"] * small["field_area"]).sum() > 0.9 * small["field_area"].sum()


def test_a_turned_sample_knows_where_its_nodule_is(small: Cuts) -> None:
    samples = CutSamples(small, 40, 0)
    assert len({tuple(samples[k]["at_mm"].tolist()) for k in range(40)}) > 5
    for k in range(40):
        one = samples[k]
        rows, columns = np.nonzero(one["field_area"][0].numpy())
        middle = (np.array([columns.mean(), rows.mean()]) - (TINY - 1) / 2) * FIELD_MM / TINY
        assert np.abs(middle - one["at_mm"].numpy()).max() < FIELD_MM / TINY
    assert all(torch.equal(samples[7][name], CutSamples(small, 8, 0)[7][name]) for name in samples[7])


def test_a_plane_is_cut_out_of_a_field_where_its_nodule_is() -> None:
    field = torch.full((1, 1, 64, 64), -1.0)
    field[..., 20:24, 40:44] = 1.0
    plane = cropped(field, torch.tensor([[10.0, -10.0]]), torch.tensor([[8.0]]), 16)
    expected = torch.full((16, 16), -1.0)
    expected[4:12, 4:12] = 1.0
    assert (plane[0, 0] - expected).abs().mean() < 0.3
    assert plane[0, 0, 6:10, 6:10].min() == 1 and plane[0, 0, 0].max() == -1


def test_a_draft_shows_borders_and_no_speckle() -> None:
    grey = np.full((64, 64), -1.0)
    grey[20:44, 20:44] = 0.5
    lines = draft(grey + np.random.default_rng(0).normal(0, 0.05, grey.shape))
    assert lines[32, 18:22].max() > 0.8 and lines[:14].max() < 0.15 and lines[26:38, 26:38].max() < 0.15


def test_nodules_that_fill_their_patch_are_told(nodules: Sequence[Nodule]) -> None:
    from dataclasses import replace

    with refused("None of the 1 nodules"):
        cuts([replace(nodules[0], half_height_mm=40.0)], TINY, 1, 0)


# Systems


OF_ITS_OWN = {name: kind for name, kind in SYSTEMS.items() if name != "skrgan-draft"}
"""That one has skrgan's networks, and other sketches."""


@pytest.mark.parametrize("kind", OF_ITS_OWN.values(), ids=list(OF_ITS_OWN))
def test_a_system_resumes_as_unbroken_and_gives_planes(
    kind: type[System], small: Cuts, wanted: Any, base: Sampler, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = base if kind.base else None
    steps = kind.presets["tiny"].steps
    unbroken = trained(kind, kind.presets["tiny"], small, tmp_path / "unbroken", base=given)
    # Stopped half way, where the next part of a training may begin.
    monkeypatch.setattr("training.loop.SAVE_EVERY", steps // 2)
    killed_at(steps // 2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        trained(kind, kind.presets["tiny"], small, tmp_path / "resumed", base=given)
    assert checkpoint(tmp_path / "resumed")["step"] == steps // 2
    monkeypatch.undo()
    trained(kind, kind.presets["tiny"], small, tmp_path / "resumed", base=given)
    before, after = (checkpoint(tmp_path / name) for name in ("unbroken", "resumed"))
    assert after["step"] == steps and equal(before, after)
    assert all(torch.isfinite(v).all() for v in after["generator"].values() if v.is_floating_point())
    made = unbroken(wanted)
    side = kind.presets["tiny"].side
    assert made.shape == (3, 1, side, side) and made.abs().max() <= 1 and torch.isfinite(made).all()
    assert list((tmp_path / "unbroken" / "samples").glob("*.png"))


def killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.loop import Run

    average = Run.average

    def killed(run: Run) -> None:
        if run.step >= step:
            raise KeyboardInterrupt
        average(run)

    monkeypatch.setattr(Run, "average", killed)


@pytest.mark.parametrize("kind", SYSTEMS.values(), ids=list(SYSTEMS))
def test_every_system_says_where_it_is_from_and_has_both_presets(kind: type[System]) -> None:
    assert kind.source and set(kind.presets) == {"compact", "paper", "tiny"}
    assert all(isinstance(preset, Preset) for preset in kind.presets.values())
    assert kind.presets["compact"].side == 64 and kind.presets["paper"].side == 128


def test_a_drawing_leads_what_is_drawn_and_noise_the_rest(small: Cuts, wanted: Any, tmp_path: Path) -> None:
    sampler = tiny("sketch2medi", small, tmp_path / "run")
    assert sampler.system.drawn
    torch.manual_seed(0)
    one = sampler(wanted)
    torch.manual_seed(0)
    other = sampler(wanted | {"line": torch.zeros_like(wanted["line"])})
    assert not torch.equal(one, other)


def test_pggan_grows_and_ends_whole() -> None:
    assert stage(0.0, 5) == (0, 1.0)
    levels = [stage(progress, 5) for progress in np.linspace(0, 1, 101)]
    assert [level for level, _ in levels] == sorted(level for level, _ in levels)
    assert all(0 <= share <= 1 for _, share in levels) and levels[-1] == (4, 1.0)


def test_a_translator_begins_as_the_identity() -> None:
    x = torch.rand(2, 1, 16, 16) - 0.5
    assert torch.equal(Translator(4, 1)(x), x)


def test_the_history_gives_earlier_images_back() -> None:
    torch.manual_seed(0)
    history = History(4, 2)
    seen = [history.exchange(torch.full((2, 1, 2, 2), float(k))) for k in range(20)]
    assert torch.equal(seen[0], torch.zeros(2, 1, 2, 2)), "as long as there is room, all are new"
    earlier = [images.min().item() < k for k, images in enumerate(seen)]
    assert 3 < sum(earlier) < 18


def test_the_prior_says_where_a_nodule_is_laid() -> None:
    """On a field half dark, half bright, nodules go where the prior counted them."""
    torch.manual_seed(0)
    layers = Layers(Layered.presets["tiny"]).eval()
    field = torch.full((40, 1, 16, 16), -0.8)
    field[..., 8:] = 0.4
    layers.lung = torch.nn.Identity()  # type: ignore[assignment]
    layers.lung.forward = lambda z: field  # type: ignore[method-assign, assignment]
    layers.prior.zero_()
    layers.prior[2] = 1.0
    _, at_mm, diameter_mm = layers.overlaid(torch.randn(40, 4))
    assert (at_mm[:, 0] < 0).all() and (at_mm.abs() <= FIELD_MM / 4).all() and (diameter_mm >= 2.5).all()


def test_overlap_is_dice() -> None:
    area = torch.zeros(2, 1, 4, 4)
    area[:, :, :2] = 1
    found = torch.stack([area[0], 1 - area[0]])
    assert overlap(area, found).tolist() == pytest.approx([1, 0], abs=1e-3)


def test_systems_by_name() -> None:
    assert [kind.name for kind in systems_of("pggan+munit")] == ["pggan", "pggan+munit"]
    assert len(systems_of("all")) == len(SYSTEMS)
    with refused("no system 'gan'", "dcgan"):
        systems_of("dcgan,gan")


# Minutes


def test_minutes_become_steps(small: Cuts, tmp_path: Path) -> None:
    one = steps_in(0.1, SYSTEMS["dcgan"](SYSTEMS["dcgan"].presets["tiny"]), small)
    assert one >= 10
    run = tmp_path / "run"
    run.mkdir()
    lines = ['{"step": 20, "seconds": 60}', '{"step": 40, "seconds": 120}', '{"step": 60, "seconds": 30}']
    (run / "log.jsonl").write_text("\n".join(lines) + "\n")
    assert minutes_spent(run) == 2.5
    assert batch_of(small, 3)["plane"].shape == (3, 1, TINY, TINY)


def test_another_training_in_the_folder_is_refused(small: Cuts, tmp_path: Path) -> None:
    tiny("dcgan", small, tmp_path)
    with refused("another seed"):
        tiny("dcgan", small, tmp_path, seed=2)
    with refused("another model"):
        tiny("wgan-gp", small, tmp_path)
