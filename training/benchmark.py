"""Training throughput against a straightforward loop: same network, batch, samples and losses, in one run.

    python -m training.benchmark NODULES --model pix2pix --bf16

The loop to compare with is the usual one: float32, torch's default memory layout, samples drawn between the steps.
On a GPU also the share of the matrix peak that it reaches, measured by multiplying large matrices.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.benchmark import Timer
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from SketchNoduleSynthLib.networks.architectures import build
from training import loop, train_pix2pix
from training.command import at_least, run_command, training_options
from training.data.dataset import TWINS, PlaneDataset, Sample
from training.data.nodules import Nodule, read_nodules
from training.losses import energy_score, fool, judge

WARM_UP = 3
PEAK_SIDE = 8192


def in_default_layout(network: nn.Module, device: torch.device) -> nn.Module:
    """`network` on `device`, given its input in torch's default memory layout."""
    network.register_forward_pre_hook(lambda _, given: tuple(x.contiguous() for x in given))
    return network.to(device)


class PlainPlanes:
    """pix2pix and StylePix2pix as one would train them."""

    def __init__(self, model: str, device: torch.device) -> None:
        self.way = train_pix2pix.InContext()
        network = build(model, asdict(train_pix2pix.PRESETS[model]["compact"]))
        self.generator = in_default_layout(network, device)
        self.judges = nn.ModuleList([in_default_layout(self.way.discriminator(), device)])

    def generate(self, sample: Sample) -> Tensor:
        return self.way.generate(self.generator, sample)

    def logits(self, sample: Sample, plane: Tensor, real: bool) -> list[Tensor]:
        return [self.way.logits(self.judges[0], sample, plane, real)]

    def real(self, sample: Sample) -> Tensor:
        return sample["real_plane"]


def straightforward(model: str, nodules: list[Nodule], batch: int, steps: int, device: torch.device) -> float:
    plain = PlainPlanes(model, device)
    adam_g = torch.optim.Adam(plain.generator.parameters(), 2e-4)
    adam_d = torch.optim.Adam(plain.judges.parameters(), 4e-4)
    for step, given in enumerate(DataLoader(PlaneDataset(nodules, steps * batch, seed=1), batch)):
        if step == WARM_UP:
            started = time.perf_counter()
        sample = {key: value.to(device) for key, value in given.items()}
        fake, real = plain.generate(sample), plain.real(sample)
        pairs = zip(plain.logits(sample, real, True), plain.logits(sample, fake.detach(), False), strict=True)
        judged = torch.stack([judge("hinge", a, b) for a, b in pairs]).sum()
        adam_d.zero_grad()
        judged.backward()
        adam_d.step()
        fooled = torch.stack([fool("hinge", logits) for logits in plain.logits(sample, fake, False)]).sum()
        one, two = fake.unflatten(0, (-1, TWINS)).unbind(1)
        adam_g.zero_grad()
        (fooled + 10 * (energy_score(one, two, real) * sample["paired"]).mean()).backward()
        adam_g.step()
    return (steps - WARM_UP) / (time.perf_counter() - started)


def ours(model: str, words: list[str]) -> float:
    """Steps a second of the training script itself, by its log."""
    with tempfile.TemporaryDirectory() as folder:
        run, loop.LOG_EVERY = Path(folder) / "run", 1
        given = training_options(None).parse_args([words[0], str(run), *words[1:]])
        given.model = model
        train_pix2pix.train(given)
        lines = [json.loads(line) for line in (run / loop.LOG).read_text().splitlines()]
    return (len(lines) - 1 - WARM_UP) / (lines[-1]["seconds"] - lines[WARM_UP]["seconds"])


def matrix_peak(device: torch.device, dtype: torch.dtype) -> float:
    """The device's floating-point operations a second, measured on large matrices."""
    a = torch.randn(PEAK_SIDE, PEAK_SIDE, device=device, dtype=dtype)
    return 2 * PEAK_SIDE**3 / Timer("a @ a", globals={"a": a}).timeit(20).mean


def operations(model: str, nodules: list[Nodule], batch: int) -> int:
    device = torch.device("cpu")
    with FlopCounterMode(display=False) as counter:
        straightforward(model, nodules, batch, WARM_UP + 1, device)
    return counter.get_total_flops() // (WARM_UP + 1)


def main() -> None:
    """The command; what it does not know it hands to the training script."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("nodules")
    options.add_argument("--model", choices=tuple(train_pix2pix.PRESETS), default="pix2pix")
    options.add_argument("--steps", type=at_least(WARM_UP + 2), default=20)
    options.add_argument("--bf16", action="store_true")
    options.add_argument("--cpu", action="store_true")
    given, rest = options.parse_known_args()
    model, nodules = given.model, read_nodules(Path(given.nodules))
    batch = train_pix2pix.SETTINGS["compact"].batch
    flags = ["--bf16"] * given.bf16 + ["--cpu"] * given.cpu
    fast = ours(model, [given.nodules, f"--steps={given.steps}", *flags, *rest])
    device = loop.accelerator(given.bf16, given.cpu).device
    plain = straightforward(model, nodules, batch, given.steps, device)
    print(f"{model}, batch {batch}, on {device}: {fast:.2f} steps/s; straightforward loop {plain:.2f} steps/s;")
    print(f"ratio {fast / plain:.2f}")
    if device.type == "cuda":
        peak = matrix_peak(device, torch.bfloat16 if given.bf16 else torch.float32)
        reached = fast * operations(model, nodules, batch) / peak
        print(f"matrix peak {peak / 1e12:.0f} TFLOP/s, of which {100 * reached:.1f}% reached")


if __name__ == "__main__":
    run_command(main)
