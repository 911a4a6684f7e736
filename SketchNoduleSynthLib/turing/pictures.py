"""Pictures for a Visual Turing Test out of cases: real/*.png and synthetic/MODEL/*.png."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, Recipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_folder
from SketchNoduleSynthLib.synthesis.result import RECIPE_FILE
from SketchNoduleSynthLib.teaching.case import TRUTH_FOLDER, Case
from SketchNoduleSynthLib.turing.sheets import REAL, SYNTHETIC
from SketchNoduleSynthLib.turing.sources import of_case, shown_of, width_for


def write_pictures(cases: Sequence[Case], folder: Path) -> dict[str, int]:
    """Write the nodules of `cases` as pictures into the new `folder`; how many there are real and synthetic.

    The real ones are the CTs' own; one that several cases of a CT have comes once. Raises :class:`InputError` for
    cases without their truth or changed since, for two of the same id, and for a `folder` that holds anything.
    """
    if len({case.id for case in cases}) < len(cases):
        raise InputError("Two of the cases have the same id; give each case once.")
    counts = {REAL: 0, SYNTHETIC: 0}
    with new_folder(folder) as draft:
        for kind in counts:
            (draft / kind).mkdir()
        for name, image in _pictures(cases):
            (draft / name).parent.mkdir(exist_ok=True)
            Image.fromarray(image).save(draft / name)
            counts[name.parts[0]] += 1
    return counts


def _pictures(cases: Sequence[Case]) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    width = width_for(case.truth() for case in cases)
    known = set()
    for case in cases:
        truth = case.truth()
        models: list[str] = []
        if truth.nodules:
            recipe = Recipe.read(case.checked(f"{TRUTH_FOLDER}/{RECIPE_FILE}"))
            models = [nodule.model for nodule in recipe.nodules if nodule.kind not in (FOUND, REMOVED)]
        patches = of_case(case.ct(), truth, models, width)
        for number, (patch, place) in enumerate(zip(patches, shown_of(truth), strict=True), 1):
            name = f"{case.id}_{number}.png"
            if patch.is_synthetic:
                yield Path(SYNTHETIC, patch.model, name), patch.image
            elif (of_ct := (case.source_sha256, place.center_ras_mm)) not in known:
                known.add(of_ct)
                yield Path(REAL, name), patch.image
