"""Real and synthetic nodules as labelled planes: what the classifiers of `training/usefulness.py` learn from."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from SketchNoduleSynthLib import __version__
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import Recipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file
from SketchNoduleSynthLib.models import default
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from training.augmentation.classifier import SAMPLES, Images
from training.data.nodules import Nodule
from training.figures.remake import emptied, recipe_of

POSITIVE = {"malignancy": "malignant", "attenuation": "subsolid"}
"""The positive class of each label."""
INDETERMINATE = 3.0
"""The middle of the readers' malignancy scale, 1 to 5."""


@dataclass(frozen=True)
class Labelled:
    """Images with their labels, True for the positive class, and the patients they come from."""

    images: Images
    labels: NDArray[np.bool_]
    patients: NDArray[np.str_]
    diameters_mm: NDArray[np.float64]

    def part(self, index: NDArray[np.intp]) -> Labelled:
        return Labelled(self.images[index], self.labels[index], self.patients[index], self.diameters_mm[index])


def label_of(nodule: Nodule, label: str, margin: float = 1.0) -> bool | None:
    """True for malignant (subsolid), False for benign (solid), None where it is not known.

    A mean malignancy of INDETERMINATE, or less than `margin` from it, counts as not known.
    """
    if label == "attenuation":
        return None if nodule.attenuation is None else nodule.attenuation != "solid"
    if nodule.malignancy is None or nodule.malignancy == INDETERMINATE:
        return None
    return nodule.malignancy > INDETERMINATE if abs(nodule.malignancy - INDETERMINATE) >= margin else None


def plane_of(ct: Volume, nodule: Nodule) -> Images:
    """The axial plane (SAMPLES, SAMPLES) through the nodule's centre over the VOI of twice its long diameter."""
    frame = Frame.of_voi(nodule.center_mm, 2 * nodule.diameter_mm, SAMPLES)
    return to_8bit(frame.plane().sample(ct, outside="mirror")[0])


def eligible(nodules: list[Nodule], label: str, margin: float) -> list[Nodule]:
    """The nodules that have the label and can be asked for."""
    return [
        n for n in nodules if label_of(n, label, margin) is not None and recipe_of(n, default().name, 0) is not None
    ]


def drawn_sources(nodules: list[Nodule], label: str, per_class: int, seed: int) -> list[Nodule]:
    """At most `per_class` nodules of each class, drawn at random, in the order they came in."""
    positive = np.array([label_of(n, label, 0.0) for n in nodules])
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(positive == kind))[:per_class] for kind in (False, True)]
    return [nodules[k] for k in np.sort(np.concatenate(chosen))]


def synthetic_plane(nodule: Nodule, model: str, seed: int, make: Generator, cache: Path) -> Images | None:
    """`nodule` made again, its plane; None if there is no room for it.

    Kept in `cache` under what it was made of: CT, recipe, weights and version. Empty the folder after changes to code.
    """
    recipe = recipe_of(nodule, model, seed)
    assert recipe is not None, "only eligible nodules are made again"
    ct = emptied(nodule)
    words = json.dumps([Recipe((recipe,)).to_dict(), make.model.sha256, __version__], sort_keys=True)
    key = hashlib.sha256(ct.array.tobytes() + words.encode()).hexdigest()
    path = cache / f"{model}-{key[:24]}.npy"
    if path.exists():
        return np.load(path)
    try:
        synthesize(ct, recipe, make=make).apply(ct.array)
    except InputError:
        return None
    plane = plane_of(ct, nodule)
    with new_file(path) as draft:
        np.save(draft, plane)
    return plane


def labelled(nodules: list[Nodule], label: str, images: list[Images]) -> Labelled:
    """One image a nodule, with its label; raises :class:`InputError` without nodules of both classes."""
    labels = np.array([label_of(n, label, 0.0) for n in nodules], bool)
    if len(set(labels.tolist())) < 2:
        raise InputError(
            f"{len(nodules)} usable nodules of a set are not of both classes; give training and validation sets with "
            f"some that are {POSITIVE[label]} and some that are not, rated, of one outline and 5 to 24 mm."
        )
    return Labelled(
        np.stack(images),
        labels,
        np.array([n.patient for n in nodules]),
        np.array([n.diameter_mm for n in nodules]),
    )


def real_set(nodules: list[Nodule], label: str) -> Labelled:
    return labelled(nodules, label, [plane_of(n.ct, n) for n in nodules])


def pretraining_sets(
    sources: list[Nodule], label: str, model: str, make: Generator, seeds: int, cache: Path
) -> tuple[Labelled, Labelled, Labelled]:
    """The `sources` made again, `seeds` times each; with parenchyma in their place; and as they are."""
    planes = []
    wanted = [(nodule, seed) for nodule in sources for seed in range(seeds)]
    for nodule, seed in tqdm(wanted, desc=f"Nodules by {model}", disable=not sys.stderr.isatty()):
        plane = synthetic_plane(nodule, model, seed, make, cache)
        if plane is not None:
            planes.append((nodule, plane))
    return (
        labelled([n for n, _ in planes], label, [plane for _, plane in planes]),
        labelled(sources, label, [plane_of(emptied(n), n) for n in sources]),
        real_set(sources, label),
    )
