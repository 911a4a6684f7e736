"""Volumes that a detector searches: the patches of real nodules, and the same with a synthetic one beside the real."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import new_file
from SketchNoduleSynthLib.networks.inputs import LARGE_MM, SMALL_MM
from SketchNoduleSynthLib.synthesis.generators import Generator
from training.data.nodules import Nodule
from training.figures.inserters import networked
from training.figures.requests import requests

MOST_ROUNDS = 12
SIZES = ("small", "medium", "large")
ARRAYS = ("hu", "nodules", "kinds", "hosts")
"""Of a file of synthetic nodules: HU, index and diameter, kind, and the number of the patch's real nodule."""


@dataclass(frozen=True, eq=False)
class Searched:
    """A volume: HU (z, y, x) of 1 mm, and its nodules, a row each: index z, y, x of the centre, diameter in mm.

    `kinds`: of each nodule what it counts under, a size and an attenuation.
    """

    hu: NDArray[np.int16]
    nodules: NDArray[np.float64]
    kinds: tuple[tuple[str, ...], ...]
    patient: str


def kinds_of(diameter_mm: float, kind: str) -> tuple[str, str]:
    size = SIZES[int(diameter_mm > SMALL_MM) + int(diameter_mm > LARGE_MM)]
    return size, "solid" if kind == "calcified" else kind


def searched(nodule: Nodule) -> Searched:
    """The patch of a real nodule; raises :class:`InputError` if its voxels are not cubes of 1 mm."""
    if not np.allclose(nodule.ct.grid.spacing, 1.0):
        raise InputError("The detection test takes voxels of 1 mm; prepare the sets at that spacing.")
    centre = nodule.ct.grid.to_index(nodule.center_mm)[::-1]
    kinds = kinds_of(nodule.diameter_mm, nodule.attenuation or "")
    return Searched(nodule.ct.array, np.array([[*centre, nodule.diameter_mm]]), (kinds,), nodule.patient)


def synthetic(
    sizes: Sequence[Nodule], hosts: Sequence[Nodule], count: int, model: str, make: Generator, folder: Path, seed: int
) -> list[Searched]:
    """`count` patches of `hosts` with a nodule of `model` beside the real one, like those of `sizes`; kept in `folder`.

    Raises :class:`InputError` if the hosts have too few free places.
    """
    path = folder / f"{model}-{make.model.sha256[:12]}-{count}-{len(hosts)}-{seed}.npz"
    if not path.exists():
        made: list[tuple[Any, ...]] = []
        with tqdm(total=count, desc=f"Nodules by {model}", disable=not sys.stderr.isatty()) as bar:
            rounds = (pair for k in range(MOST_ROUNDS) for pair in requests(sizes, seed + k, hosts))
            while len(made) < count and (pair := next(rounds, None)):
                host, request = pair
                try:
                    hu, _ = networked(request, model, make)
                except InputError:
                    continue
                at = request.ct.grid.to_index(request.point)[::-1]
                number = next(k for k, one in enumerate(hosts) if one is host)
                made.append((hu.astype(np.int16), [*at, request.diameter_mm], request.kind, number))
                bar.update()
        if len(made) < count:
            raise InputError(f"The patches have room for {len(made)} nodules, not for {count}; give a larger set.")
        columns: Any = dict(zip(ARRAYS, map(np.array, zip(*made, strict=True)), strict=True))
        with new_file(path) as draft:
            np.savez_compressed(draft, **columns)
    with np.load(path) as known:
        parts = zip(*(known[name] for name in ARRAYS), strict=True)
        volumes = []
        for hu, nodule, kind, number in parts:
            real = searched(hosts[number])
            kinds = (*real.kinds, kinds_of(nodule[3], str(kind)))
            volumes.append(Searched(hu, np.vstack([real.nodules, nodule]), kinds, real.patient))
    return volumes
