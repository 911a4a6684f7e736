"""What the patches of a Visual Turing Test show: real nodules, and such made at a free site of other patients' CTs."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import check_new
from SketchNoduleSynthLib.models import default
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.turing.patch_set import WIDTH_MM, Patch, patch_image, write_set
from training.data.nodules import Nodule
from training.data.sites import CANDIDATES, alike, around, sites_out_of_sight, surroundings
from training.figures.remake import recipe_of

DIAMETER_MM = (5.0, 12.0)
"""What fits into the width and finds a free site in a patch of 50 mm."""
COLUMNS = ("nodule", "x_mm", "y_mm", "z_mm", "diameter_mm", "attenuation")
"""What the key says more: the nodule's number in the set, the patch's centre in LPS mm, size and attenuation."""
FOR_ORGANISER = """
python -m SketchNoduleSynthLib turing score key.csv ANSWERS.csv
"""


def candidates(nodules: Sequence[Nodule], rng: np.random.Generator) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """In random order, the number and a free site of one nodule of each patient that has one of DIAMETER_MM.

    The site's surroundings are like the nodule's, or a place would tell what is synthetic.
    """
    seen = set()
    for k in rng.permutation(len(nodules)).tolist():
        nodule = nodules[k]
        if nodule.patient in seen or not DIAMETER_MM[0] <= nodule.diameter_mm <= DIAMETER_MM[1]:
            continue
        if recipe_of(nodule, default().name, k) is None:
            continue
        sites = list(islice(sites_out_of_sight(nodule, nodule.diameter_mm, WIDTH_MM, rng), CANDIDATES))
        if sites:
            seen.add(nodule.patient)
            [(_, _, best)] = alike(around(nodule)[None], [np.array([surroundings(nodule.ct, site) for site in sites])])
            yield k, sites[best]


def moved(nodule: Nodule, site: NDArray[np.float64], model: str, seed: int, make: Generator) -> Volume | None:
    """The nodule's CT with one of its outline, size and attenuation at `site`; None if there is no room."""
    recipe = recipe_of(nodule, model, seed)
    assert recipe is not None, "only candidates are made again"
    x, y, z = ras_of_lps(site).tolist()
    ct = nodule.ct.with_array(nodule.ct.array.copy())
    try:
        synthesize(ct, replace(recipe, voi=replace(recipe.voi, center_ras_mm=(x, y, z))), make=make).apply(ct.array)
    except InputError:
        return None
    return ct


def patches(nodules: Sequence[Nodule], makes: dict[str, Generator], count: int, seed: int) -> list[Patch]:
    """`count` patches, half of them synthetic, which are shared equally among the models.

    Raises :class:`InputError` if the set is too small.
    """
    more = candidates(nodules, np.random.default_rng(seed))
    made: list[Patch] = []
    first = list(islice(more, count))
    with tqdm(total=count, desc="Patches", disable=not sys.stderr.isatty()) as bar:
        for k, site in chain(first, more) if len(first) == count else ():
            nodule, model, point = nodules[k], "", nodules[k].center_mm
            ct: Volume | None = nodule.ct
            if is_synthetic := len(made) < count // 2:
                model, point = list(makes)[len(made) % len(makes)], site
                ct = moved(nodule, site, model, seed, makes[model])
            if ct is not None:
                facts = (k, *point.round(2).tolist(), round(nodule.diameter_mm, 1), nodule.attenuation)
                made.append(Patch(patch_image(ct, point), is_synthetic, model, facts))
                bar.update()
            if len(made) == count:
                return made
    raise InputError(
        f"Of this set only {len(made) or len(first)} patches can be made, one a patient, not {count}; "
        "give a lower --count or a larger set."
    )


def make(nodules: Sequence[Nodule], makes: dict[str, Generator], count: int, seed: int, folder: Path) -> None:
    """Write a set to `folder`, all or nothing; what is there is never replaced, for its key would be lost."""
    if count < 2:
        raise InputError(f"--count is {count}; give at least 2.")
    check_new(folder)
    write_set(patches(nodules, makes, count, seed), COLUMNS, folder, seed, FOR_ORGANISER)
