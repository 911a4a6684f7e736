"""The dense U-Net that extracts nodules from fields of 64 mm (Chi et al.), in planes.

As the paper has it: batch norm in the encoder, dense blocks in the decoder, transposed convolutions. It gives neither
channels nor loss: cross-entropy and Dice together. It makes no image: its figure is the Dice of what it extracts.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, max_pool2d

from training.papers.samples import Sample
from training.papers.system import Preset, System, Trainer

DENSE = 3


def convolved(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 1, 1), nn.BatchNorm2d(outputs), nn.ReLU())


class Dense(nn.Module):
    """Each layer sees all before it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        growth = outputs // 2
        self.layers = nn.ModuleList(convolved(inputs + k * growth, growth) for k in range(DENSE))
        self.last = nn.Conv2d(inputs + DENSE * growth, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return torch.relu(self.last(x))


class DenseUNet(nn.Module):
    """(n, 1, s, s) in [-1, 1] to logits."""

    def __init__(self, width: int, levels: int = 3) -> None:
        super().__init__()
        wide = [width * 2**k for k in range(levels + 1)]
        self.down = nn.ModuleList(convolved(a, b) for a, b in zip([1, *wide[:-1]], wide, strict=True))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * a, a, 2, 2) for a in wide[:-1][::-1])
        self.dense = nn.ModuleList(Dense(2 * a, a) for a in wide[:-1][::-1])
        self.last = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine: list[Tensor] = []
        for layer in self.down:
            x = layer(x if not fine else max_pool2d(x, 2))
            fine.append(x)
        fine.pop()
        for up, dense in zip(self.up, self.dense, strict=True):
            x = dense(torch.cat([up(x), fine.pop()], 1))
        return self.last(x)


def overlap(area: Tensor, found: Tensor) -> Tensor:
    """Dice of each of the batch, soft where `found` is."""
    both, all_ = (area * found).sum((1, 2, 3)), (area + found).sum((1, 2, 3))
    return (2 * both + 1e-3) / (all_ + 1e-3)


class DenseExtraction(System):
    """Fields of `wanted`, if it has any, to 1 in the nodule and -1 around it."""

    name, source = "dense-unet", "Chi et al."
    fields = True
    presets: ClassVar = {
        "compact": Preset(64, 16, steps=3000, rates=(2e-3, 2e-3), betas=(0.9, 0.999)),
        "paper": Preset(128, 64, steps=100_000, rates=(1e-3, 1e-3), betas=(0.9, 0.999)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        self.networks = {"generator": DenseUNet(self.preset.width)}

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        images = torch.cat([sample["field"], sample["free"]])
        area = torch.cat([sample["field_area"], torch.zeros_like(sample["field_area"])])
        found = self.networks["generator"](images)
        apart = binary_cross_entropy_with_logits(found, area)
        missed = 1 - overlap(area, found.sigmoid())[: len(sample["field"])].mean()
        run.descend("generator", apart + missed)
        return {"apart": apart, "missed": missed}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        return (generator(wanted["field"]) > 0).float() * 2 - 1
