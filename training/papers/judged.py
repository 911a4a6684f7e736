"""What a system made of validation nodules, judged: the same figures for the papers' systems, ours and real nodules.

Planes of twice the long diameter, 128 pixels, lung window. Systems that draw are asked for each nodule twice, by its
mask's outline and by a rough one (`training.data.roughness`); the figures are of the rough ones. Others are asked for
its size and class alone, and its real plane is no pair but a real one like it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn.functional import interpolate

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import from_network, to_8bit
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES as SIDE
from SketchNoduleSynthLib.drawing.sketch import filled, raster
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.models import default
from SketchNoduleSynthLib.networks.architectures import build
from SketchNoduleSynthLib.synthesis.generators import generator
from SketchNoduleSynthLib.synthesis.segmentation import dice, segment_plane
from training.data.nodules import Nodule
from training.figures import metrics
from training.figures.drawings import by_hand, lesion
from training.figures.features import Images, dists, inception
from training.figures.remake import recipe_of, remakes
from training.figures.swd import swd
from training.papers.dense_unet import overlap
from training.papers.samples import asked, cuts
from training.papers.system import Sampler

LEAST = 3
VARIED = 16
"""Images among which LPIPS is taken."""
SHOWN = 8
ROUGH, EXACT = "rough", "exact"
REDRAWN = {ROUGH: by_hand, EXACT: lesion}


def plane_hu(ct: Volume, nodule: Nodule) -> NDArray[np.float32]:
    frame = Frame.of_voi(nodule.center_mm, 2 * nodule.diameter_mm, SIDE)
    return frame.plane().sample(ct, outside="mirror")[0]


@dataclass(frozen=True, eq=False)
class Question:
    """Validation nodules and what a user would ask for to get them."""

    nodules: Sequence[Nodule]

    @classmethod
    def of(cls, nodules: Sequence[Nodule], most: int) -> Question:
        """At most `most` of those that can be asked for; raises :class:`InputError` if they are too few."""
        able = [nodule for nodule in nodules if recipe_of(nodule, default().name, 0)]
        if len(able) < LEAST:
            raise InputError(f"Only {len(able)} validation nodules can be asked for; give at least {LEAST}, rated.")
        return cls([able[k] for k in np.linspace(0, len(able) - 1, min(most, len(able))).round().astype(int)])

    @cached_property
    def recipes(self) -> list[NoduleRecipe]:
        recipes = [recipe_of(nodule, default().name, seed) for seed, nodule in enumerate(self.nodules)]
        return [recipe for recipe in recipes if recipe]

    @cached_property
    def drawn(self) -> dict[str, list[NoduleRecipe]]:
        pairs = list(zip(self.recipes, self.nodules, strict=True))
        return {name: [redrawn(*pair) for pair in pairs] for name, redrawn in REDRAWN.items()}

    @cached_property
    def real(self) -> Images:
        return to_8bit(np.stack([plane_hu(nodule.ct, nodule) for nodule in self.nodules]))

    @cached_property
    def features(self) -> NDArray[np.float32]:
        return inception(self.real)

    @property
    def patients(self) -> NDArray[np.str_]:
        return np.array([nodule.patient for nodule in self.nodules])

    def area(self, name: str, number: int) -> NDArray[np.bool_]:
        """What a drawing of a nodule encloses."""
        recipe = self.drawn[name][number]
        return filled(recipe.strokes, recipe.voi.side_mm, SIDE)

    def figures(self, planes: dict[str, dict[int, NDArray]]) -> dict[str, Any]:
        """Of planes in HU by the nodule's number, by drawing; those under ROUGH, or all there are, are judged."""
        judged = planes.get(ROUGH) or planes[EXACT]
        known = sorted(judged)
        images, real = to_8bit(np.stack([judged[k] for k in known])), self.real[known]
        features = inception(images)
        kid, halves = metrics.kid_apart(self.features[known], features, self.patients[known])
        figures = {
            "images": len(images),
            "fid": metrics.fid(self.features, features),
            "kid": kid,
            "kid_error": float(halves.std()),
            "ms_ssim": float(metrics.ms_ssim(real, images).mean()),
            "swd": swd(real, images),
            "lpips_among": metrics.diversity(images[:VARIED]),
        }
        if ROUGH in planes:
            figures["dists"] = float(dists(real, images).mean())
            for name, made in planes.items():
                figures[f"dice_{name}"] = float(np.median([self.overlap(name, k, hu) for k, hu in made.items()]))
        return figures

    def overlap(self, name: str, number: int, hu: NDArray) -> float:
        """Dice of the drawing and of what stands in the plane near it."""
        area = self.area(name, number)
        return dice(segment_plane(hu, area), area)

    def sheet(self, planes: dict[int, NDArray], drawn: bool, path: Path) -> None:
        """Real nodules, drawings and what was made, a row each, from the smallest to the largest."""
        known = sorted(planes, key=lambda k: self.nodules[k].diameter_mm)
        chosen = [known[k] for k in np.linspace(0, len(known) - 1, min(SHOWN, len(known))).round().astype(int)]
        lines = [raster(r.strokes, r.voi.side_mm) * np.uint8(255 * drawn) for r in self.drawn[ROUGH]]
        rows = [[self.real[k] for k in chosen], [lines[k] for k in chosen], [to_8bit(planes[k]) for k in chosen]]
        Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in rows])).save(path)


def by_system(question: Question, sampler: Sampler, sheet: Path) -> dict[str, Any]:
    """A system's figures, its contact sheet written."""
    preset, system = sampler.system.preset, sampler.system
    figures: dict[str, Any] = {"parameters": sum(p.numel() for p in sampler.generator.parameters())}
    if system.name == "dense-unet":
        return figures | extracted(question, sampler, sheet)
    planes: dict[str, dict[int, NDArray]] = {}
    for name in (ROUGH, EXACT) if system.drawn else (EXACT,):
        strokes = [recipe.strokes for recipe in question.drawn[name]]
        wanted = asked(question.nodules, strokes, preset.side)
        torch.manual_seed(0)
        start = time.perf_counter()
        made = sampler(wanted)
        figures["sample_s"] = (time.perf_counter() - start) / len(made)
        hu = from_network(interpolate(made, (SIDE, SIDE), mode="bilinear", align_corners=False)[:, 0].numpy())
        planes[name] = dict(enumerate(hu))
    question.sheet(planes.get(ROUGH) or planes[EXACT], system.drawn, sheet)
    return figures | question.figures(planes)


def extracted(question: Question, sampler: Sampler, sheet: Path) -> dict[str, Any]:
    """The median Dice of what the dense U-Net finds in fields of the nodules, and its sheet: field, mask, found."""
    fields = {k: torch.from_numpy(v) for k, v in cuts(question.nodules, sampler.system.preset.side, 1, 0).items()}
    start = time.perf_counter()
    found = (sampler(fields) > 0).float()
    seconds = (time.perf_counter() - start) / len(found)
    rows = [fields["field"], fields["field_area"] * 2 - 1, found * 2 - 1]
    tiles = [np.concatenate(list(interpolate(row[:SHOWN], (SIDE, SIDE))[:, 0].numpy()), 1) for row in rows]
    Image.fromarray(((np.concatenate(tiles) + 1) * 127.5).astype(np.uint8)).save(sheet)
    dices = overlap(fields["field_area"], found)
    return {"images": len(found), "sample_s": seconds, "dice_extracted": float(dices.median())}


def by_model(question: Question, model: str, folder: Path, sheet: Path) -> dict[str, Any]:
    """The same of a bundled model, each nodule made again in its own CT by the `synthesize` that a user calls."""
    make = generator(model, folder)
    number = {id(nodule): k for k, nodule in enumerate(question.nodules)}
    planes: dict[str, dict[int, NDArray]] = {}
    start = time.perf_counter()
    for name, redrawn in REDRAWN.items():
        made = remakes(question.nodules, model, make, redrawn)
        planes[name] = {number[id(one.nodule)]: plane_hu(one.nodule.ct.with_array(one.hu), one.nodule) for one in made}
    seconds = (time.perf_counter() - start) / max(sum(map(len, planes.values())), 1)
    if not planes[ROUGH] or not planes[EXACT]:
        raise InputError(f"{model} refuses every validation nodule; check its weights.")
    question.sheet(planes[ROUGH], True, sheet)
    network = build(make.model.architecture, make.model.arguments)
    parameters = sum(p.numel() for p in network.parameters())
    return {"parameters": parameters, "sample_s": seconds, **question.figures(planes)}


def by_others(question: Question, nodules: Sequence[Nodule], sheet: Path) -> dict[str, Any]:
    """Real nodules of other patients, of like size: what the figures are where nothing is made.

    Their Dice with drawings that are not theirs is chance: what stands far from a drawing is not counted.
    """
    left = [n for n in nodules if recipe_of(n, default().name, 0)]
    planes = {}
    for number, like in enumerate(question.nodules):
        nearest = min(range(len(left)), key=lambda k: abs(left[k].diameter_mm - like.diameter_mm))
        other = left.pop(nearest)
        planes[number] = plane_hu(other.ct, other)
        if not left:
            break
    question.sheet(planes, False, sheet)
    chance = {
        f"dice_{name}": float(np.median([question.overlap(name, k, hu) for k, hu in planes.items()]))
        for name in REDRAWN
    }
    return question.figures({EXACT: planes}) | chance
