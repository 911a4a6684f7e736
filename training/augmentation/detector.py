"""A small 3D detector of nodules.

In place of Han's 3D Faster R-CNN: a convolutional network gives each cell of 2 mm the chance that a nodule's centre is
there (CenterNet, Zhou 2019), so that a few hundred steps on two cores train it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate, logsigmoid, max_pool3d

from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.networks.layers import channels_last
from training.augmentation.volumes import Searched

CELL = 2
"""Voxels a cell."""
CROP, MULTIPLE = 32, 4
MOST_MARKS = 20
LEAST_SPREAD = 1.5
CHANCE_AT_FIRST = -4.0
RATE = 3e-3


class Detector(nn.Module):
    """(n, 1, z, y, x) in the network's range, sides multiples of 4, to logits (n, z / 2, y / 2, x / 2)."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()

        def layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
            convolution = nn.Conv3d(inputs, outputs, 3, stride, 1)
            return nn.Sequential(convolution, nn.GroupNorm(4, outputs), nn.ReLU())

        self.fine = nn.Sequential(layer(1, width, 2), layer(width, width))
        self.coarse = nn.Sequential(
            layer(width, 2 * width, 2), layer(2 * width, 2 * width), layer(2 * width, 2 * width)
        )
        self.joined = layer(3 * width, width)
        self.last = nn.Conv3d(width, 1, 1)
        nn.init.constant_(self.last.bias, CHANCE_AT_FIRST)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        fine = self.fine(x)
        coarse = interpolate(self.coarse(fine), scale_factor=2.0, mode="trilinear", align_corners=False)
        return self.last(self.joined(torch.cat([fine, coarse], 1)))[:, 0]


def heat(nodules: NDArray[np.float64], cells: tuple[int, ...], start: NDArray) -> NDArray[np.float32]:
    """1 in the cell of each nodule's centre, falling off with its size; of a volume that begins at voxel `start`."""
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in cells), indexing="ij"), -1)
    made = np.zeros(cells, np.float32)
    for *centre, diameter in nodules:
        at = np.floor((np.array(centre) - start + 0.5) / CELL)
        spread = max(diameter / 6 / CELL, LEAST_SPREAD / CELL)
        made = np.maximum(made, np.exp(-((grid - at) ** 2).sum(-1) / (2 * spread**2)))
    return made


def focal(logits: Tensor, heat: Tensor) -> Tensor:
    """CenterNet's loss, a nodule: near a centre little is asked."""
    chance, centre = logits.sigmoid(), heat == 1
    found = -((1 - chance) ** 2 * logsigmoid(logits))[centre].sum()
    false = -((1 - heat) ** 4 * chance**2 * logsigmoid(-logits))[~centre].sum()
    return (found + false) / centre.sum().clamp(min=1)


def sample(volume: Searched, turned: bool, rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A cube of CROP voxels anywhere in the volume and its heat; `turned` at random by mirroring and quarters."""
    start = np.array([rng.integers(0, side - CROP + 1) for side in volume.hu.shape])
    hu = volume.hu[tuple(slice(a, a + CROP) for a in start)]
    both = [to_network(hu), heat(volume.nodules, (CROP // CELL,) * 3, start)]
    if turned:
        flips, quarters = rng.random(3) < 0.5, int(rng.integers(4))
        axes = [axis for axis in range(3) if flips[axis]]
        both = [np.rot90(np.flip(values, tuple(axes)), quarters, (1, 2)) for values in both]
    return np.ascontiguousarray(both[0]), np.ascontiguousarray(both[1])


def fitted(
    volumes: Sequence[Sequence[Searched]], steps: int, batch: int, turned: bool, seed: Sequence[int]
) -> Detector:
    """A detector trained on `volumes`, of which each group gives its share of nodules; one seed, one result."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(int(rng.integers(2**31)))
    network, all_ = channels_last(Detector(), 3), [volume for group in volumes for volume in group]
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    cooling = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=max(steps, 2))
    for _ in range(steps):
        chosen = [sample(all_[rng.integers(len(all_))], turned, rng) for _ in range(batch)]
        cubes, wanted = (torch.from_numpy(np.stack(values)) for values in zip(*chosen, strict=True))
        x = cubes[:, None].contiguous(memory_format=torch.channels_last_3d)
        loss = focal(network(x), wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cooling.step()
    return network.eval()


@torch.inference_mode()
def marks(network: Detector, hu: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where it marks, voxel index (n, 3), and how surely, the surest first."""
    more = [(0, -side % MULTIPLE) for side in hu.shape]
    logits = network(torch.from_numpy(np.pad(to_network(hu), more, mode="reflect"))[None, None])
    peaks = (logits == max_pool3d(logits, 3, 1, 1))[0]
    where = peaks.nonzero().numpy()
    score = logits[0][peaks].double().numpy()
    order = np.argsort(-score, kind="stable")
    at = where[order] * CELL + (CELL - 1) / 2
    inside = (at < np.array(hu.shape)).all(1)
    return at[inside][:MOST_MARKS], score[order][inside][:MOST_MARKS]
