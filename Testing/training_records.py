"""Made nodules as the converters of `training.prepare` write them, and CTs that they are cut from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume
from training import prepare
from training.data.from_npz import SIDE
from training.data.nodule_file import Header, Record, open_set
from training.data.patches import measure

HEADER = Header(1.0, "a phantom", "CC0", "{}")
HALF_AXES_MM = np.array([5.0, 6.0, 7.0])
"""Along z, y, x."""


def ellipsoid(at: tuple[int, int, int] = (25, 25, 25), side: int = SIDE) -> np.ndarray:
    """The voxels (z, y, x), cubes of 1 mm, within HALF_AXES_MM of `at`."""
    distance = (np.indices((side,) * 3).T - at).T / HALF_AXES_MM[:, None, None, None]
    return (distance**2).sum(0) <= 1


def record(seed: int = 0, **changed: Any) -> Record:
    """A solid ellipsoid in noise, on cubes of 1 mm, `changed` in what a test is about."""
    mask = ellipsoid()
    hu = np.where(mask, 20, -850) + np.random.default_rng(seed).normal(0, 30, mask.shape)
    facts = {
        "patient": f"P{seed}",
        "series": str(seed),
        "source": "phantom",
        "attenuation": "solid",
        "hu": ndimage.gaussian_filter(hu, 0.7).astype(np.int16),
        "mask": mask,
    }
    return Record(**{**measure(mask, 1.0), **facts, **changed})


def prepared(*words: object) -> dict[str, Any]:
    """The summary in the file that the command has written."""
    prepare.prepare(prepare.parser().parse_args([str(word) for word in words]))
    with open_set(Path(str(words[-1]))) as file:
        return json.loads(file.attrs["summary"])


def ct_with(hu: float = -850.0, **changed: Any) -> Volume:
    """80 mm of parenchyma around the LPS origin in voxels of 0.8 x 0.8 x 2 mm."""
    shape, spacing = (40, 100, 100), np.array([0.8, 0.8, 2.0])
    origin = -(np.array(shape[::-1]) - 1) / 2 * spacing
    return Volume.of(np.full(shape, hu, np.int16), **{"spacing": spacing, "origin": origin, **changed})
