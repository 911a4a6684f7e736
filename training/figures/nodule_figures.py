"""Size, density and texture of nodules made again, against the real ones in whose place they are.

Measured on the CT that a user would get, on the nodules' own voxels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.generated import continuity
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.noise import residual, robust_sigma
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.segmentation import dice, segment_plane
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from training.data.nodules import Nodule
from training.figures.metrics import noise_power
from training.figures.remake import Remake

TOLERANCE = 0.2
LEAST_CORE_VOXELS = 50
PATCH_VOXELS = 8
PATCH_INSIDE = 0.95
TEXTURE_FILL_HU = -800.0


def agreement(nodule: Nodule) -> tuple[float, float]:
    """How well the library's own measurement finds a real nodule: Dice with its mask, ratio of long diameters."""
    frame = Frame.of_voi(nodule.center_mm, 2 * nodule.diameter_mm, 128)
    area = frame.plane().sample(nodule.mask)[0] > 0.5
    found = segment_plane(frame.plane().sample(nodule.ct)[0], area)
    return dice(found, area), long_diameter(found, 1.0) / long_diameter(area, 1.0)


def core_of(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The core: without its outermost voxels, where that leaves some."""
    core = ndimage.binary_erosion(area)
    return core if core.sum() > 10 else area


def height_mm(area: NDArray[np.bool_], slice_mm: float) -> float:
    """The extent of `area` along z."""
    return float(np.ptp(np.argwhere(area)[:, 0]) + 1) * slice_mm


def rounded(values: Iterable[float], digits: int = 2) -> list[float]:
    return [round(float(value), digits) for value in values]


def median(values: Iterable[float]) -> int:
    return round(float(np.median(list(values))))


def shape(made: Sequence[Remake]) -> dict[str, Any]:
    """Outline, long diameter and height across the sketch plane, against what was asked and what is real."""
    reports = [remake.insertion.report for remake in made]
    real = np.array([agreement(remake.nodule) for remake in made])
    ratios = np.array([r.long_diameter_mm / m.nodule.diameter_mm for r, m in zip(reports, made, strict=True)])
    heights: dict[str, list[float]] = {"real": [], "synthetic": []}
    for remake in made:
        for name, area in (("real", remake.nodule.mask.array > 0), ("synthetic", remake.mask)):
            heights[name].append(height_mm(area, remake.nodule.ct.grid.spacing[2]) / remake.nodule.diameter_mm)
    overlaps = [report.outline_dice for report in reports if report.outline_dice is not None]
    drawn = {"outline_dice_median": round(float(np.median(overlaps)), 3)} if overlaps else {}
    return drawn | {
        "of_real_nodules": {
            "outline_dice_median": round(float(np.median(real[:, 0])), 3),
            "outline_dice_at_least_080": round(float((real[:, 0] >= 0.8).mean()), 3),
            "long_diameter_ratio_median": round(float(np.median(real[:, 1])), 3),
        },
        "long_diameter_ratio_quartiles": rounded(np.percentile(ratios, [25, 50, 75])),
        "long_diameter_within_20_percent": round(float((np.abs(ratios - 1) <= TOLERANCE).mean()), 3),
        "height_per_diameter_10_50_90": {
            name: rounded(np.percentile(values, [10, 50, 90])) for name, values in heights.items()
        },
        "green_share": round(float(np.mean([report.quality.light == "green" for report in reports])), 3),
    }


def density(made: Sequence[Remake]) -> dict[str, Any]:
    """Mean HU of the core, medians by attenuation, and the median bias of the synthetic one."""
    found: dict[str, list[tuple[float, float]]] = {}
    for remake in made:
        hu = (remake.nodule.ct.array, remake.hu)
        cores = (core_of(remake.nodule.mask.array > 0), core_of(remake.mask))
        real, synthetic = (float(array[core].mean()) for array, core in zip(hu, cores, strict=True))
        found.setdefault(remake.insertion.recipe.attenuation, []).append((real, synthetic))
    return {
        kind: {
            "nodules": len(found[kind]),
            "real": median(real for real, _ in found[kind]),
            "synthetic": median(synthetic for _, synthetic in found[kind]),
            "bias": median(synthetic - real for real, synthetic in found[kind]),
        }
        for kind in ATTENUATIONS
        if kind in found
    }


def asked_density(made: Sequence[Remake], make: Generator) -> dict[str, int]:
    """Median core HU when each nodule, whatever it was, is asked for with every attenuation."""
    found: dict[str, list[float]] = {kind: [] for kind in ATTENUATIONS}
    for remake in tqdm(made, desc="Every attenuation", leave=False):
        for kind in ATTENUATIONS:
            try:
                insertion = synthesize(remake.empty, replace(remake.insertion.recipe, attenuation=kind), make=make)
            except InputError:
                continue
            again = Remake(remake.nodule, remake.empty, insertion)
            found[kind].append(float(again.hu[core_of(again.mask)].mean()))
    return {kind: median(values) for kind, values in found.items() if values}


def patches(hu: NDArray, inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Of every slice of `hu` (z, y, x) the square of 8 x 8 voxels that lies most `inside`, if it does by 95%."""
    share = ndimage.uniform_filter(inside.astype(np.float32), (0, PATCH_VOXELS, PATCH_VOXELS), mode="constant")
    half = PATCH_VOXELS // 2
    squares = []
    for z in np.flatnonzero(share.max((1, 2)) >= PATCH_INSIDE):
        y, x = np.unravel_index(np.argmax(share[z]), share[z].shape)
        squares.append(hu[z, y - half : y + half, x - half : x + half])
    return np.array(squares, np.float32).reshape(-1, PATCH_VOXELS, PATCH_VOXELS)


def texture(made: Sequence[Remake], make: Generator) -> dict[str, Any]:
    """Fine texture and noise power inside the nodules, against the real ones', and continuity from slice to slice.

    `texture_ratio_median` is of what the network made, before the blend adds noise; the other figures are of the CT.
    `noise_power` holds frequencies in 1/mm and the geometric mean of synthetic over real in both nodules' inside.
    """
    ratios, spectra, continuities = [], [], []
    frequencies = np.empty(0)
    for remake in made:
        real, hu = remake.nodule.ct.array.astype(np.float32), remake.hu.astype(np.float32)
        core = core_of(remake.nodule.mask.array > 0)
        if core.sum() < LEAST_CORE_VOXELS:
            continue
        recipe = remake.insertion.recipe
        generated = make.nodule(Site(Reslice(remake.empty, recipe.voi), recipe))
        whole = Box.of((0, 0, 0), real.shape)
        bare = generated.frame.resample_to(remake.nodule.ct.grid, whole, generated.hu, fill=TEXTURE_FILL_HU)
        sigmas = [robust_sigma(residual(array)[core]) for array in (bare, real)]
        ratios.append(sigmas[0] / max(sigmas[1], 1.0))
        spacing = remake.nodule.ct.grid.spacing[::-1]
        continuities.append([continuity(array, core, spacing) for array in (real, hu)])
        both = (remake.nodule.mask.array > 0) & remake.mask
        squares = [patches(array, both) for array in (real, hu)]
        if len(squares[0]):
            frequencies, power = noise_power(squares[0], remake.nodule.ct.grid.spacing[0])
            spectra.append(np.log(noise_power(squares[1], remake.nodule.ct.grid.spacing[0])[1] / power))
    return {
        "texture_ratio_median": round(float(np.median(ratios)), 2) if ratios else None,
        "noise_power": {
            "nodules": len(spectra),
            "per_mm": rounded(frequencies, 3),
            "of_real": rounded(np.exp(np.mean(spectra, axis=0))) if spectra else [],
        },
        "continuity_median": dict(zip(("real", "synthetic"), rounded(np.nanmedian(continuities, axis=0)), strict=True))
        if continuities
        else None,
    }
