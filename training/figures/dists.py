"""DISTS: similarity of structure and texture on VGG16's maps (Ding et al., IEEE TPAMI 2020)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import conv2d

STAGES = (2, 2, 3, 3, 3)
"""Convolutions of VGG16 between its poolings."""
CHANNELS = (3, 64, 128, 256, 512, 512)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SMALL = 1e-6


class Dists:
    """Images (n, 3, h, w) in [0, 1] and their others to (n,); 0 for the same.

    `convolutions`: weights and biases of VGG16's; `alpha`, `beta`: how much the mean and the covariance of each map
    count, (1, 1475, 1, 1). torchmetrics has this network too, but only with a download of VGG16's 528 MB.
    """

    def __init__(self, convolutions: Sequence[tuple[Tensor, Tensor]], alpha: Tensor, beta: Tensor) -> None:
        self.convolutions = convolutions
        total = alpha.sum() + beta.sum()
        self.alpha, self.beta = ((part.detach() / total).split(CHANNELS, 1) for part in (alpha, beta))

    def __call__(self, images: Tensor, others: Tensor) -> Tensor:
        similarity = torch.zeros(len(images))
        maps = zip(self.maps(images), self.maps(others), self.alpha, self.beta, strict=True)
        for x, y, alpha, beta in maps:
            x_mean, y_mean = x.mean((2, 3), keepdim=True), y.mean((2, 3), keepdim=True)
            x_var, y_var = x.var((2, 3), keepdim=True, correction=0), y.var((2, 3), keepdim=True, correction=0)
            covariance = (x * y).mean((2, 3), keepdim=True) - x_mean * y_mean
            texture = (2 * x_mean * y_mean + SMALL) / (x_mean**2 + y_mean**2 + SMALL)
            structure = (2 * covariance + SMALL) / (x_var + y_var + SMALL)
            similarity = similarity + (alpha * texture + beta * structure).sum((1, 2, 3))
        return 1 - similarity

    def maps(self, images: Tensor) -> list[Tensor]:
        """The images themselves and the last map before each pooling, which is by squares and a Hann window."""
        window = torch.hann_window(5, periodic=False)[1:-1]
        kernel = torch.outer(window, window) / torch.outer(window, window).sum()
        found = [images]
        x = (images - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
        rest = iter(self.convolutions)
        for stage, count in enumerate(STAGES):
            if stage:
                channels = x.shape[1]
                squares = conv2d(x**2, kernel.expand(channels, 1, 3, 3), stride=2, padding=1, groups=channels)
                x = (squares + 1e-12).sqrt()
            for _ in range(count):
                x = conv2d(x, *next(rest), padding=1).relu()
            found.append(x)
        return found
