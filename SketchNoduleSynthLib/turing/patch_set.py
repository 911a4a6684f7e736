"""The set of patches of a Visual Turing Test: shuffled, named and written, with the key apart from the rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import all_or_none, check_new, write_rows
from SketchNoduleSynthLib.resources import TURING_PAGE
from SketchNoduleSynthLib.synthesis.picture import TILE, grey, planes
from SketchNoduleSynthLib.turing.sheets import ANSWER_COLUMNS, KEY_COLUMNS, PATCHES, REAL, SHEET, SYNTHETIC

WIDTH_MM = 24.0
LETTERS = list("bcdfghjkmnpqrstvwxz")
"""Of ids: no word comes out, and nothing that a spreadsheet takes for a number or a date."""
ID_LENGTH = 6
HAND_OUT, KEY = "hand_out", "key.csv"
FOR_READERS = """Real or synthetic?

Each picture in patches/ shows one lung nodule; those with three planes show it axial, coronal and sagittal.
Some nodules are real, some were made by a neural network; the CT around them is real.
Open index.html in a browser and save your answers at the end, or fill in answers.csv: "real" or "synthetic", and how
sure you are, from 1 (a guess) to 5 (certain), or nothing. Give every picture an answer and send the file back.
"""
FOR_ORGANISER = """Give the readers the folder hand_out/ alone. Keep key.csv apart: it says which patches are synthetic.
"""


@dataclass(frozen=True, eq=False)
class Patch:
    """A picture `image` (rows, columns) in grey, what it is, the `model` that made it ("" for a real one).

    `facts`: what more the key says of it, in the order of the set's columns.
    """

    image: NDArray[np.uint8]
    is_synthetic: bool
    model: str = ""
    facts: tuple[object, ...] = ()


def patch_image(ct: Volume, point_lps_mm: NDArray[np.float64], width_mm: float = WIDTH_MM) -> NDArray[np.uint8]:
    """The axial, coronal and sagittal plane through a point side by side, lung window, (TILE, 3 * TILE)."""
    return np.concatenate([grey(cut, ct) for cut in planes(Frame.of_voi(point_lps_mm, width_mm, TILE))], axis=1)


def write_set(patches: Sequence[Patch], columns: Sequence[str], folder: Path, seed: int, more: str = "") -> None:
    """Write a set to the new `folder`, all or nothing, in an order and under names that tell nothing.

    `columns` name the patches' facts in the key; `more` is added to what the organiser is told. The same patches and
    seed give the same files.
    """
    folder = folder.resolve()
    check_new(folder)
    if len({patch.image.shape for patch in patches}) != 1:
        raise InputError("The patches are none or differ in size, which would tell; cut them all alike.")
    if len({patch.is_synthetic for patch in patches}) != 2:
        raise InputError("The patches are all real or all synthetic; a test needs both.")
    rng = np.random.default_rng((seed, len(patches)))
    shuffled = [patches[k] for k in rng.permutation(len(patches))]
    numbers = rng.choice(len(LETTERS) ** ID_LENGTH, len(patches), replace=False)
    ids = [name_of(number) for number in numbers.tolist()]
    truths = [SYNTHETIC if patch.is_synthetic else REAL for patch in shuffled]
    key = [(*row, patch.model, *patch.facts) for *row, patch in zip(ids, truths, shuffled, strict=True)]
    with all_or_none(folder) as draft:
        hand_out = draft / HAND_OUT
        (hand_out / PATCHES).mkdir(parents=True)
        # In the order of the sheet and all at once: the files' times tell nothing.
        for name, patch in zip(ids, shuffled, strict=True):
            Image.fromarray(patch.image).save(hand_out / PATCHES / f"{name}.png")
        write_rows(hand_out / SHEET, ANSWER_COLUMNS, [(name, "", "") for name in ids])
        page = TURING_PAGE.read_text(encoding="utf-8").replace("/*ids*/[]", json.dumps(ids))
        (hand_out / "index.html").write_text(page, encoding="utf-8")
        (hand_out / "README.txt").write_text(FOR_READERS, encoding="utf-8")
        (draft / "ORGANISER.txt").write_text(FOR_ORGANISER + more, encoding="utf-8")
        write_rows(draft / KEY, (*KEY_COLUMNS, *columns), key)


def name_of(number: int) -> str:
    digits = [number // len(LETTERS) ** place % len(LETTERS) for place in range(ID_LENGTH)]
    return "".join(LETTERS[digit] for digit in digits)
