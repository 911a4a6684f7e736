"""The Visual Turing Test of training: half of a set is synthetic, nothing in the hand-out tells, the command scores."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from refusal import refused
from scipy import ndimage

from SketchNoduleSynthLib.fetch import cache_folder
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.turing.patch_set import HAND_OUT, KEY, patch_image
from SketchNoduleSynthLib.turing.sheets import PATCHES
from training.data.nodules import Nodule, read_nodules
from training.figures.features import INCEPTION
from training.turing.patch_set import make
from training.turing.plot import embedding, plot

PATIENTS, COUNT = 10, 8
SIDE = 50


@pytest.fixture(scope="module")
def nodules(tmp_path_factory: pytest.TempPathFactory) -> list[Nodule]:
    """Balls of 6 to 10 mm in noisy parenchyma, two a patient."""
    rng = np.random.default_rng(0)
    distance = np.linalg.norm(np.indices((SIDE,) * 3) - (SIDE - 1) / 2, axis=0)
    masks = np.stack([distance <= rng.uniform(3, 5) for _ in range(2 * PATIENTS)])
    hu = np.where(masks, 0, -850) + rng.normal(0, 40, masks.shape)
    ct = ndimage.gaussian_filter(hu, (0, 0.7, 0.7, 0.7)).astype(np.int16)
    path = tmp_path_factory.mktemp("nodules") / "balls.npz"
    np.savez(path, ct=ct, mask=np.stack([np.packbits(mask) for mask in masks]))
    with path.with_suffix(".csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["patient", "match_corr", "Texture"])
        writer.writerows((f"P{k % PATIENTS}", 0.99, 5) for k in range(len(masks)))
    return read_nodules(path)


@pytest.fixture(scope="module")
def made(nodules: list[Nodule], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sets") / "set"
    make(nodules, {"mcgan": generator("mcgan")}, COUNT, 3, folder)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


# The set


def test_half_of_a_set_is_synthetic_and_no_patient_comes_twice(made: Path, nodules: list[Nodule]) -> None:
    key = rows(made / KEY)
    assert [row["truth"] for row in key].count("synthetic") == COUNT // 2
    assert {row["model"] for row in key if row["truth"] == "synthetic"} == {"mcgan"}
    assert len({nodules[int(row["nodule"])].patient for row in key}) == COUNT


def test_the_hand_out_does_not_tell(made: Path) -> None:
    key = rows(made / KEY)
    answers = rows(made / HAND_OUT / "answers.csv")
    assert [row["id"] for row in answers] == [row["id"] for row in key]
    assert all(set(row.values()) == {row["id"], ""} for row in answers)
    pictures = sorted((made / HAND_OUT / PATCHES).iterdir())
    assert [path.stem for path in pictures] == sorted(row["id"] for row in key)
    images = [Image.open(path) for path in pictures]
    assert all(image.info == {} and image.mode == "L" for image in images) and len({i.size for i in images}) == 1
    assert {path.name for path in (made / HAND_OUT).iterdir()} == {PATCHES, "answers.csv", "index.html", "README.txt"}
    told = [row["truth"] == "synthetic" for row in key]
    assert told != sorted(told) and told != sorted(told, reverse=True)


def test_the_page_has_all_patches_and_needs_nothing_from_outside(made: Path) -> None:
    page = (made / HAND_OUT / "index.html").read_text()
    assert all(f'"{row["id"]}"' in page for row in rows(made / KEY))
    assert not re.search(r"https?:|//[a-z]+\.|<link|<script src", page)


def test_patches_show_what_the_key_says(made: Path, nodules: list[Nodule]) -> None:
    for row in rows(made / KEY):
        nodule, image = (
            nodules[int(row["nodule"])],
            np.asarray(Image.open(made / HAND_OUT / PATCHES / f"{row['id']}.png")),
        )
        point = np.array([float(row[name]) for name in ("x_mm", "y_mm", "z_mm")])
        untouched = patch_image(nodule.ct, point)
        side = image.shape[0]
        middle = image[side // 2 - 8 : side // 2 + 8, side // 2 - 8 : side // 2 + 8]
        if row["truth"] == "real":
            assert (image == untouched).all() and np.allclose(point, nodule.center_mm)
        else:
            assert middle.mean() > untouched[:side, :side].mean() + 50, "a nodule was put there"
            assert untouched.max() < middle.mean(), "where there was none, and the real one is out of sight"


def test_the_same_seed_gives_the_same_set(made: Path, nodules: list[Nodule], tmp_path: Path) -> None:
    makes = {"mcgan": generator("mcgan")}
    make(nodules, makes, COUNT, 3, tmp_path / "again")
    make(nodules, makes, 2, 4, tmp_path / "other")
    for path in (path for path in made.rglob("*") if path.is_file()):
        assert (tmp_path / "again" / path.relative_to(made)).read_bytes() == path.read_bytes()
    assert {row["id"] for row in rows(made / KEY)}.isdisjoint(row["id"] for row in rows(tmp_path / "other" / KEY))


def test_a_set_is_never_replaced_and_never_smaller_than_asked(
    made: Path, nodules: list[Nodule], tmp_path: Path
) -> None:
    makes = {"mcgan": generator("mcgan")}
    before = (made / KEY).read_bytes()
    with refused("not empty"):
        make(nodules, makes, COUNT, 9, made)
    assert (made / KEY).read_bytes() == before
    with refused(f"{PATIENTS} patches", str(PATIENTS + 1)):
        make(nodules, makes, PATIENTS + 1, 0, tmp_path / "set")
    with refused("--count"):
        make(nodules, makes, 1, 0, tmp_path / "set")
    assert not list(tmp_path.iterdir())


# The plot


def test_the_embedding_keeps_what_differs_apart() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(24, 50)).astype(np.float32)
    vectors[12:] += 5
    points = embedding(vectors, 0)
    far = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(24, np.inf))
    assert points.shape == (24, 2) and ((far.argmin(1) < 12) == (np.arange(24) < 12)).all()


@pytest.mark.skipif(not (cache_folder() / INCEPTION.name).exists(), reason="needs the Inception weights in the cache")
def test_the_plot_of_a_set(made: Path, tmp_path: Path) -> None:
    picture = plot(made, tmp_path / "t-sne.png")
    assert np.asarray(Image.open(picture).convert("L")).std() > 5


def test_half_a_set_is_not_plotted(tmp_path: Path) -> None:
    (tmp_path / KEY).write_text("id,truth,model\nbb,real,\ncc,synthetic,mcgan\ndd,synthetic,pix2pix\n")
    with refused("3 patches"):
        plot(tmp_path, tmp_path / "t-sne.png")
