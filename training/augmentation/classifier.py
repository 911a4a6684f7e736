"""AlexNet in small: the classifier that says what synthetic nodules are worth as training data.

Source: Krizhevsky 2012, used by Toda et al. 2022, "Data augmentation using the generated images". Different here:
one grey plane of 128 x 128 in place of 224 x 224 colour, a quarter of the channels, 128 units in place of 4096, two
classes, batch normalisation after each convolution (a few hundred steps do not train AlexNet without it), Adam in
place of SGD, the classes drawn equally often, and mirrored and turned planes in training.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

SAMPLES = 128
Images = NDArray[np.uint8]
"""Planes (n, v, u) of SAMPLES x SAMPLES, 8-bit grey of the lung window."""


@dataclass(frozen=True)
class Phase:
    """A part of the training: Adam's `steps` with batches of `batch` images at learning rate `rate`."""

    steps: int
    batch: int
    rate: float = 3e-4


def block(inputs: int, outputs: int, kernel: int, stride: int = 1, pool: bool = False) -> nn.Sequential:
    """A convolution of AlexNet with its normalisation, ReLU and pooling."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding=2 if stride > 1 else kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, nn.MaxPool2d(3, 2)) if pool else nn.Sequential(*layers)


class SmallAlexNet(nn.Module):
    """Five convolutions (`features`) and three fully connected layers (`head`): (n, 1, 128, 128) to logits (n,)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            block(1, 16, 11, stride=4, pool=True),
            block(16, 48, 5, pool=True),
            block(48, 96, 3),
            block(96, 64, 3),
            block(64, 64, 3, pool=True),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Dropout(0.5), nn.Linear(64 * 3 * 3, 128), nn.ReLU(),
            nn.Dropout(0.5), nn.Linear(128, 128), nn.ReLU(),
            nn.Linear(128, 1),
        )  # fmt: skip

    def forward(self, planes: Tensor) -> Tensor:
        return self.head(self.features(planes))[:, 0]


def as_planes(images: Images) -> Tensor:
    """Images in [-1, 1], (n, 1, v, u)."""
    return torch.from_numpy(images.astype(np.float32) / 127.5 - 1.0)[:, None]


def turned(images: Images, rng: np.random.Generator) -> Images:
    """Each image mirrored and turned by quarters at random."""
    out = np.empty_like(images)
    for k, image in enumerate(images):
        image = np.rot90(image, int(rng.integers(4)))
        out[k] = image[:, ::-1] if rng.random() < 0.5 else image
    return out


def fit(
    network: SmallAlexNet,
    images: Images,
    labels: NDArray[np.bool_],
    phase: Phase,
    rng: np.random.Generator,
    head_only: bool = False,
) -> None:
    """Train `network` in place on batches that hold both classes alike; `head_only` keeps the convolutions.

    `labels` (n,) must hold both classes. Random numbers beside `rng` (dropout) are torch's own: seed them first.
    """
    classes = [np.flatnonzero(labels == kind) for kind in (False, True)]
    network.train()
    if head_only:
        network.features.eval()
    trained: Iterable[nn.Parameter] = network.head.parameters() if head_only else network.parameters()
    optimiser = torch.optim.Adam(trained, lr=phase.rate, weight_decay=1e-4)
    for _ in range(phase.steps):
        chosen = np.concatenate([rng.choice(members, phase.batch // 2) for members in classes])
        planes = as_planes(turned(images[chosen], rng))
        target = torch.from_numpy(labels[chosen].astype(np.float32))
        with torch.set_grad_enabled(not head_only):
            features = network.features(planes)
        loss = functional.binary_cross_entropy_with_logits(network.head(features)[:, 0], target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


@torch.inference_mode()
def logits(network: SmallAlexNet, images: Images) -> NDArray[np.float32]:
    """The network's logit of every image, (n,); above 0 it is of the positive class."""
    network.eval()
    return network(as_planes(images)).numpy()
