"""A set of pictures to judge: half of them "synthetic", none like its mirror image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from SketchNoduleSynthLib.turing.patch_set import HAND_OUT, Patch, write_set

SHAPE = (40, 120)


def write_pictures(folder: Path, count: int = 4) -> Path:
    """Write a set of `count` pictures to `folder`; what is handed out of it."""
    rows, columns = np.meshgrid(*(np.linspace(0, 1, length) for length in SHAPE), indexing="ij")
    patches = []
    for number in range(count):
        grey = 30 + 140 * columns**2 + 60 * rows + 5 * number
        patches.append(Patch(grey.astype(np.uint8), number % 2 == 0, "mcgan" if number % 2 == 0 else ""))
    write_set(patches, (), folder, 0)
    return folder / HAND_OUT
