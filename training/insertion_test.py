"""The insertion test: does an inserted nodule look like the real ones?

    python -m training.insertion_test VALIDATION TRAINING

Nodule-free sites of the very patches that the real nodules come from, so that the scanner cannot be what tells them
apart. Three orthogonal planes through the centre, 24 mm wide, 128 x 128, lung window; FID, KID (x 1000) and a machine
Turing test on Inception features: ROC AUC, cross-validated by patient, of a logistic regression on 64 principal
components (0.5 is ideal). A nodule too faint to see fools these: so size, density, fine noise and edge width too.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.networks.conditions import ATTENUATIONS
from SketchNoduleSynthLib.synthesis import bundle
from training.command import at_least, models_of, run_command
from training.data.nodules import Nodule, read_nodules
from training.data.sites import site_out_of_sight
from training.figures import metrics
from training.figures.features import inception
from training.figures.inserters import Inserter, Request, networked, simple
from training.figures.insertion_figures import separability, tissue
from training.figures.remake import axial_outline, generator_of

DIAMETER_MM = (4.0, 12.0)
WIDTH_MM, SAMPLES = 24.0, 128
LEAST_SITES = 40
PLANES = (np.eye(3), np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]), np.array([[0, 1, 0], [0, 0, -1], [-1, 0, 0]]))
"""Axes u, v, w of the axial, coronal and sagittal plane; the head is up in the last two."""


def planes_of(volume: Volume, point: NDArray[np.float64]) -> NDArray[np.float32]:
    """The three planes (3, 128, 128) through `point` (LPS mm)."""
    thin = (WIDTH_MM, WIDTH_MM, WIDTH_MM / SAMPLES)
    frames = [Frame(point, axes.astype(float), thin, (SAMPLES, SAMPLES, 1)) for axes in PLANES]
    return np.stack([frame.sample(volume)[0] for frame in frames])


def scaled(outline: Stroke, times: float) -> Stroke:
    """`outline` about the middle of its extent, `times` as large."""
    middle = (outline.points_mm.max(0) + outline.points_mm.min(0)) / 2
    return Stroke((outline.points_mm - middle) * times, outline.label, outline.closed)


def requests(nodules: Sequence[Nodule], seed: int) -> list[tuple[Nodule, Request]]:
    """One free site in each patch that has one, with a diameter, attenuation and outline drawn from the real ones."""
    rng = np.random.default_rng(seed)
    drawn = [n for n in nodules if axial_outline(n, 2 * n.diameter_mm)]
    made = []
    for number, nodule in enumerate(nodules):
        size = drawn[rng.integers(len(drawn))]
        shape = drawn[rng.integers(len(drawn))]
        point = site_out_of_sight(nodule, size.diameter_mm, WIDTH_MM, rng)
        outline = axial_outline(shape, 2 * shape.diameter_mm)
        if point is not None and outline is not None:
            stroke = scaled(outline, size.diameter_mm / shape.diameter_mm)
            kind = size.attenuation or "solid"
            made.append((nodule, Request(nodule.ct, point, size.diameter_mm, kind, stroke, number)))
    return made


def compare(
    name: str,
    insert: Inserter,
    asked: list[tuple[Nodule, Request]],
    real: NDArray,
    patients: list[str],
    figures: Path | None,
) -> dict[str, Any]:
    """The row of one inserter."""
    images, cases, owners, refused = [], [], [], 0
    for nodule, request in tqdm(asked, desc=name, leave=False, disable=None):
        try:
            hu, mask = insert(request)
        except InputError:
            refused += 1
            continue
        images.append(to_8bit(planes_of(request.ct.with_array(hu), request.point)))
        cases.append((hu, mask, request.attenuation, request.diameter_mm))
        owners.append(nodule.patient)
    row = against(np.stack(images), real, owners, patients)
    if figures:
        sheet(np.stack(images), figures / f"insertion-{name.replace(' ', '-')}.png")
    return row | tissue(cases, asked[0][1].ct.spacing[::-1].tolist()) | {"refused": refused}


def against(images: NDArray[np.uint8], real: NDArray, owners: list[str], patients: list[str]) -> dict[str, Any]:
    """FID, KID and AUC of planes (n, 3, 128, 128) against the features of real ones (n, 3, 2048)."""
    made = inception(images.reshape(-1, *images.shape[2:])).reshape(*images.shape[:2], -1)
    flat = [features.reshape(-1, features.shape[-1]) for features in (real, made)]
    kid, spread = metrics.kid(flat[0], flat[1])
    return {
        "sites": len(images),
        "fid": metrics.fid(flat[0], flat[1]),
        "kid": kid,
        "kid_spread": spread,
        **separability(real, made, patients, owners),
    }


def sheet(images: NDArray[np.uint8], path: Path, columns: int = 8, rows: int = 6) -> None:
    """A contact sheet: three planes a nodule, below each other."""
    shown = images[: columns * (rows // 3)]
    bands = [
        np.concatenate(list(shown[i : i + columns, p]), 1) for i in range(0, len(shown), columns) for p in range(3)
    ]
    width = max(band.shape[1] for band in bands)
    whole = np.concatenate([np.pad(band, ((0, 0), (0, width - band.shape[1]))) for band in bands])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(whole.repeat(2, 0).repeat(2, 1)).save(path)


def insertion_test(
    validation: Sequence[Nodule],
    training: Sequence[Nodule],
    models: list[str],
    folder: Path,
    seed: int = 0,
    baselines: bool = True,
    figures: Path | None = None,
) -> dict[str, dict[str, Any]]:
    """A row of figures for each inserter, `real` and the floor (other real nodules) among them.

    Raises :class:`InputError` if there are too few nodules or free sites, or a model is not at hand.
    """

    def of_test_size(nodules: Sequence[Nodule]) -> list[Nodule]:
        return [n for n in nodules if n.attenuation and DIAMETER_MM[0] <= n.diameter_mm <= DIAMETER_MM[1]]

    nodules, donors = of_test_size(validation), of_test_size(training)
    asked = requests(nodules, seed)
    if len(asked) < LEAST_SITES or len(donors) < len(asked):
        raise InputError(
            f"The insertion test needs {LEAST_SITES} free sites in the validation set, which has {len(asked)}, and as "
            f"many training nodules of 4 to 12 mm, of which there are {len(donors)}; give larger sets."
        )
    spacing = nodules[0].ct.spacing[::-1].tolist()

    def images_of(some: Sequence[Nodule]) -> NDArray[np.uint8]:
        return np.stack([to_8bit(planes_of(n.ct, n.center_mm)) for n in some])

    def tissue_of(some: Sequence[Nodule]) -> dict[str, Any]:
        return tissue([(n.ct.array, n.mask.array > 0, n.attenuation or "solid", n.diameter_mm) for n in some], spacing)

    images = images_of(nodules)
    real = inception(images.reshape(-1, SAMPLES, SAMPLES)).reshape(len(images), 3, -1)
    patients = [n.patient for n in nodules]
    table: dict[str, dict[str, Any]] = {"real": {"sites": len(nodules)} | tissue_of(nodules)}
    if figures:
        sheet(images, figures / "insertion-real.png")
    inserters: dict[str, Inserter] = {}
    if baselines:
        others = [donors[k] for k in np.random.default_rng(seed).permutation(len(donors))[: len(asked)]]
        table["floor: other real nodules"] = against(images_of(others), real, [n.patient for n in others], patients)
        table["floor: other real nodules"] |= tissue_of(others)
        inserters = simple(donors, {k: float(v) for k, v in tissue_of(donors)["core_hu"].items()})
    inserters |= {model: partial(networked, model=model, make=generator_of(model, folder)) for model in models}
    for name, insert in inserters.items():
        table[name] = compare(name, insert, asked, real, patients, figures)
    return table


def printed(table: dict[str, dict[str, Any]]) -> str:
    """The table as Markdown."""
    lines = [
        "| inserter | sites | FID | KID × 1000 | AUC by image | AUC by nodule | noise, of real | edge, mm "
        "| diameter, of asked | core HU solid / part-solid / ground-glass | height / width, 10, 50, 90% |",
        "| --- " * 11 + "|",
    ]
    noise = table["real"]["noise_hu"]
    for name, row in table.items():
        scores = ["–"] * 4
        if "fid" in row:
            scores = [f"{row['fid']:.1f}", f"{row['kid']:.1f} ± {row['kid_spread']:.1f}"]
            scores += [f"{row['auc_image']:.2f}", f"{row['auc_nodule']:.2f}"]
        density = " / ".join(str(row["core_hu"].get(kind, "–")) for kind in ATTENUATIONS)
        tail = [f"{row['noise_hu'] / noise:.2f}", f"{row['edge_mm']:.2f}", f"{row['diameter_ratio']:.2f}", density]
        tail.append(" / ".join(f"{value:.2f}" for value in row["height_10_50_90"]))
        lines.append("| " + " | ".join([name, str(row["sites"]), *scores, *tail]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("validation", type=Path)
    options.add_argument("training", type=Path)
    options.add_argument("--model", action="append", help="default: all that are bundled")
    options.add_argument("--models", type=Path, default=bundle.MODELS_FOLDER)
    options.add_argument("--no-baselines", action="store_true")
    options.add_argument("--seed", type=at_least(0), default=0)
    options.add_argument("--figures", type=Path, help="a folder for contact sheets")
    options.add_argument("--table", type=Path, help="write the table here too, as Markdown")

    def main() -> None:
        """The command."""
        given = options.parse_args()
        table = insertion_test(
            read_nodules(given.validation),
            read_nodules(given.training),
            models_of(given),
            given.models,
            given.seed,
            not given.no_baselines,
            given.figures,
        )
        print(printed(table))
        if given.table:
            given.table.write_text(f"# The insertion test\n\n{__doc__}\n{printed(table)}\n", encoding="utf-8")

    run_command(main)
