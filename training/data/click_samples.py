"""Samples for the extraction network: a CT about a click, and the nodule there; of clicks beside nodules, nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.utils.data import Dataset

from SketchNoduleSynthLib.ct.window import to_network
from training.data.nodules import Nodule
from training.data.tissue_samples import cut, turned

SIDES, SIDE_SHARES = (32, 48), (0.4, 0.6)
"""Voxels of 1 mm; nodules above WHOLE_MM are seen in the large ones only."""
WHOLE_MM = 16.0
ELSEWHERE_SHARE = 0.25
"""Of the clicks, these are beside the nodule: on vessels, walls and lung."""
OFF = 0.3
"""Of the diameter: so far from a nodule's centre it is clicked."""
BESIDE_MM, LEAST_DENSE_HU = 5.0, -500.0
RARE, UNRATED = {"part-solid": 3.0, "ground-glass": 4.0}, 1.0
ZOOM, NOISE_HU, NOISY_SHARE = (0.8, 1.25), 30.0, 0.3


class ClickSamples(Dataset):
    """`ct` and `click_mm` as the network takes them, `mask` (1, n, n, n); the samples of a `batch` have one size.

    Sample number k is the same in every run with the same `seed`.
    """

    def __init__(self, nodules: Sequence[Nodule], count: int, seed: int, batch: int) -> None:
        self.nodules, self.count, self.seed, self.batch = nodules, count, seed, batch
        sizes = np.array([one.diameter_mm for one in nodules])
        weights = np.sqrt(sizes) * [RARE.get(one.attenuation or "", UNRATED) for one in nodules]
        self.shares = {side: weights * ((sizes <= WHOLE_MM) | (side == SIDES[-1])) for side in SIDES}

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        if not 0 <= index < self.count:
            raise IndexError(index)
        side = int(np.random.default_rng((self.seed, 1, index // self.batch)).choice(SIDES, p=SIDE_SHARES))
        rng = np.random.default_rng((self.seed, 0, index))
        share = self.shares[side]
        nodule = self.nodules[rng.choice(len(share), p=share / share.sum())]
        hu, mask = nodule.ct.array, nodule.mask.array > 0
        if rng.random() < ELSEWHERE_SHARE:
            click, target = elsewhere(hu, mask, rng), np.zeros_like(mask)
        else:
            click, target = clicked(mask, nodule.diameter_mm, rng), mask
        at, zoom = np.rint(click).astype(int), rng.uniform(*ZOOM)
        sides = int(np.ceil(side * zoom / 2)) * 2
        cubes = np.stack([cut(hu, at, sides), cut(target, at, sides)]).astype(np.float32)
        cubes = np.stack([ndimage.zoom(cube, side / sides, order=1, grid_mode=True, mode="nearest") for cube in cubes])
        if rng.random() < NOISY_SHARE:
            noise = ndimage.gaussian_filter(rng.standard_normal(cubes[0].shape), (0, 0.5, 0.5))
            cubes[0] += rng.uniform(0, NOISE_HU) * noise / noise.std()
        ct, target, click_mm = turned(np.concatenate([cubes, away_mm(cubes[0].shape)[None]]), rng)
        return {
            "ct": torch.from_numpy(to_network(ct, clip=False)[None]),
            "click_mm": torch.from_numpy(click_mm[None]),
            "mask": torch.from_numpy((target > 0.5).astype(np.float32)[None]),
        }


def away_mm(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """How far each voxel is from the cube's middle voxel, the click's."""
    return np.sqrt(sum((along - side // 2) ** 2 for along, side in zip(np.indices(shape), shape, strict=True))).astype(
        np.float32
    )


def clicked(
    mask: NDArray[np.bool_], diameter_mm: float, rng: np.random.Generator, off: float = OFF
) -> NDArray[np.float64]:
    """A point (z, y, x) as a user clicks on a nodule, up to `off` diameters beside its middle."""
    away = rng.standard_normal(3)
    return np.argwhere(mask).mean(0) + rng.uniform(0, off) * diameter_mm * away / np.linalg.norm(away)


def elsewhere(hu: NDArray, mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float64]:
    """A point beside the nodule, as often on something dense as in the lung."""
    free = ndimage.distance_transform_edt(~mask) > BESIDE_MM
    kind = (hu > LEAST_DENSE_HU) == (rng.random() < 0.5)
    found = np.argwhere(free & kind) if (free & kind).any() else np.argwhere(free)
    return found[rng.integers(len(found))].astype(float)
