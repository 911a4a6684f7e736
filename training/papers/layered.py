"""Layered two-stage GAN: nodules and lung made apart, laid over each other, refined by a CycleGAN (Chi et al.).

First (LAID of the steps) two W-CapsuleGANs, of nodules cut out along their masks (32 mm) and of fields of 64 mm
without a nodule. Then nodules laid over lung where a prior puts them, and a CycleGAN between these and real
fields. Judged is the plane of twice the diameter around what was laid over.

The paper gives no sizes, rates or weights: channels as DCGAN's, capsules as Sabour's in small, WGAN's gradient penalty
to keep the critic a Wasserstein one, the cycle's weight 10 and history of 50 images from Zhu 2017. Its prior is "the
morphology of lung parenchyma and the probability of nodule presence": here how bright the surroundings of real nodules
are, learnt as a histogram. `Translator` begins as the identity, which Zhu's does not: a CycleGAN enhances, it need
not draw. The paper's classes of disease are not known here.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, grid_sample, l1_loss, one_hot, pad

from SketchNoduleSynthLib.networks.layers import PatchDiscriminator
from training.losses import fool, judge
from training.papers.dcgan import Generator, widths
from training.papers.layers import History, Translator
from training.papers.samples import FIELD_MM, Sample, cropped
from training.papers.system import PENALTY_WEIGHT, Preset, System, Trainer

NOTHING, EDGE = -0.9, 0.3
"""Grey of what is no nodule in a nodule's image, and over how much grey it fades in; lung is at -0.3."""
CAPSULE, PRIMARY, ROUTINGS = 8, 8, 3
CYCLE_WEIGHT, HISTORY = 10.0, 50
BINS, RING_MM = 24, 12.0
LAID = 0.6
LEAST_MM = 5.0


def squashed(x: Tensor) -> Tensor:
    """Vectors along the last axis, their length brought below 1."""
    square = x.square().sum(-1, keepdim=True)
    return x * (square + 1e-8).sqrt() / (1 + square)


class CapsuleCritic(nn.Module):
    """CapsNet in small: primary capsules, routing by agreement to two, and a score read from them; (n, 1)."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        wide = widths(width, side)[::-1]
        pairs = zip([1, *wide[:-1]], wide, strict=True)
        self.layers = nn.Sequential(*(m for a, b in pairs for m in (nn.Conv2d(a, b, 4, 2, 1), nn.ELU())))
        self.primary = nn.Conv2d(wide[-1], PRIMARY * CAPSULE, 1)
        self.votes = nn.Parameter(torch.randn(PRIMARY * 16, 2, CAPSULE, 2 * CAPSULE) / CAPSULE**0.5)
        self.head = nn.Linear(4 * CAPSULE, 1)

    def forward(self, images: Tensor) -> Tensor:
        capsules = self.primary(self.layers(images)).unflatten(1, (PRIMARY, CAPSULE)).movedim(2, -1).flatten(1, 3)
        votes = torch.einsum("nic,iocd->niod", squashed(capsules), self.votes)
        trust = torch.zeros(votes.shape[:3], device=votes.device)
        for _ in range(ROUTINGS):
            out = squashed((trust.softmax(2)[..., None] * votes).sum(1))
            trust = trust + (votes * out[:, None]).sum(-1).detach()
        return self.head(out.flatten(1))


def surroundings(fields: Tensor) -> Tensor:
    """The mean grey of RING_MM around each pixel."""
    size = int(fields.shape[-1] * RING_MM / FIELD_MM) // 2 * 2 + 1
    return avg_pool2d(pad(fields, (size // 2,) * 4, mode="reflect"), size, 1)


def bins(grey: Tensor) -> Tensor:
    return ((grey.clamp(-1, 0.999) + 1) / 2 * BINS).long()


class Layers(nn.Module):
    """All that samples come from; `prior` counts how bright real nodules' surroundings are."""

    prior: Tensor

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        p = preset
        self.nodule = Generator(p.latent, p.width, p.side // 2, begins=-1.0)
        self.lung = Generator(p.latent, p.width, p.side)
        self.enhance, self.simplify = (Translator(p.width, 2) for _ in range(2))
        self.register_buffer("prior", torch.ones(BINS))

    def overlaid(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Fields with a nodule, where it is (n, 2) in mm from the middle, and its diameter (n,) in mm."""
        nodule, field = self.nodule(z).clamp(-1, 1), self.lung(torch.randn_like(z)).clamp(-1, 1)
        side, pixel = field.shape[-1], FIELD_MM / field.shape[-1]
        weight = ((nodule - NOTHING) / EDGE).clamp(0, 1)
        area = (weight > 0.5).sum((1, 2, 3)) * pixel**2
        chance = (self.prior / self.prior.sum())[bins(surroundings(field))][:, 0]
        inner = slice(side // 4, side - side // 4)
        mask = torch.zeros_like(chance)
        mask[:, inner, inner] = 1
        at = torch.multinomial((chance * mask + 1e-9 * mask).flatten(1), 1)[:, 0]
        row, column = at // side - side // 2, at % side - side // 2
        shift = torch.stack([column, row], 1).float()
        layers = torch.cat([nodule * weight, weight], 1)
        big = pad(layers, (side // 4,) * 4)
        ys, xs = torch.meshgrid(*[(torch.arange(side, device=z.device) + 0.5) * 2 / side - 1] * 2, indexing="ij")
        grid = torch.stack([xs, ys], -1)[None] - (2 * shift / side)[:, None, None]
        grey, weight = grid_sample(big, grid, align_corners=False).split(1, 1)
        return field * (1 - weight) + grey, shift * pixel, 2 * (area / torch.pi).sqrt().clamp(min=LEAST_MM / 2)


class Layered(System):
    name, source = "layered", "Chi et al."
    fields = True
    presets: ClassVar = {
        "compact": Preset(64, 16, 64, 8, 10_000, (4e-4, 4e-4), (0.0, 0.9)),
        "paper": Preset(128, 64, 100, 16, 200_000, (2e-4, 2e-4), (0.0, 0.9)),
        "tiny": Preset(16, 4, 4, 4, 4),
    }

    def build(self) -> None:
        p = self.preset
        self.networks = {
            "generator": Layers(p),
            "nodule_critic": CapsuleCritic(p.width, p.side // 2),
            "lung_critic": CapsuleCritic(p.width, p.side),
            "real_judge": PatchDiscriminator(1, p.width, 3, dims=2, kind="none"),
            "laid_judge": PatchDiscriminator(1, p.width, 3, dims=2, kind="none"),
            "real_history": History(HISTORY, p.side),
            "laid_history": History(HISTORY, p.side),
        }

    def step(self, run: Trainer, sample: Sample, progress: float) -> dict[str, Tensor]:
        made = self.networks["generator"]
        assert isinstance(made, Layers)
        if progress < LAID:
            return self.layers(run, made, sample)
        for part in (made.nodule, made.lung):
            part.requires_grad_(False)
        return self.cycle(run, made, sample["field"])

    def layers(self, run: Trainer, made: Layers, sample: Sample) -> dict[str, Tensor]:
        side = self.preset.side
        only = torch.where(sample["field_area"] > 0, sample["field"], -1.0)
        nodules = (
            cropped(only + 1, sample["at_mm"], torch.full_like(sample["diameter_mm"], FIELD_MM / 2), side // 2) - 1
        )
        z = self.noise(len(nodules))
        judged, fooled = self.duel(run, "nodule_critic", "wgan", nodules, made.nodule(z), PENALTY_WEIGHT)
        lung_judged, lung_fooled = self.duel(run, "lung_critic", "wgan", sample["free"], made.lung(z), PENALTY_WEIGHT)
        run.descend("generator", fooled + lung_fooled)
        around = surroundings(torch.where(sample["field_area"] > 0, -0.3, sample["field"]))
        middle = cropped(around, sample["at_mm"], torch.ones_like(sample["diameter_mm"]), 1).flatten()
        made.prior += one_hot(bins(middle), BINS).sum(0)
        return {"judged": judged, "fooled": fooled, "lung_judged": lung_judged, "lung_fooled": lung_fooled}

    def cycle(self, run: Trainer, made: Layers, real: Tensor) -> dict[str, Tensor]:
        with torch.no_grad():
            laid = made.overlaid(self.noise(len(real)))[0]
        to_real, to_laid = made.enhance(laid), made.simplify(real)
        figures, losses = {}, []
        for name, images, fake in (("real", real, to_real), ("laid", laid, to_laid)):
            network = self.networks[f"{name}_judge"].requires_grad_(True)
            shown = self.networks[f"{name}_history"].exchange(fake)
            figures[f"judged_{name}"] = judge("lsgan", network(images), network(shown))
            run.descend(f"{name}_judge", figures[f"judged_{name}"])
            network.requires_grad_(False)
            losses.append(fool("lsgan", network(fake)))
        back = l1_loss(made.simplify(to_real), laid) + l1_loss(made.enhance(to_laid), real)
        run.descend("generator", torch.stack(losses).sum() + CYCLE_WEIGHT * back)
        return figures | {"back": back}

    def sample(self, generator: Any, wanted: Sample, progress: float = 1.0) -> Tensor:
        assert isinstance(generator, Layers)
        fields, at_mm, diameter_mm = generator.overlaid(self.noise(len(wanted["conditions"])))
        fields = generator.enhance(fields) if progress >= LAID else fields
        return cropped(fields, at_mm, 2 * diameter_mm[:, None], self.preset.side)
