"""Sketch2MedI: a free-hand sketch into the latent space of a StyleGAN2 (Cap and Fukuda).

Three parts, one after the other (PARTS): StyleGAN2 of nodule planes; an encoder from the sketch to
W, held near W by a latent discriminator (R1 10, weight 0.1) and near the image by L2 + 0.8 LPIPS + 0.5 (1 - cosine);
a hypernetwork that sees sketch and image and changes the frozen generator's kernels, theta (1 + sum of offsets), in
three steps, the similarity taken at each. Trained on contours of masks alone, asked for rough drawings.

Different here: planes of 64 (128) pixels in place of 256; the cosine is of AlexNet's last maps in place of MoCo v2's,
whose weights come out of no package; small convolutions in place of ResNet50; an offset is of rank RANK (HyperStyle's
shared blocks bound it too), or it alone had 30 M parameters; of StyleGAN2's training no path length regularisation
and no style mixing; R1 each 8th step. The paper does not give the learning rates: StyleGAN2's and pSp's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, interpolate, mse_loss, softplus

from SketchNoduleSynthLib.networks.layers import LEAK, down, linear
from training.figures.features import lpips_network
from training.papers.samples import Sample
from training.papers.stylegan import Offsets, StyleGenerator, StyleJudge
from training.papers.system import Preset, System, Trainer

LPIPS_WEIGHT, COSINE_WEIGHT = 0.8, 0.5
LATENT_WEIGHT, LATENT_R1 = 0.1, 10.0
R1, R1_EVERY = 1.0, 8
LEAST_SIDE = 64
"""AlexNet sees nothing in less."""
REFINEMENTS, RANK = 3, 4
PARTS = (0.45, 0.85)
"""Of the steps, where the encoder and where the hypernetwork begin; a step of the last takes four times as long."""
CODER_RATE = 0.5


@dataclass(frozen=True)
class StylePreset(Preset):
    """`depth` of the mapping; `perceptual`: LPIPS and cosine are in the loss."""

    depth: int = 2
    perceptual: bool = True


def stack(inputs: int, width: int, side: int, outputs: int) -> nn.Sequential:
    """(n, inputs, side, side) to (n, outputs)."""
    levels = side.bit_length() - 3
    wide = [inputs, *(width * min(2**k, 4) for k in range(levels))]
    layers = [down(a, b, "group", 2, first=k == 0) for k, (a, b) in enumerate(pairwise(wide))]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(wide[-1] * 16, outputs))


class Hypernetwork(nn.Module):
    """Sketch and image (n, 2, side, side) to the offsets of all layers; at first they are 0."""

    def __init__(self, width: int, side: int, shapes: list[tuple[int, int]]) -> None:
        super().__init__()
        self.shapes = shapes
        self.trunk = nn.Sequential(stack(2, width, side, 4 * width), nn.LeakyReLU(LEAK))
        outer = [nn.Linear(4 * width, RANK * outputs) for outputs, _ in shapes]
        for layer in outer:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.outer = nn.ModuleList(outer)
        self.inner = nn.ModuleList(nn.Linear(4 * width, RANK * inputs) for _, inputs in shapes)

    def forward(self, sketch: Tensor, image: Tensor) -> Offsets:
        x = self.trunk(torch.cat([sketch, image], 1))
        pairs = zip(self.outer, self.inner, strict=True)
        return [a(x).unflatten(1, (-1, RANK)) @ b(x).unflatten(1, (RANK, -1)) / RANK for a, b in pairs]


def slope(score: Tensor, of: Tensor) -> Tensor:
    """R1: the mean square of the gradient of `score`."""
    return torch.autograd.grad(score.sum(), of, create_graph=True)[0].flatten(1).square().sum(1).mean()


class Sketch2MedI(System):
    name, source, drawn = "sketch2medi", "Cap and Fukuda", True
    presets: ClassVar = {
        "compact": StylePreset(64, 16, 64, 8, 6000, (2e-3, 2e-3), (0.0, 0.99)),
        "paper": StylePreset(128, 128, 512, 16, 200_000, (2e-3, 2e-3), (0.0, 0.99), 8),
        "tiny": StylePreset(16, 4, 8, 4, 6, depth=1, perceptual=False),
    }
    preset: StylePreset

    def build(self) -> None:
        p = self.preset
        image = StyleGenerator(p.latent, p.width, p.side, p.depth)
        parts = {
            "image": image,
            "encoder": stack(1, p.width, p.side, p.latent),
            "hyper": Hypernetwork(p.width, p.side, image.shapes),
        }
        layers = [m for _ in range(3) for m in (linear(p.latent, p.latent), nn.LeakyReLU(LEAK))]
        self.networks = {
            "generator": nn.ModuleDict(parts),
            "judge": StyleJudge(p.width, p.side),
            "latent_judge": nn.Sequential(*layers, nn.Linear(p.latent, 1)),
        }

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """A lower rate for what is trained on the finished generator."""
        made, rate = super().optimizers(), self.preset.rates[0]
        groups = [
            {"params": part.parameters(), "lr": rate if name == "image" else CODER_RATE * rate}
            for name, part in self.networks["generator"].named_children()
        ]
        made["generator"] = torch.optim.Adam(groups, betas=self.preset.betas)
        made["latent_judge"].param_groups[0]["lr"] = CODER_RATE * rate
        return made

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        image, encoder, hyper = self.networks["generator"].children()
        plane, sketch = sample["plane"], sample["line"]
        if progress < PARTS[0]:
            return self.draw(run, image, plane)
        image.requires_grad_(False)
        if progress < PARTS[1]:
            return self.encode(run, image, encoder, plane, sketch)
        encoder.requires_grad_(False)
        images = self.refined_images(image, encoder, hyper, sketch)[1:]
        unlike = torch.stack([self.unlike(plane, one) for one in images]).mean()
        run.descend("generator", unlike)
        return {"refined_unlike": unlike}

    def draw(self, run: Trainer, image: Any, plane: Tensor) -> dict[str, Tensor]:
        """StyleGAN2: logistic loss, R1 now and then."""
        judge = self.networks["judge"].requires_grad_(True)
        made = image(image.style(self.noise(len(plane))))
        plane = plane.detach().requires_grad_()
        real = judge(plane)
        judged = softplus(-real).mean() + softplus(judge(made.detach())).mean()
        punished = R1 / 2 * R1_EVERY * slope(real, plane) if run.step % R1_EVERY == 0 else 0.0
        run.descend("judge", judged + punished)
        judge.requires_grad_(False)
        fooled = softplus(-judge(made)).mean()
        run.descend("generator", fooled)
        return {"judged": judged, "fooled": fooled}

    def encode(self, run: Trainer, image: Any, encoder: nn.Module, plane: Tensor, sketch: Tensor) -> dict[str, Tensor]:
        judge = self.networks["latent_judge"].requires_grad_(True)
        with torch.no_grad():
            real = image.style(self.noise(len(plane)))
        real.requires_grad_()
        w = encoder(sketch)
        score = judge(real)
        judged = softplus(-score).mean() + softplus(judge(w.detach())).mean() + LATENT_R1 / 2 * slope(score, real)
        run.descend("latent_judge", judged)
        judge.requires_grad_(False)
        fooled, unlike = softplus(-judge(w)).mean(), self.unlike(plane, image(w))
        run.descend("generator", unlike + LATENT_WEIGHT * fooled)
        return {"latent_judged": judged, "latent_fooled": fooled, "unlike": unlike}

    def unlike(self, real: Tensor, made: Tensor) -> Tensor:
        """The paper's similarity loss."""
        apart = mse_loss(made, real)
        if not self.preset.perceptual:
            return apart
        network = lpips_network()
        size = (max(real.shape[-1], LEAST_SIDE),) * 2
        both = [interpolate(images, size).clamp(-1, 1).expand(-1, 3, -1, -1) for images in (real, made)]
        one, other = (network.net(network.scaling_layer(x))[-1].flatten(1) for x in both)  # type: ignore[operator]
        cosine = 1 - cosine_similarity(one, other).mean()
        return apart + LPIPS_WEIGHT * network(*both).mean() + COSINE_WEIGHT * cosine

    def refined_images(self, image: Any, encoder: nn.Module, hyper: nn.Module, sketch: Tensor) -> list[Tensor]:
        """The encoder's image and that after each refinement."""
        w, offsets = encoder(sketch), None
        images = [image(w)]
        for _ in range(REFINEMENTS):
            more = hyper(sketch, images[-1])
            offsets = more if offsets is None else [a + b for a, b in zip(offsets, more, strict=True)]
            images.append(image(w, offsets))
        return images

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        image, encoder, hyper = generator.children()
        if progress < PARTS[0]:
            return image(image.style(self.noise(len(wanted["line"]))))
        return self.refined_images(image, encoder, hyper, wanted["line"])[-1]
