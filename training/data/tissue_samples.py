"""Samples for the tissue network: a nodule in its own place, its shape where there is none, or lung in its shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.networks.inputs import MAPS, empty_conditions, tissue_conditions
from SketchNoduleSynthLib.synthesis.density_map import (
    NOWHERE_MM,
    around,
    blurred,
    empty_map,
    noise_level,
    stacked,
    weight,
)
from training.data.lesions import Lesion, shares

SIDES = {24: (0.0, 9.0), 32: (6.0, 60.0)}
"""Voxels of a sample, and the diameters (mm) that are seen with so much around them; the large are seen in parts."""
SIDE_SHARES = (0.45, 0.55)
FREE_SHARE = 0.375
EMPTY_SHARE = 0.12
"""Lung alone is asked for, at a free place: what takes a real nodule out of a CT."""
EXCHANGED_SHARE = 0.5
"""Of the samples another axis becomes z."""
KINDS, KIND_SHARES = MAPS, (0.5, 0.3, 0.2)
BLUR_MM = {"fine": (1.2, 1.9), "coarse": (2.2, 3.5), "even": (1.5, 1.5)}
AROUND_SHARE = 0.6
"""Of the nodules in their own place, what is dense around them is in the map; at free places always."""
BORDER_SPREAD_MM = 0.4
LEAST_SHIFT_MM, WHOLE_MM = 1, 14.0
"""Nodules up to WHOLE_MM lie in the middle of a sample; of larger ones it is any part with border."""
Sample = dict[str, torch.Tensor]


class TissueSamples(Dataset):
    """`ct` (1, n, n, n), `distance_mm`, `weight`, `density` (2, ...), `conditions`, `paired`.

    `paired` is 1 where `ct` is what is asked for: the nodule in its own place, or lung where nothing is asked.
    Sample number k is the same in every run with the same `seed`; the samples of a `batch` have one size, and the
    even ones are in their own place. Flips and exchanged axes alone keep a CT's noise; interpolation smooths it. Any
    axis may become z: thick slices blur along one axis, and which one that is, if any, is to be seen around the hole.
    """

    def __init__(self, lesions: Sequence[Lesion], count: int, seed: int, batch: int) -> None:
        self.lesions, self.count, self.seed, self.batch = lesions, count, seed, batch
        self.shares = {side: shares(lesions, *sizes) for side, sizes in SIDES.items()}
        self.hosts = [index for index, one in enumerate(lesions) if len(one.places)]

    def __len__(self) -> int:
        return self.count

    def side_of(self, number: int) -> int:
        """Voxels an axis of the samples of batch `number`."""
        return int(np.random.default_rng((self.seed, 1, number)).choice(list(SIDES), p=SIDE_SHARES))

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(index)
        rng = np.random.default_rng((self.seed, 0, index))
        side = self.side_of(index // self.batch)
        lesion = self.lesions[rng.choice(len(self.lesions), p=self.shares[side])]
        is_paired = index % 2 == 0 or not self.hosts or rng.random() >= 2 * FREE_SHARE
        is_empty = bool(self.hosts) and is_paired and rng.random() < EMPTY_SHARE / (1 - FREE_SHARE)
        most = max(LEAST_SHIFT_MM, round((lesion.diameter_mm - WHOLE_MM) / 2))
        shift = rng.integers(-most, most + 1, 3)
        at = np.rint(lesion.centre).astype(int) + shift
        hu, distance = (cut(values, at, side) for values in (lesion.hu, lesion.distance_mm))
        there = hu
        if is_empty or not is_paired:
            host, place = self.free_place(lesion, rng)
            there = turned(cut(host.hu, place + shift, side), rng)
        share = weight(distance.astype(np.float32))
        noise = noise_level(there.astype(np.float32), share > 0)
        if is_empty:
            density, conditions = empty_map(there, distance), empty_conditions(noise)
            distance = np.full_like(distance, NOWHERE_MM)
        else:
            density, kind = self.density(hu, there, distance, is_paired, rng)
            conditions = tissue_conditions(lesion.diameter_mm, lesion.texture, kind, lesion.ratings, lesion.core, noise)
        arrays = [to_network(there, clip=False), distance, share, *density]
        stack = turned(np.stack(arrays).astype(np.float32), rng)
        if rng.random() < EXCHANGED_SHARE:
            stack = np.ascontiguousarray(np.swapaxes(stack, -3, rng.choice((-2, -1))))
        layers = {name: torch.from_numpy(stack[k : k + 1]) for k, name in enumerate(("ct", "distance_mm", "weight"))}
        return {
            **layers,
            "density": torch.from_numpy(stack[3:]),
            "conditions": torch.from_numpy(conditions),
            "paired": torch.tensor(float(is_paired)),
        }

    def free_place(self, lesion: Lesion, rng: np.random.Generator) -> tuple[Lesion, NDArray[np.intp]]:
        """A place with room for the lesion, or else the roomiest of some."""
        best: tuple[float, Lesion, NDArray] | None = None
        for _ in range(12):
            host = self.lesions[self.hosts[rng.integers(len(self.hosts))]]
            place = host.places[rng.integers(len(host.places))]
            if best is None or place[3] > best[0]:
                best = float(place[3]), host, place
            if place[3] >= lesion.diameter_mm / 2:
                break
        assert best is not None
        return best[1], np.rint(best[2][:3]).astype(int)

    def density(
        self, hu: NDArray, there: NDArray, distance: NDArray, is_paired: bool, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], str]:
        """The map, in the network's range, and its kind."""
        kind = KINDS[rng.choice(len(KINDS), p=KIND_SHARES)]
        nodule = distance > rng.uniform(-BORDER_SPREAD_MM, BORDER_SPREAD_MM)
        support = nodule.copy()
        if not is_paired or rng.random() < AROUND_SHARE:
            support |= around(there, distance)
        source = np.where(nodule, hu, there)
        if kind == "even":
            values = np.zeros(hu.shape, np.float32)
            for part in (nodule, support & ~nodule):
                values[part] = source[part].mean() if part.any() else 0.0
        else:
            values = blurred(source, support, rng.uniform(*BLUR_MM[kind]))
        return stacked(support, to_network(values, clip=False)), kind


def cut(values: NDArray, centre: NDArray, side: int) -> NDArray:
    """`side` voxels an axis about the voxel `centre`; beyond the array's border it goes on by reflection."""
    parts = []
    for middle, length in zip(centre, values.shape, strict=True):
        at = np.abs(np.arange(side) + middle - side // 2)
        parts.append(np.clip(np.where(at >= length, 2 * length - 2 - at, at), 0, length - 1))
    return values[np.ix_(*parts)]


def turned(stack: NDArray, rng: np.random.Generator) -> NDArray:
    """The last three axes (z, y, x) mirrored at random, y and x perhaps exchanged."""
    for axis in (-3, -2, -1):
        if rng.random() < 0.5:
            stack = np.flip(stack, axis)
    if rng.random() < 0.5:
        stack = np.swapaxes(stack, -1, -2)
    return np.ascontiguousarray(stack)
