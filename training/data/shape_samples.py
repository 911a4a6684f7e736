"""Samples for the shape network: a real nodule's shape and coarse density, and the outlines that it is drawn by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation
from torch.utils.data import Dataset

from SketchNoduleSynthLib.networks import shape
from training.data.lesions import Lesion, shares

DRAWN_SHARE, SECOND_SHARE = 0.85, 0.2
ZOOM = (0.85, 1.2)
"""A drawn nodule is not exactly as long as half of its VOI."""
TURN_DEG, SHIFT_PER_DIAMETER = 10.0, 0.05
Sample = dict[str, torch.Tensor]


class ShapeSamples(Dataset):
    """`real` (2, 32, 32, 32): distance in long radii within [-1, 1], and density; `drawn` (4, ...); `conditions`."""

    def __init__(self, lesions: Sequence[Lesion], count: int, seed: int) -> None:
        self.lesions, self.count, self.seed = lesions, count, seed
        self.shares = shares(lesions, 0.0, np.inf)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(index)
        rng = np.random.default_rng((self.seed, index))
        lesion = self.lesions[rng.choice(len(self.lesions), p=self.shares)]
        is_drawn = rng.random() < DRAWN_SHARE
        has_second = is_drawn and rng.random() < SECOND_SHARE
        diameter = lesion.diameter_mm * (rng.uniform(*ZOOM) if is_drawn else 1.0)
        centre = lesion.centre + is_drawn * SHIFT_PER_DIAMETER * lesion.diameter_mm * rng.standard_normal(3)
        distance, density = self.reslice(lesion, centre, diameter, TURN_DEG * is_drawn, rng)
        real = np.stack([np.clip(distance / (diameter / 2), -1, 1), density]).astype(np.float32)
        drawn = torch.from_numpy(drawn_planes(real[0], is_drawn, has_second))
        leading = shape.conditions(diameter, lesion.texture, lesion.ratings, lesion.core)
        return {"real": torch.from_numpy(real), "drawn": drawn, "conditions": leading}

    @staticmethod
    def reslice(
        lesion: Lesion, centre: NDArray, diameter: float, turn_deg: float, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray]:
        """Distance (mm) and density on the samples of a VOI about `centre`, turned and mirrored at random."""
        turn = Rotation.from_euler("zyx", turn_deg * rng.standard_normal(3), degrees=True).as_matrix()
        turn = turn * rng.choice([-1, 1], 3)
        if rng.random() < 0.5:
            turn = turn[:, [0, 2, 1]]
        at = shape.offsets().numpy() * 2 * diameter / shape.SAMPLES
        points = np.einsum("ij,jzyx->izyx", turn, np.stack(np.meshgrid(at, at, at, indexing="ij")))
        points += centre[:, None, None, None]
        last = np.array(lesion.hu.shape)[:, None, None, None] - 1
        beyond = np.maximum(np.maximum(-points, points - last), 0).max(0)
        distance, density = (
            ndimage.map_coordinates(values.astype(np.float32), points, order=1, mode="nearest")
            for values in (lesion.distance_mm, lesion.density)
        )
        return distance - beyond, density


def drawn_planes(distance: NDArray[np.float32], is_drawn: bool, has_second: bool) -> NDArray[np.float32]:
    """What is drawn of a nodule (4, w, v, u): the distance in its middle planes along w and v, gone on across them."""
    middle = shape.SAMPLES // 2
    first = distance[middle - 1 : middle + 1].mean(0) * is_drawn
    second = distance[:, middle - 1 : middle + 1].mean(1) * has_second
    one = np.ones_like(distance)
    return np.stack([one * first, one * is_drawn, one * second[:, None], one * has_second]).astype(np.float32)
