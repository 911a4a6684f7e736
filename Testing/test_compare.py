"""Comparing the papers' systems: from a set to a table, resumed, on patients that training has not seen."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusal import refused

from SketchNoduleSynthLib.synthesis.generators import generator
from training import compare
from training.data.nodules import Nodule
from training.papers.judged import EXACT, Question, plane_hu


@pytest.fixture(scope="module")
def question(nodules: Sequence[Nodule], weights: None) -> Question:
    return Question.of(nodules, 3)


def test_nodules_are_split_by_patient(nodules: Sequence[Nodule]) -> None:
    training, validation = compare.split(nodules)
    assert len(training) + len(validation) == len(nodules) and validation
    assert {n.patient for n in training}.isdisjoint({n.patient for n in validation})


def test_too_few_are_told(nodules: Sequence[Nodule]) -> None:
    with refused("Only 0 validation nodules"):
        Question.of(nodules[:0], 4)


def test_the_real_planes_themselves_are_as_good_as_can_be(question: Question) -> None:
    real = dict(enumerate(plane_hu(nodule.ct, nodule) for nodule in question.nodules))
    found = question.figures({EXACT: real, "rough": real})
    assert (
        found["fid"] == pytest.approx(0, abs=1e-3)
        and found["swd"] == 0
        and found["dists"] == pytest.approx(0, abs=1e-5)
    )
    assert found["ms_ssim"] == pytest.approx(1) and found["dice_exact"] > 0.85
    assert found["dice_rough"] <= found["dice_exact"] + 0.02
    noise = {k: np.random.default_rng(k).normal(-600, 300, hu.shape).astype(np.float32) for k, hu in real.items()}
    other = question.figures({EXACT: noise})
    assert other["fid"] > 50 and other["ms_ssim"] < 0.5 and "dists" not in other


def test_a_table_leaves_out_what_none_has() -> None:
    text = compare.table({"a": {"fid": 12.3, "images": 4}, "b": {"fid": 1.0, "steps": 7}})
    assert text.splitlines() == [
        "| system | steps | images | FID |",
        "| --- | --- | --- | --- |",
        "| a |  | 4 | 12 |",
        "| b | 7 |  | 1 |",
    ]


def test_planes_can_be_smaller_and_fields_stay() -> None:
    sides = {name: compare.preset_of(kind, "compact", 32).side for name, kind in compare.SYSTEMS.items()}
    assert {name for name, side in sides.items() if side == 64} == {"cpggan", "layered", "dense-unet"}
    assert set(sides.values()) == {32, 64}


def test_from_a_set_to_a_table(
    nodules_npz: Path, tmp_path: Path, weights: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two systems, of which one needs a third, and ours; again, nothing is made anew; other sets are refused."""
    import shutil

    validation = tmp_path / "validation.npz"
    shutil.copy(nodules_npz, validation)
    rows = nodules_npz.with_suffix(".csv").read_text().replace("P", "V").replace("Vatient", "Patient")
    validation.with_suffix(".csv").write_text(rows)
    words = [str(nodules_npz), str(tmp_path / "out"), f"--validation={validation}", "--preset=tiny", "--variants=1"]
    words += ["--systems=pggan+simgan,sketch2medi,dense-unet", "--model=pix2pix", "--images=3", "--threads=1"]
    compare.main(words)
    told = capsys.readouterr().out
    names = ["other real nodules", "pix2pix", "sketch2medi", "dense-unet", "pggan", "pggan+simgan"]
    assert [line.split(" | ")[0].strip("| ") for line in told.splitlines()[2:]] == names
    out = tmp_path / "out"
    with (out / "compared.csv").open() as file:
        found = {row["system"]: row for row in csv.DictReader(file)}
    assert list(found) == names and all(found[name]["images"] for name in names)
    assert all(float(found[name]["fid"]) > 0 for name in names if name != "dense-unet")
    assert found["dense-unet"]["dice_extracted"] and not found["pggan"]["dists"]
    for name in ("sketch2medi", "pix2pix"):
        assert float(found[name]["dists"]) > 0 and found[name]["dice_rough"] and found[name]["dice_exact"]
    assert float(found["pix2pix"]["dice_exact"]) > 0.6
    assert (
        "python -m training.compare" in (out / "compared.md").read_text()
        and "| pggan |" in (out / "compared.md").read_text()
    )
    for name in names:
        assert Image.open(out / f"{name}.png").size == (3 * 128, 3 * 128)
    assert Image.open(out / "systems.jpg").height == 7 * compare.TILE
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    compare.main([*words, "--systems=pggan", "--no-bundled"])
    assert before == {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert json.loads((out / "pggan.json").read_text())["of"]["preset"]["side"] == 16
    assert json.loads((out / "pix2pix.json").read_text())["of"]["sha256"] == generator("pix2pix").sha256
    with refused("other"):
        compare.main([*words[:1], str(tmp_path / "none"), *words[2:], "--model=other"])
    assert not (tmp_path / "none").exists()
    with refused("another seed"):
        compare.main([*words, "--seed=2"])
    with refused("patients are in both sets"):
        compare.main([*words[:2], f"--validation={nodules_npz}"])
    with refused("0 minutes"):
        compare.main([*words, "--minutes=0"])
    with refused("no system 'gan'"):
        compare.main([*words, "--systems=gan"])
