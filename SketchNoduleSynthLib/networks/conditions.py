"""The six conditions of the thesis's MCGAN: three sizes and three attenuations."""

from __future__ import annotations

import torch

ATTENUATIONS = ("solid", "part-solid", "ground-glass")
SMALL_MM, LARGE_MM = 10.0, 20.0
CONDITIONS = 3 + len(ATTENUATIONS)


def conditions(diameter_mm: float, attenuation: str) -> torch.Tensor:
    """One-hot (6,): small (<= 10 mm), medium, large (> 20 mm); solid (calcified too), part-solid, ground-glass."""
    vector = torch.zeros(CONDITIONS)
    vector[int(diameter_mm > SMALL_MM) + int(diameter_mm > LARGE_MM)] = 1.0
    vector[3 + ATTENUATIONS.index("solid" if attenuation == "calcified" else attenuation)] = 1.0
    return vector


def tiled(vectors: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Conditions (batch, 6) as constant channels over the space of `like` (batch, channels, ...)."""
    space = like.shape[2:]
    return vectors[(...,) + (None,) * len(space)].expand(*vectors.shape, *space).to(like.dtype)
