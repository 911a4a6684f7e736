"""Sample grids: what a generator makes of fixed samples, to be looked at while it trains."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

SCALE = 2


def grey(plane: torch.Tensor) -> NDArray[np.uint8]:
    """A plane (rows, columns) in [-1, 1] as 8-bit grey."""
    return ((plane.detach().float().cpu().numpy().clip(-1, 1) + 1) * 127.5).astype(np.uint8)


def grid(rows: list[list[torch.Tensor]]) -> NDArray[np.uint8]:
    """Planes of one size in rows, one row a sample, each pixel twice as wide."""
    tiles = np.concatenate([np.concatenate([grey(plane) for plane in row], 1) for row in rows], 0)
    return tiles.repeat(SCALE, 0).repeat(SCALE, 1)


def orthogonal(volume: torch.Tensor) -> list[torch.Tensor]:
    """The three middle planes of a volume (w, v, u)."""
    w, v, u = (n // 2 for n in volume.shape)
    return [volume[w], volume[:, v].flip(0), volume[:, :, u].flip(0)]
