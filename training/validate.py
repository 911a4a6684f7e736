"""Figures of bundled weights on real nodules of patients that training has not seen.

    python -m training.validate VALIDATION.npz --model mcgan --models Resources/Models

Each nodule is made again in its own place, from its own outline, size and attenuation, through the same
`synthesize` that a user calls. Printed: overlap of drawn and synthetic outline, mean HU of the core and
height across the sketch plane against the real ones', fine texture of what the network made against the real
nodule's, before noise is added.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from tqdm import tqdm

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.drawing.sketch import long_diameter
from SketchNoduleSynthLib.networks.conditions import ATTENUATIONS
from SketchNoduleSynthLib.synthesis import bundle
from SketchNoduleSynthLib.synthesis.blending import residual, robust_sigma
from SketchNoduleSynthLib.synthesis.segmentation import segment_plane
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from training.nodules import Nodule, read_nodules
from training.remake import generator_of, remakes


def agreement(nodule: Nodule) -> tuple[float, float]:
    """How well the library's own measurement finds a real nodule: Dice with its mask, ratio of long diameters."""
    frame = Frame.of_voi(nodule.center_mm, 2 * nodule.diameter_mm, 128)
    area = frame.plane().sample(nodule.mask)[0] > 0.5
    found = segment_plane(frame.plane().sample(nodule.ct)[0], area)
    overlap = 2 * (found & area).sum() / (found.sum() + area.sum())
    return float(overlap), long_diameter(found, 1.0) / long_diameter(area, 1.0)


def eroded(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The core: without its outermost voxels, where that leaves some."""
    core = ndimage.binary_erosion(area)
    return core if core.sum() > 10 else area


def height_mm(area: NDArray[np.bool_]) -> float:
    """The extent along z of voxels of 1 mm."""
    return float(np.ptp(np.argwhere(area)[:, 0]) + 1)


def median(values: Iterable[float]) -> int:
    """The median, HU."""
    return round(float(np.median(list(values))))


def validate(nodules: list[Nodule], model: str, folder: Path) -> dict[str, object]:
    """The figures of `model` in `folder`."""
    make = generator_of(model, folder)
    dice, diameters, texture, real = [], [], [], []
    heights = []
    density: dict[str, list[tuple[float, float]]] = {kind: [] for kind in ATTENUATIONS}
    for remake in tqdm(remakes(nodules, model, make)):
        nodule, insertion = remake.nodule, remake.insertion
        dice.append(insertion.report["outline_dice"])
        diameters.append(insertion.report["long_diameter_mm"] / nodule.diameter_mm)
        real.append(agreement(nodule))
        core = eroded(nodule.mask.array > 0)
        synthetic = remake.mask
        density[insertion.recipe.attenuation].append(
            (nodule.ct.array[core].mean(), remake.hu[eroded(synthetic)].mean())
        )
        heights.append([height_mm(area) / nodule.diameter_mm for area in (nodule.mask.array > 0, synthetic)])
        if core.sum() >= 50:
            made = make.nodule(Site(Reslice(remake.empty, insertion.recipe.voi), insertion.recipe))
            z, y, x = (slice(0, n) for n in nodule.ct.array.shape)
            bare = made.frame.resample_to(nodule.ct, (z, y, x), made.hu, fill=-800.0)
            sigmas = [robust_sigma(residual(hu.astype(np.float32))[core]) for hu in (bare, nodule.ct.array)]
            texture.append(sigmas[0] / max(sigmas[1], 1.0))
    return {
        "model": model,
        "steps": bundle.read_config(model, folder).get("steps"),
        "nodules": len(dice),
        "outline_dice_median": round(float(np.median(dice)), 3),
        "of_real_nodules": {
            "outline_dice_median": round(float(np.median([d for d, _ in real])), 3),
            "long_diameter_ratio_median": round(float(np.median([r for _, r in real])), 3),
        },
        "long_diameter_ratio_quartiles": np.percentile(diameters, [25, 50, 75]).round(2).tolist(),
        "core_hu_median": {
            kind: {"nodules": len(pairs), "real": median(p[0] for p in pairs), "synthetic": median(p[1] for p in pairs)}
            for kind, pairs in density.items()
        },
        "height_per_diameter_10_50_90": {
            name: np.percentile(values, [10, 50, 90]).round(2).tolist()
            for name, values in zip(("real", "synthetic"), zip(*heights, strict=True), strict=True)
        },
        "texture_ratio_median": round(float(np.median(texture)), 2),
    }


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path)
    options.add_argument("--model", required=True)
    options.add_argument("--models", type=Path, default=bundle.MODELS_FOLDER)
    options.add_argument("--card", type=Path, help="a card to fill in and put beside the weights")
    given = options.parse_args()
    figures = validate(read_nodules(given.nodules), given.model, given.models)
    print(json.dumps(figures, indent=1))
    if given.card:
        text = given.card.read_text(encoding="utf-8").replace("{steps}", str(figures["steps"]))
        text = text.replace("{figures}", "\n".join(f"{key}: {json.dumps(value)}" for key, value in figures.items()))
        (given.models / given.model / bundle.CARD).write_text(text, encoding="utf-8")
