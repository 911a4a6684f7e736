"""The suggestion test: is a suggested drawing told from radiologists' outlines?

    python -m training.suggestion_test nodules_validation.csv [--sheet FILE]

As many suggested outlines as LIDC's readers drew of the patients in that table, who are not among those whose outlines
suggestions are made of; of the same sizes and attenuations. Each is rasterised alike, turned and mirrored at random;
a machine sees its contour: how strong each harmonic of its radii is, how long, how full, how rough it is. ROC AUC,
cross-validated, of the better of two machines; 0.5 is ideal. Beside it the same for other outlines of LIDC's readers
(what is bundled), and for ellipses; and how near suggestions come to any one outline that they are made of.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from skimage import measure
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from SketchNoduleSynthLib.drawing.sketch import Stroke, filled
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_rows
from SketchNoduleSynthLib.generation.outlines import read_outlines
from SketchNoduleSynthLib.generation.suggestion import RADII, Wishes, known_radii, radii_of, suggest, upright
from training.command import run_command
from training.outlines import entries

LEAST, REPEATS, FOLDS = 20, 3, 5
SIDE, SAMPLES = 2.0, 192
"""The raster, over the long diameter."""
HARMONICS = slice(2, 24)
TILES, TILE = 8, 96


def described(points_mm: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """What the machine sees of an outline: of its raster, so that neither points nor steps tell it."""
    turn = rng.uniform(0, 2 * np.pi)
    turned = points_mm @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    turned = turned / np.linalg.norm(turned[:, None] - turned, axis=-1).max()
    area = filled([Stroke(turned - (turned.min(0) + turned.max(0)) / 2, closed=True)], SIDE, SAMPLES)
    region = max(measure.regionprops(area.astype(int)), key=lambda one: one.area)
    contour = max(measure.find_contours(np.pad(area, 1).astype(float), 0.5), key=len)[:-1, ::-1]
    radii = radii_of(contour - contour.mean(0))
    strength = np.log(np.abs(np.fft.rfft(radii / radii.mean()))[HARMONICS] / RADII + 1e-4)
    whole = region.perimeter**2 / region.area
    shape = [region.solidity, region.eccentricity, whole, region.area / region.area_bbox, np.abs(np.diff(radii)).max()]
    return np.concatenate([strength, shape])


def auc(real: Sequence[NDArray], other: Sequence[NDArray], seed: int) -> float:
    """Of the better of two machines."""
    rng = np.random.default_rng(seed)
    x = np.stack([described(points, rng) for points in (*real, *other)])
    y = np.repeat([0, 1], [len(real), len(other)])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    machines = (
        make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000)),
        RandomForestClassifier(200, min_samples_leaf=3, random_state=seed),
    )
    return max(
        float(roc_auc_score(y, cross_val_predict(machine, x, y, cv=folds, method="predict_proba")[:, 1]))
        for machine in machines
    )


def ellipse(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """That of the same axes."""
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    middle = points_mm.mean(0)
    values, axes = np.linalg.eigh(np.cov((points_mm - middle).T))
    return np.stack([np.cos(turns), np.sin(turns)], 1) * np.sqrt(2 * values) @ axes.T


def nearest(suggested: Sequence[NDArray[np.float64]]) -> float:
    """The median of how far, in mean radii, a suggestion's radii are from the most alike outline's."""
    known = np.fft.irfft(known_radii(read_outlines()).series * RADII, RADII)
    apart = []
    for points in suggested:
        own = np.fft.irfft(upright(radii_of(points)) * RADII, RADII)
        ways = [np.roll(one, turn) for one in (own, own[::-1]) for turn in (-1, 0, 1, RADII // 2)]
        apart.append(min(np.sqrt(((known - way) ** 2).mean(1)).min() for way in ways))
    return float(np.median(apart))


def sheet(real: Sequence[NDArray], made: Sequence[NDArray], path: Path) -> None:
    """Radiologists' outlines above, suggested ones below."""
    image = Image.new("L", (TILES * TILE, 6 * TILE), 0)
    pen = ImageDraw.Draw(image)
    for row, column in np.ndindex(6, TILES):
        points = (real if row < 3 else made)[(row % 3) * TILES + column]
        longest = np.linalg.norm(points[:, None] - points, axis=-1).max()
        at = points / longest * 0.8 * TILE + np.array([(column + 0.5) * TILE, (row + 0.5) * TILE])
        pen.polygon([tuple(point) for point in at.tolist()], outline=255 if row < 3 else 180)
    image.save(path)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("patients", type=Path, help="a CSV whose column 'patient' names them")
    options.add_argument("--sheet", type=Path, help="a picture of both")

    def main() -> None:
        given = options.parse_args()
        patients = {row["patient"] for _, row in read_rows(given.patients, ("patient",), "table of patients")}
        held_out = list(entries(patients))
        if len(held_out) < LEAST:
            raise InputError(f"These patients have {len(held_out)} outlines in LIDC-IDRI; the test needs {LEAST}.")
        real = [np.array(one["points_tenth_mm"], float).reshape(-1, 2) / 10 for one in held_out]
        print(f"{len(real)} outlines of {len(patients)} patients")
        known, scores = read_outlines(), []
        for seed in range(REPEATS):
            rng = np.random.default_rng(seed)
            made = [
                suggest(one["long_diameter_mm"], one["attenuation"], rng, Wishes())[0].points_mm for one in held_out
            ]
            others = []
            for one in held_out:
                apart = [abs(np.log(outline.long_diameter_mm / one["long_diameter_mm"])) for outline in known]
                others.append(known[rng.choice(np.argsort(apart)[:20])].points_mm)
            scores.append([auc(real, side, seed) for side in (made, others, [ellipse(points) for points in real])])
        for name, column in zip(("suggested", "other readers' outlines", "ellipses"), np.array(scores).T, strict=True):
            print(f"{name}: AUC {column.mean():.2f} ({column.min():.2f} to {column.max():.2f})")
        near = f"suggestions {nearest(made):.3f}, held-out ones {nearest(real):.3f} mean radii"
        print(f"From the nearest outline: {near}")
        if given.sheet:
            sheet(real, made, given.sheet)

    run_command(main)
