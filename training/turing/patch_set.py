"""The set of patches of a Visual Turing Test: made, shuffled, named and written, with the key apart from the rest."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.generators import Generator
from SketchNoduleSynthLib.synthesis.picture import TILE, grey, planes
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from training.data.nodules import Nodule
from training.data.sites import site_out_of_sight
from training.figures.remake import recipe_of
from training.turing.sheets import ANSWER_COLUMNS, KEY_COLUMNS, REAL, SYNTHETIC, write_rows

WIDTH_MM = 24.0
DIAMETER_MM = (5.0, 12.0)
"""What fits into the width and finds a free site in a patch of 50 mm."""
LETTERS = list("bcdfghjkmnpqrstvwxz")
"""Of ids: no word comes out, and nothing that a spreadsheet takes for a number or a date."""
ID_LENGTH = 6
HAND_OUT, PATCHES, KEY = "hand_out", "patches", "key.csv"
PAGE = Path(__file__).with_name("page.html")
FOR_READERS = """Real or synthetic?

Each picture in patches/ shows one lung nodule: axial, coronal and sagittal plane, lung window, 24 mm wide.
Some nodules are real, some were made by a neural network; the CT around them is real.
Open index.html in a browser and save your answers at the end, or fill in answers.csv: "real" or "synthetic", and how
sure you are, from 1 (a guess) to 5 (certain), or nothing. Give every picture an answer and send the file back.
"""
FOR_ORGANISER = """Give the readers the folder hand_out/ alone. Keep key.csv apart: it says which patches are synthetic.

python -m training.turing_test score ANSWERS.csv key.csv
"""
Row = tuple[object, ...]


def patch(ct: Volume, point: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The axial, coronal and sagittal plane through `point` (LPS mm) side by side, (TILE, 3 * TILE)."""
    return np.concatenate([grey(cut, ct) for cut in planes(Frame.of_voi(point, WIDTH_MM, TILE))], axis=1)


def candidates(nodules: Sequence[Nodule], rng: np.random.Generator) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """In random order, the number and a free site of one nodule of each patient that has one of DIAMETER_MM."""
    seen = set()
    for k in rng.permutation(len(nodules)).tolist():
        nodule = nodules[k]
        if nodule.patient in seen or not DIAMETER_MM[0] <= nodule.diameter_mm <= DIAMETER_MM[1]:
            continue
        if recipe_of(nodule, "mcgan", k) is None:
            continue
        site = site_out_of_sight(nodule, nodule.diameter_mm, WIDTH_MM, rng)
        if site is not None:
            seen.add(nodule.patient)
            yield k, site


def moved(nodule: Nodule, site: NDArray[np.float64], model: str, seed: int, make: Generator) -> Volume | None:
    """The nodule's CT with one of its outline, size and attenuation at `site`; None if there is no room."""
    recipe = recipe_of(nodule, model, seed)
    assert recipe is not None, "only candidates are made again"
    x, y, z = (site * (-1, -1, 1)).tolist()
    ct = nodule.ct.with_array(nodule.ct.array.copy())
    try:
        synthesize(ct, replace(recipe, voi=replace(recipe.voi, center_ras_mm=(x, y, z))), make=make).apply(ct.array)
    except InputError:
        return None
    return ct


def patches(
    nodules: Sequence[Nodule], makes: dict[str, Generator], count: int, seed: int
) -> list[tuple[NDArray[np.uint8], Row]]:
    """`count` patches, each with its row of the key but for the id, in random order; half of them synthetic.

    The synthetic ones are shared equally among the models. Raises :class:`InputError` if the set is too small.
    """
    rng = np.random.default_rng(seed)
    more = candidates(nodules, rng)
    made: list[tuple[NDArray[np.uint8], Row]] = []
    first = list(islice(more, count))
    with tqdm(total=count, desc="Patches", disable=not sys.stderr.isatty()) as bar:
        for k, site in chain(first, more) if len(first) == count else ():
            nodule, truth, model, point = nodules[k], REAL, "", nodules[k].center_mm
            ct: Volume | None = nodule.ct
            if len(made) < count // 2:
                truth, model, point = SYNTHETIC, list(makes)[len(made) % len(makes)], site
                ct = moved(nodule, site, model, seed, makes[model])
            if ct is not None:
                facts = (k, *point.round(2).tolist(), round(nodule.diameter_mm, 1), nodule.attenuation)
                made.append((patch(ct, point), (truth, model, *facts)))
                bar.update()
            if len(made) == count:
                return [made[k] for k in rng.permutation(count)]
    raise InputError(
        f"Of this set only {len(made) or len(first)} patches can be made, one a patient, not {count}; "
        "give a lower --count or a larger set."
    )


def name_of(number: int) -> str:
    """A number as ID_LENGTH letters."""
    digits = [number // len(LETTERS) ** place % len(LETTERS) for place in range(ID_LENGTH)]
    return "".join(LETTERS[digit] for digit in digits)


def make(nodules: Sequence[Nodule], makes: dict[str, Generator], count: int, seed: int, folder: Path) -> None:
    """Write a set to `folder`, all or nothing; what is there is never replaced, for its key would be lost."""
    folder = folder.resolve()
    if count < 2:
        raise InputError(f"--count is {count}; give at least 2.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty; give another folder, so that no key is lost.")
    found = patches(nodules, makes, count, seed)
    numbers = np.random.default_rng((seed, count)).choice(len(LETTERS) ** ID_LENGTH, count, replace=False)
    ids = [name_of(number) for number in numbers.tolist()]
    draft = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    hand_out = draft / HAND_OUT
    (hand_out / PATCHES).mkdir(parents=True)
    try:
        # In the order of the sheet and all at once: the files' times tell nothing.
        for name, (image, _) in zip(ids, found, strict=True):
            Image.fromarray(image).save(hand_out / PATCHES / f"{name}.png")
        write_rows(hand_out / "answers.csv", ANSWER_COLUMNS, [(name, "", "") for name in ids])
        page = PAGE.read_text(encoding="utf-8").replace("/*ids*/[]", json.dumps(ids))
        (hand_out / "index.html").write_text(page, encoding="utf-8")
        (hand_out / "README.txt").write_text(FOR_READERS, encoding="utf-8")
        (draft / "ORGANISER.txt").write_text(FOR_ORGANISER, encoding="utf-8")
        write_rows(draft / KEY, KEY_COLUMNS, [(name, *row) for name, (_, row) in zip(ids, found, strict=True)])
        if folder.exists():
            folder.rmdir()
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
