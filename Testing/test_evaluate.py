"""Evaluation: figures of nodules made again, drawings, and the command that fills a card."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from refusal import refused
from shared_data import VALIDATION, needs_nodules
from sphere import report_of

from SketchNoduleSynthLib import __main__ as command_line
from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.drawing.sketch import filled, raster
from SketchNoduleSynthLib.models import CARD, CONFIG, FIGURES, Model, bundled
from SketchNoduleSynthLib.networks import stylepix2pix
from SketchNoduleSynthLib.networks.architectures import build
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from training import bundle_weights, evaluate
from training.data.nodules import Nodule, read_nodules
from training.figures import drawings, features, image_figures, model_card, nodule_figures
from training.figures.contact_sheets import in_three_planes, some, with_seeds
from training.figures.remake import Remake, emptied, recipe_of, remakes

SIDE_MM = 24.0


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an untrained StylePix2pix, small and whole."""
    torch.manual_seed(0)
    compact = asdict(stylepix2pix.PRESETS["compact"]) | {"widths": (8, 8, 8, 8, 8, 8, 8)}
    names = {"network": "stylepix2pix", "preset": "compact", "arguments": compact}
    folder = tmp_path_factory.mktemp("models")
    bundle_weights.write(build("stylepix2pix", compact), names, 7, folder / "stylepix2pix")
    return folder


@pytest.fixture(scope="module")
def put_back(nodules: Sequence[Nodule]) -> list[Remake]:
    """The nodules as a perfect model would make them again: the real ones."""
    made = []
    for seed, nodule in enumerate(nodules):
        recipe = recipe_of(nodule, "stylepix2pix", seed)
        if recipe is None:
            continue
        empty = emptied(nodule)
        whole = Box.of((0, 0, 0), (50, 50, 50))
        insertion = Insertion(
            whole, empty.array, nodule.ct.array, nodule.mask.array > 0, recipe, report_of(recipe, whole)
        )
        made.append(Remake(nodule, empty, insertion))
    return made


# Figures


def test_a_perfect_model_has_perfect_figures(put_back: list[Remake]) -> None:
    shape, density = nodule_figures.shape(put_back), nodule_figures.density(put_back)
    assert shape["outline_dice_median"] == 1
    assert shape["long_diameter_ratio_quartiles"] == [1, 1, 1]
    assert shape["long_diameter_within_20_percent"] == shape["green_share"] == 1
    assert shape["height_per_diameter_10_50_90"]["real"] == shape["height_per_diameter_10_50_90"]["synthetic"]
    assert [density[kind]["nodules"] for kind in ("solid", "part-solid", "ground-glass")] == [1, 1, 1]
    assert all(figure["bias"] == 0 and figure["real"] == figure["synthetic"] for figure in density.values())


def test_a_nodule_of_another_size_and_density_is_seen(put_back: list[Remake]) -> None:
    solid = put_back[0]
    darker = solid.nodule.ct.array - 100 * (solid.nodule.mask.array > 0).astype(np.int16)
    report = replace(solid.insertion.report, long_diameter_mm=1.3 * solid.nodule.diameter_mm, outline_dice=0.5)
    nodule = solid.insertion.nodule.copy()
    nodule[25:] = False
    wrong = Remake(solid.nodule, solid.empty, replace(solid.insertion, after=darker, nodule=nodule, report=report))
    shape, density = nodule_figures.shape([wrong]), nodule_figures.density([wrong])
    assert shape["outline_dice_median"] == 0.5
    assert shape["long_diameter_ratio_quartiles"] == [1.3, 1.3, 1.3]
    assert shape["long_diameter_within_20_percent"] == 0
    heights = shape["height_per_diameter_10_50_90"]
    assert heights["synthetic"][1] == pytest.approx(heights["real"][1] / 2, abs=0.05)
    assert density["solid"]["bias"] == pytest.approx(-100, abs=20)


def test_real_nodules_are_found_by_the_librarys_own_measurement(nodules: Sequence[Nodule]) -> None:
    overlap, ratio = nodule_figures.agreement(nodules[0])
    assert overlap > 0.9
    assert ratio == pytest.approx(1, abs=0.1)


def test_texture_against_the_real_one(put_back: list[Remake], models: Path) -> None:
    """The CT's figures are those of the real nodules; the bare network's, untrained, are its own."""
    figures = nodule_figures.texture(put_back, generator("stylepix2pix", models))
    power = figures["noise_power"]
    assert power["nodules"] >= 1
    assert power["of_real"] == [1, 1, 1, 1]
    assert power["per_mm"] == [0.125, 0.25, 0.375, 0.5]
    assert figures["continuity_median"]["real"] == figures["continuity_median"]["synthetic"]
    assert 0 < figures["texture_ratio_median"] < 3
    noisier = [
        replace_hu(remake, remake.nodule.ct.array + np.random.default_rng(0).normal(0, 60, (50, 50, 50)))
        for remake in put_back
    ]
    worse = nodule_figures.texture(noisier, generator("stylepix2pix", models))["noise_power"]["of_real"]
    assert worse[-1] > 10, worse
    assert worse == sorted(worse)


def replace_hu(remake: Remake, hu: np.ndarray) -> Remake:
    return Remake(remake.nodule, remake.empty, replace(remake.insertion, after=remake.nodule.ct.cast(hu)))


def test_patches_lie_inside() -> None:
    inside = np.zeros((3, 30, 30), bool)
    inside[1, 10:19, 12:21] = True
    inside[2, 10:16, 12:21] = True
    hu = np.where(inside, 1.0, 0.0)
    found = nodule_figures.patches(hu, inside)
    assert found.shape == (1, 8, 8)
    assert found.min() == 1


def test_planes_of_the_same_have_no_distance(put_back: list[Remake], weights: None) -> None:
    put_back = put_back[:2]
    real, synthetic = image_figures.Planes.of_real(put_back), image_figures.Planes.of_synthetic(put_back)
    assert real.images.shape == (2, 3, 128, 128)
    assert real.features.shape == (6, features.INCEPTION_FEATURES)
    figures = image_figures.sets(put_back, real, synthetic)
    assert figures["images"] == 6
    assert figures["fid"] == pytest.approx(0, abs=1e-3)
    assert figures["kid"]["mean"] == figures["swd"] == 0
    chosen = real.of([1, 0])
    assert np.array_equal(chosen.features, real.features[[3, 4, 5, 0, 1, 2]])
    assert np.array_equal(chosen.images, real.images[[1, 0]])
    empty = [replace_hu(remake, remake.empty.array) for remake in put_back]
    nothing = image_figures.Planes.of_synthetic(empty)
    assert image_figures.sets(put_back, real, nothing)["kid"]["mean"] > 0
    loss = image_figures.roughness_loss(put_back, real, nothing, nothing)
    assert loss["loss_percent"] == loss["loss_standard_error"] == 0


def test_brightness_is_taken_out_and_nothing_else() -> None:
    before = np.random.default_rng(0).normal(-850, 20, (32, 32)).astype(np.float32)
    v, u = np.mgrid[:32, :32] - 15.5
    inside, spot = np.hypot(v, u) < 8, np.exp(-(v**2 + u**2) / 60)
    brighter = np.stack([before + height * spot for height in (200, 400, 800)])
    level = image_figures.equally_bright(brighter, before, inside)
    assert np.ptp(level, axis=0).max() < 0.1
    assert level[0][inside].mean() == pytest.approx(brighter[:, inside].mean(), abs=1)
    sharper = np.stack([before + 400 * spot, before + 400 * inside])
    assert image_figures.equally_bright(sharper, before, inside)[:, inside].std(0).mean() > 30


# Drawings


def test_edges_are_traced_pixel_by_pixel() -> None:
    lines = np.zeros((128, 128), bool)
    lines[30, 20:60] = lines[30:80, 59] = lines[100, 0:5] = lines[5:9, 127] = True
    strokes = drawings.traced(lines, SIDE_MM)
    assert np.array_equal(raster(strokes, SIDE_MM), lines)
    assert len(strokes) == 3
    assert not drawings.traced(np.zeros_like(lines), SIDE_MM)


def test_drawings_of_a_nodule(nodules: Sequence[Nodule]) -> None:
    ct, mask = nodules[0].voxels()
    hollow = ct.array.copy()
    hollow[20:30, 23:27, 21:29] = -600
    nodule = replace(nodules[0], voxels=lambda: (ct.with_array(hollow), mask))
    recipe = recipe_of(nodule, "pix2pix", 3)
    assert recipe is not None
    exact, rough = drawings.exact(recipe, nodule), drawings.by_hand(recipe, nodule)
    assert exact.strokes[0] is recipe.strokes[0]
    assert len(exact.strokes) > 1, "the cavity's edge is drawn"
    side = recipe.voi.side_mm
    assert np.array_equal(filled(exact.strokes, side), filled(recipe.strokes, side)), "and the outline stays"
    assert drawings.lesion(recipe, nodule) is recipe
    assert drawings.exact(replace(recipe, model="mcgan"), nodule).strokes == recipe.strokes
    assert len(rough.strokes) == 1
    assert not np.array_equal(raster(rough.strokes, side), raster(recipe.strokes, side))
    assert np.array_equal(drawings.by_hand(recipe, nodule).strokes[0].points_mm, rough.strokes[0].points_mm)
    assert drawings.undrawn(replace(recipe, model="mcgan"), nodule).strokes == ()


def test_nothing_is_left_of_an_emptied_nodule(nodules: Sequence[Nodule]) -> None:
    empty, inside = emptied(nodules[0]), nodules[0].mask.array > 0
    assert empty.array.dtype == nodules[0].ct.array.dtype
    assert empty.array[inside].mean() == pytest.approx(-850, abs=10)
    assert 5 < empty.array[inside].std() < 40
    far = np.ones(inside.shape, bool)
    far[15:35, 15:35, 15:35] = False
    assert np.array_equal(empty.array[far], nodules[0].ct.array[far])


# The command


def test_a_whole_evaluation(
    nodules_npz: Path, models: Path, tmp_path: Path, weights: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With four seeds of a drawing, whose pairs take most of the time; all twelve are seen with the real nodules."""
    monkeypatch.setattr(image_figures, "SEEDS", 4)
    card = tmp_path / "card.md"
    card.write_text("# Card\n{steps} steps, {parameters}, {megabytes}\n\n{figures}\n")
    words = ["--models", str(models), "--figures", str(tmp_path / "sheets"), "--json", str(tmp_path / "all" / "f.json")]
    evaluate.main([str(nodules_npz), "stylepix2pix", *words, "--card", str(card), "--limit", "2"])
    figures = json.loads((tmp_path / "all" / "f.json").read_text())
    assert figures["steps"] == 7
    assert figures["drawings"] == "exact"
    assert 1 <= figures["nodules"] == 2 - figures["refused"]
    assert set(figures["sketch_planes"]) == set(model_card.PAIRED)
    assert figures["seeds"]["seeds"] == 4
    assert figures["seeds"]["lpips"] > 0, "another seed, another nodule"
    assert figures["seeds"]["hu_spread_without_mean"] > 0
    assert np.isfinite(figures["three_planes"]["kid"]["mean"])
    assert {"kid_exact", "kid_rough", "loss_percent", "outline_dice_median"} <= set(figures["rough_drawings"])
    assert "without_drawing" not in figures

    written = (models / "stylepix2pix" / CARD).read_text()
    assert written.startswith("# Card\n7 steps, ")
    assert "{" not in written
    assert model_card.table(figures) in written
    for name in ("planes", "seeds"):
        assert min(Image.open(tmp_path / "sheets" / f"stylepix2pix-{name}.png").size) > 256
    main = Model.read(models / "stylepix2pix").figures
    assert main == model_card.main_figures(figures)
    assert not list(models.rglob("*.partial"))


def test_figures_of_other_weights_are_not_listed(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stylepix2pix"
    folder.mkdir()
    config = json.loads((models / "stylepix2pix" / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config))
    assert Model.read(folder).figures == {}
    (folder / FIGURES).write_text(json.dumps({"sha256": config["sha256"], "figures": {"outline Dice": "0.9"}}))
    assert Model.read(folder).figures == {"outline Dice": "0.9"}
    (folder / FIGURES).write_text(json.dumps({"sha256": "another", "figures": {"outline Dice": "0.9"}}))
    assert Model.read(folder).figures == {}
    (folder / FIGURES).write_text("{")
    with refused("stylepix2pix"):
        _ = Model.read(folder).figures


def test_models_lists_figures_or_says_that_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = list(bundled())
    assert [line.strip().split(":")[0] for line in lines] == [w for name in names for w in (name, "card", "figures")]
    for name, line in zip(names, lines[2::3], strict=True):
        expected = bundled()[name].figures
        assert all(value in line for value in expected.values()) if expected else "not measured" in line


def test_bad_input_is_told(nodules_npz: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = [str(nodules_npz), "stylepix2pix", "--models", str(models)]
    with refused("No weights of mcgan"):
        evaluate.main([str(nodules_npz), "mcgan", "--models", str(models)])
    with refused("absent.md"):
        evaluate.main([*known, "--card", str(tmp_path / "absent.md")])
    (tmp_path / "empty.md").write_text("nothing to fill in")
    with refused("{figures}"):
        evaluate.main([*known, "--card", str(tmp_path / "empty.md")])
    with pytest.raises(SystemExit) as ended:
        evaluate.main([*known, "--limit", "0"])
    assert ended.value.code == 2 and "--limit: 0 is too little" in capsys.readouterr().err
    words = [sys.executable, "-m", "training.evaluate", str(tmp_path / "absent.npz"), "pix2pix"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parent.parent, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("model", ["pix2pix", "stylepix2pix", "mcgan"])
def test_every_card_can_be_filled(model: str) -> None:
    card = Path(evaluate.__file__).parent / "cards" / f"{model}.md"
    text = model_card.read_template(card)
    assert {word.split("}")[0] for word in text.split("{")[1:]} <= {"figures", "steps", "parameters", "megabytes"}
    assert f"training.evaluate nodules_validation.npz {model} --card training/cards/{model}.md" in text
    bundled_card = bundled()[model].card.read_text(encoding="utf-8")
    assert bundled_card.split("\n## Network")[0] == text.split("\n## Network")[0], "what readers are told is the same"


# Real nodules


@needs_nodules
def test_pix2pix_on_real_nodules() -> None:
    """Few nodules, loose bounds: the bundled network draws what it is asked to, in three planes and with every seed."""
    make = generator("pix2pix")
    made = list(remakes(read_nodules(VALIDATION)[:12], "pix2pix", make, drawings.exact))
    shape, density = nodule_figures.shape(made), nodule_figures.density(made)
    assert shape["outline_dice_median"] > 0.8
    assert shape["of_real_nodules"]["outline_dice_median"] > 0.8
    assert 0.75 < shape["long_diameter_ratio_quartiles"][1] < 1.2
    assert abs(density["solid"]["bias"]) < 200
    planes, overlaps, inside = image_figures.versions(some(made, 3)[1], make)
    assert planes.shape == (12, *inside.shape)
    assert overlaps.min() > 0.6
    assert planes[:, inside].std(0).mean() > 1
    assert in_three_planes(some(made, 2)).size[0] == 7 * 256
    assert with_seeds(some(made, 1), make).size == (7 * 256, 2 * (256 + 36))
