"""Where the patches of a Visual Turing Test come from: a case, or a folder of real and one of synthetic pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import visible
from SketchNoduleSynthLib.reading.truth import Place, Truth, TruthNodule
from SketchNoduleSynthLib.turing.patch_set import WIDTH_MM, Patch, patch_image

FOLDER_COLUMNS = ("file",)
"""What the key says of a picture of a folder."""
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")


def of_case(ct: Volume, truth: Truth, models: Sequence[str] = (), width_mm: float | None = None) -> list[Patch]:
    """The patches of a case's CT: its nodules, which are synthetic, and its excluded places as the real ones.

    Its excluded places must be real nodules. `models`, where given, are the nodules' in their order. All patches are
    equally wide: `width_mm`, or what :func:`width_for` says of this case.
    """
    found = shown_of(truth)
    width = width_mm or width_for([truth])
    names = [*models, *[""] * (len(found) - len(models))]
    return [
        Patch(patch_image(ct, nodule.center_lps_mm, width), k < len(truth.nodules), name, (truth.case_id, k + 1))
        for k, (nodule, name) in enumerate(zip(found, names, strict=True))
    ]


def width_for(truths: Iterable[Truth]) -> float:
    """How wide, in mm, the patches of these cases are, so that none tells by its width: 24, or twice the largest."""
    return max([WIDTH_MM, *(2 * nodule.diameter_mm for truth in truths for nodule in shown_of(truth))])


def shown_of(truth: Truth) -> list[TruthNodule | Place]:
    """What there are patches of: a case's nodules, then its excluded places but those that may be synthetic."""
    return [*truth.nodules, *(place for place in truth.excluded if not place.may_be_synthetic)]


def of_folders(real: Path, synthetic: Path) -> list[Patch]:
    """The pictures of two folders, in grey; those in a sub-folder of `synthetic` are of the model of its name."""
    patches = [Patch(_picture(path), False, "", (path.relative_to(real).as_posix(),)) for path in _pictures(real)]
    for path in _pictures(synthetic):
        name = path.relative_to(synthetic)
        model = name.parts[0] if len(name.parts) > 1 else ""
        patches.append(Patch(_picture(path), True, model, (name.as_posix(),)))
    return patches


def in_equal_shares(patches: Sequence[Patch], seed: int, count: int | None = None) -> list[Patch]:
    """`count` patches drawn at random, half of them synthetic; by default as many as there can be."""
    if count is not None and count % 2:
        raise InputError(f"A test has as many real as synthetic patches; give an even number of them, not {count}.")
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
    found = [path for path in visible(folder, "**/*") if path.suffix.lower() in PICTURES]
    if not found:
        raise InputError(f"There are no pictures ({', '.join(PICTURES)}) in {folder}.")
    return found


def _picture(path: Path) -> NDArray[np.uint8]:
    try:
        return np.asarray(Image.open(path).convert("L"))
    except OSError as error:
        raise InputError(f"{path} is not a picture that can be read.") from error
