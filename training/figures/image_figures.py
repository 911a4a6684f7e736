"""Nodules made again as images: pairs and sets of planes against the real ones, and one drawing with many seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.segmentation import dice, found_in_plane
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from training.figures import metrics
from training.figures.features import Images, dists, inception, lpips
from training.figures.planes import planes_of
from training.figures.remake import Remake
from training.figures.swd import swd

SEEDS = 12
LEAST_ADDED_HU = 20.0
PAIRED = {
    "psnr_db": metrics.psnr,
    "ssim": metrics.ssim,
    "ssim_paper": lambda real, synthetic: metrics.ssim(real, synthetic, "paper"),
    "ms_ssim": metrics.ms_ssim,
    "lpips": lpips,
    "dists": dists,
}


def paired(made: Sequence[Remake], make: Generator) -> dict[str, dict[str, float]]:
    """The sketch plane as the network makes it (as a preview shows it, without matched noise) against the real one.

    Means and standard deviations over the nodules, planes of the VOI at lung window, 128 x 128 (Toda et al.). Unlike
    the paper's, these networks keep the real surroundings, which count as alike: compare with each other alone.
    """
    real, synthetic = [], []
    for remake in tqdm(made, desc="Sketch planes", leave=False):
        recipe = remake.insertion.recipe
        real.append(to_8bit(Reslice(remake.nodule.ct, recipe.voi).hu))
        synthetic.append(to_8bit(make.plane(Site(Reslice(remake.empty, recipe.voi), recipe))))
    values = {name: function(np.stack(real), np.stack(synthetic)) for name, function in PAIRED.items()}
    return {name: {"mean": round(float(v.mean()), 4), "sd": round(float(v.std()), 4)} for name, v in values.items()}


@dataclass(frozen=True)
class Planes:
    """Three orthogonal planes a nodule: images (n, 3, 128, 128) and their Inception features (3 n, 2048)."""

    images: Images
    features: NDArray[np.float32]

    @classmethod
    def of_real(cls, made: Sequence[Remake]) -> Planes:
        return cls._of([planes_of(remake.nodule.ct, remake.nodule.center_mm) for remake in made])

    @classmethod
    def of_synthetic(cls, made: Sequence[Remake]) -> Planes:
        """The same places with the synthetic ones."""
        ct = [remake.nodule.ct.with_array(remake.hu) for remake in made]
        return cls._of([planes_of(volume, remake.nodule.center_mm) for volume, remake in zip(ct, made, strict=True)])

    def of(self, chosen: Sequence[int]) -> Planes:
        features = self.features.reshape(len(self.images), 3, -1)[list(chosen)]
        return Planes(self.images[list(chosen)], features.reshape(-1, features.shape[-1]))

    @classmethod
    def _of(cls, planes: list[NDArray]) -> Planes:
        images = to_8bit(np.stack(planes))
        return cls(images, inception(images.reshape(-1, *images.shape[2:])))


def sets(made: Sequence[Remake], real: Planes, synthetic: Planes) -> dict[str, Any]:
    """FID, KID and SWD of the planes; KID with its standard error, among images of different patients alone."""
    kid, halves = metrics.kid_apart(real.features, synthetic.features, owners(made))
    flat = [planes.images.reshape(-1, *planes.images.shape[2:]) for planes in (real, synthetic)]
    return {
        "images": len(flat[0]),
        "fid": round(metrics.fid(real.features, synthetic.features), 2),
        "kid": {"mean": round(kid, 2), "standard_error": round(float(halves.std()), 2)},
        "swd": round(swd(flat[0], flat[1]), 2),
    }


def owners(made: Sequence[Remake]) -> NDArray[np.str_]:
    return np.repeat([remake.nodule.patient for remake in made], 3)


def roughness_loss(made: Sequence[Remake], real: Planes, exact: Planes, rough: Planes) -> dict[str, float]:
    """How much KID the rough drawings lose against the exact ones of the same nodules, in percent of the latter."""
    (kid, halves), (kid_rough, halves_rough) = (
        metrics.kid_apart(real.features, planes.features, owners(made)) for planes in (exact, rough)
    )
    scale = 100 / max(kid, 1e-6)
    return {
        "nodules": len(made),
        "kid_exact": round(kid, 2),
        "kid_rough": round(kid_rough, 2),
        "loss_percent": round(scale * (kid_rough - kid), 1),
        "loss_standard_error": round(scale * float((halves_rough - halves).std()), 1),
    }


def seeds(made: Sequence[Remake], make: Generator) -> dict[str, float]:
    """One drawing, twelve seeds (for StylePix2pix: styles): are they different, and more than in brightness?

    Of the sketch plane; medians over the nodules but for the Dice's minimum. `lpips`: mean among the twelve;
    `mean_hu_spread`: standard deviation of their means inside the outline; `lpips_same_brightness` and
    `hu_spread_without_mean` (of the pixels inside): after those means were made the same.
    """
    found: dict[str, list[float]] = {}
    overlaps = []
    for remake in tqdm(made, desc=f"{SEEDS} seeds", leave=False):
        planes, overlap, inside = versions(remake, make)
        level = equally_bright(planes, Reslice(remake.empty, remake.insertion.recipe.voi).hu, inside)
        overlaps.append(overlap)
        for name, value in {
            "lpips": metrics.diversity(to_8bit(planes)),
            "lpips_same_brightness": metrics.diversity(to_8bit(level)),
            "mean_hu_spread": planes[:, inside].mean(1).std(),
            "hu_spread_without_mean": level[:, inside].std(0).mean(),
        }.items():
            found.setdefault(name, []).append(float(value))
    return {
        "nodules": len(made),
        "seeds": SEEDS,
        **{name: round(float(np.median(values)), 4) for name, values in found.items()},
        "outline_dice_median": round(float(np.median(overlaps)), 3),
        "outline_dice_minimum": round(float(np.min(overlaps)), 3),
        "outline_dice_at_least_080": round(float((np.array(overlaps) >= 0.8).mean()), 3),
    }


def equally_bright(planes: NDArray, before: NDArray, inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """`planes` (n, v, u), what each adds to `before` scaled so that all have the same mean `inside`."""
    added = planes - before
    means = added[:, inside].mean(1)
    scale = means.mean() / np.maximum(means, LEAST_ADDED_HU)
    return before + added * scale[:, None, None]


def versions(remake: Remake, make: Generator) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_]]:
    """The sketch plane in HU with each of twelve seeds, (12, 128, 128), its outline's Dice, and the drawn inside."""
    recipe = remake.insertion.recipe
    reslice = Reslice(remake.empty, recipe.voi)
    planes, overlaps = [], []
    for seed in range(SEEDS):
        site = Site(reslice, replace(recipe, seed=seed))
        plane = make.plane(site)
        area = site.outline[0]
        planes.append(plane)
        overlaps.append(dice(found_in_plane(site, plane, area), area))
    inside = ndimage.binary_erosion(area, iterations=2)
    return np.stack(planes), np.array(overlaps), inside if inside.any() else area
