"""Figures of a bundled model on real nodules of patients that training has not seen.

    python -m training.evaluate VALIDATION mcgan --figures FOLDER --card training/cards/mcgan.md

Each nodule is made again in its own place, from its own drawing, size and attenuation, through the same `synthesize`
that a user calls, and compared with the real one: size and shape, density, texture, sketch planes in pairs (PSNR,
SSIM, MS-SSIM, LPIPS, DISTS), three orthogonal planes as sets (FID, KID, SWD), rough drawings against exact ones, one
drawing with twelve seeds. `training.insertion_test` asks the other question: nodules where none was.

`--card` fills a template and puts it beside the weights, with the main figures in figures.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.networks.architectures import build
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis.generators import Generator, generator
from training.command import at_least, run_command
from training.data.nodules import Nodule, read_nodules
from training.figures import image_figures, nodule_figures
from training.figures.contact_sheets import some, write_sheets
from training.figures.drawings import DRAWINGS, Drawing, by_hand, undrawn
from training.figures.model_card import read_template, table, write_beside_weights
from training.figures.remake import Remake, recipe_of, remakes

SOME = 24
"""Nodules of which several versions are made."""


def made_again(nodules: Sequence[Nodule], model: str, make: Generator, drawing: Drawing) -> list[Remake]:
    """The nodules that `synthesize` does not refuse."""
    return list(tqdm(remakes(nodules, model, make, drawing), desc=f"Nodules, {drawing.__name__}", leave=False))


def evaluate(
    nodules: Sequence[Nodule], model: str, folder: Path, drawing: str = "exact"
) -> tuple[dict[str, Any], list[Remake]]:
    """All figures of the weights in `folder`/`model`, and the nodules made again.

    Raises :class:`InputError` if there are no such weights, or none of the nodules can be made again.
    """
    make = generator(model, folder)
    asked = sum(recipe_of(nodule, model, 0) is not None for nodule in nodules)
    made = made_again(nodules, model, make, DRAWINGS[drawing])
    if not made:
        raise InputError(f"None of the {asked} nodules that can be asked for could be made again; give other nodules.")
    real, synthetic = image_figures.Planes.of_real(made), image_figures.Planes.of_synthetic(made)
    figures = {
        "model": model,
        "steps": make.model.steps,
        "sha256": make.model.sha256,
        "parameters": sum(p.numel() for p in build(make.model.architecture, make.model.arguments).parameters()),
        "drawings": drawing,
        "nodules": len(made),
        "refused": asked - len(made),
        **nodule_figures.shape(made),
        "core_hu_median": nodule_figures.density(made),
        "core_hu_by_asked_attenuation": nodule_figures.asked_density(some(made, SOME), make),
        **nodule_figures.texture(made, make),
        "sketch_planes": image_figures.paired(made, make),
        "three_planes": image_figures.sets(made, real, synthetic),
        "seeds": image_figures.seeds(some(made, SOME), make),
    }
    if drawing != "rough":
        by_seed = {remake.insertion.recipe.seed: k for k, remake in enumerate(made)}
        rough = [r for r in made_again(nodules, model, make, by_hand) if r.insertion.recipe.seed in by_seed]
        both = [by_seed[remake.insertion.recipe.seed] for remake in rough]
        figures["rough_drawings"] = image_figures.roughness_loss(
            rough, real.of(both), synthetic.of(both), image_figures.Planes.of_synthetic(rough)
        ) | {"outline_dice_median": nodule_figures.shape(rough)["outline_dice_median"]}
    if not make.model.needs_drawing:
        free = made_again(nodules, model, make, undrawn)
        figures["without_drawing"] = nodule_figures.shape(free) | {"core_hu_median": nodule_figures.density(free)}
    return figures, made


def main(words: Sequence[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules", type=Path, help="validation set")
    options.add_argument("model", help=" or ".join(bundled()))
    options.add_argument("--models", type=Path, default=MODELS_FOLDER, help="folder that holds the model's")
    options.add_argument("--drawings", choices=tuple(DRAWINGS), default="exact", help="what the nodules are made from")
    options.add_argument("--limit", type=at_least(1), help="only the first of the nodules that can be asked for")
    options.add_argument("--figures", type=Path, help="folder for contact sheets")
    options.add_argument("--json", type=Path, help="all figures as JSON")
    options.add_argument("--card", type=Path, help="a card to fill in and put beside the weights")
    given = options.parse_args(words)
    template = read_template(given.card) if given.card else ""
    nodules = read_nodules(given.nodules)
    if given.limit is not None:
        nodules = [n for n in nodules if recipe_of(n, given.model, 0)][: given.limit]
    figures, made = evaluate(nodules, given.model, given.models, given.drawings)
    print(table(figures))
    if given.figures:
        for path in write_sheets(made, generator(given.model, given.models), given.figures, given.model):
            print(f"Figures: {path}")
    if given.json:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        write_json(given.json, figures)
    if given.card:
        print(f"Card: {write_beside_weights(template, figures, given.models / given.model)}")


if __name__ == "__main__":
    run_command(main)
