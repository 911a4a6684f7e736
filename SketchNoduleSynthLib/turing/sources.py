"""Where the patches of a Visual Turing Test come from: a case, or a folder of real and one of synthetic pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.truth import Place, Truth, TruthNodule
from SketchNoduleSynthLib.turing.patch_set import WIDTH_MM, Patch, patch_image

CASE_COLUMNS, FOLDER_COLUMNS = ("case", "number"), ("file",)
"""What the key says of a patch of a case and of a picture of a folder."""
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


def of_case(ct: Volume, truth: Truth, models: Sequence[str] = ()) -> list[Patch]:
    """The patches of a case's CT: its nodules, which are synthetic, and its excluded places as the real ones.

    Its excluded places must be real nodules. `models`, where given, are the nodules' in their order. All patches are
    equally wide: 24 mm, or twice the largest nodule.
    """
    found: list[TruthNodule | Place] = [*truth.nodules, *truth.excluded]
    width = max([WIDTH_MM, *(2 * nodule.diameter_mm for nodule in found)])
    names = [*models, *[""] * (len(found) - len(models))]
    return [
        Patch(patch_image(ct, nodule.center_lps_mm, width), k < len(truth.nodules), name, (truth.case_id, k + 1))
        for k, (nodule, name) in enumerate(zip(found, names, strict=True))
    ]


def of_folders(real: Path, synthetic: Path, model: str = "") -> list[Patch]:
    """The pictures of two folders, in grey."""
    patches = [Patch(_picture(path), False, "", (path.name,)) for path in _pictures(real)]
    return patches + [Patch(_picture(path), True, model, (path.name,)) for path in _pictures(synthetic)]


def in_equal_shares(patches: Sequence[Patch], seed: int, count: int | None = None) -> list[Patch]:
    """`count` patches drawn at random, half of them synthetic; by default as many as there can be.

    Raises :class:`InputError` if there are too few.
    """
    kinds = [[patch for patch in patches if patch.is_synthetic is kind] for kind in (False, True)]
    most = min(map(len, kinds))
    half = most if count is None else count // 2
    if not 1 <= half <= most:
        raise InputError(
            f"There are {len(kinds[0])} real and {len(kinds[1])} synthetic patches; a test has as many of each, "
            f"2 to {2 * most} in all."
        )
    rng = np.random.default_rng(seed)
    return [kind[k] for kind in kinds for k in rng.choice(len(kind), half, replace=False)]


def _pictures(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES)
    if not found:
        raise InputError(f"There are no pictures ({', '.join(PICTURES)}) in {folder}.")
    return found


def _picture(path: Path) -> NDArray[np.uint8]:
    try:
        return np.asarray(Image.open(path).convert("L"))
    except OSError as error:
        raise InputError(f"{path} is not a picture that can be read.") from error
