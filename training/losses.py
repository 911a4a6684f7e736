"""The adversarial losses of the papers, and the hinge loss that works on few data."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, avg_pool3d, binary_cross_entropy_with_logits, mse_loss

DISCRIMINATOR_GAIN = 4.0
"""What a plane or volume in [-1, 1] is multiplied by before it is judged.

Spectral norm makes a discriminator 1-Lipschitz, and a CT's noise is 0.03 of the lung window: without the gain a
discriminator cannot tell a smooth nodule from a real one (hinge loss stays at 0.97), and nodules stay smooth.
"""
SCALES = (1, 4, 16)
TO_LABELS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"cgan": binary_cross_entropy_with_logits, "lsgan": mse_loss}


def judge(loss: str, real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's loss: `cgan` (pix2pix), `lsgan` (MCGAN's context), `wgan` (MCGAN's nodule) or `hinge`."""
    if to_label := TO_LABELS.get(loss):
        return (to_label(real, torch.ones_like(real)) + to_label(fake, torch.zeros_like(fake))) / 2
    if loss == "wgan":
        return fake.mean() - real.mean()
    return (torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()) / 2


def fool(loss: str, fake: Tensor) -> Tensor:
    """The generator's loss against the same discriminator."""
    if to_label := TO_LABELS.get(loss):
        return to_label(fake, torch.ones_like(fake))
    return -fake.mean()


def gradient_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    """WGAN-GP's (|gradient| - 1)^2 between real and fake, mean over the batch."""
    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    gradient = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)[0]
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def energy_score(one: Tensor, two: Tensor, real: Tensor) -> Tensor:
    """The energy score of two images of one request against the real one, each (batch, 1, ...), a number a sample.

    (|one - real| + |two - real| - |one - two|) / 2, over pixels and over means of 4 and 16 pixels a side. A proper
    score (Gneiting and Raftery 2007): least when images of one request differ as real nodules of one drawing do, in
    noise, structure and brightness. L1 alone is least when they do not differ at all.
    """
    pool = avg_pool3d if real.ndim == 5 else avg_pool2d
    score = torch.zeros(len(real), device=real.device)
    for scale in SCALES:
        a, b, y = (pool(x, scale) if scale > 1 else x for x in (one, two, real))
        score = score + ((a - y).abs() + (b - y).abs() - (a - b).abs()).flatten(1).mean(1) / 2
    return score / len(SCALES)
