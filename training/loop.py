"""What the training scripts share: checkpoints that resume, the averaged generator, the run's folder."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from tqdm import tqdm

CHECKPOINT = "checkpoint.pt"
EMA_DECAY = 0.998
SAVE_EVERY = 100


class Run:
    """A run's folder: `config.json`, `log.jsonl`, `checkpoint.pt`; and what a checkpoint holds.

    `models` and `optimizers` are saved by name; `averaged` is the exponential moving average of `models[generator]`.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        models: Mapping[str, nn.Module],
        optimizers: Mapping[str, torch.optim.Optimizer],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config, indent=1))
        self.folder, self.config = folder, config
        self.parts: dict[str, Any] = {**models, **optimizers}
        self.generator = models["generator"]
        self.averaged = deepcopy(self.generator).eval().requires_grad_(False)
        self.step = 0
        self.started = time.time()
        path = folder / CHECKPOINT
        if path.exists():
            state = torch.load(path, weights_only=False)
            self.step = state["step"]
            self.averaged.load_state_dict(state["averaged"])
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
            torch.set_rng_state(state["rng"])

    def save(self) -> None:
        """Write the checkpoint; the last one stays until the new one is whole."""
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        state = {"step": self.step, "averaged": self.averaged.state_dict(), "rng": torch.get_rng_state(), **parts}
        partial = self.folder / (CHECKPOINT + ".partial")
        torch.save(state, partial)
        partial.replace(self.folder / CHECKPOINT)

    def average(self) -> None:
        """Move the averaged generator towards the current one, faster at the beginning."""
        decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, now in zip(
                self.averaged.state_dict().values(), self.generator.state_dict().values(), strict=True
            ):
                mean.lerp_(now, 1 - decay) if mean.is_floating_point() else mean.copy_(now)

    def log(self, **figures: float) -> None:
        """Append a line of figures to log.jsonl."""
        with (self.folder / "log.jsonl").open("a") as file:
            file.write(
                json.dumps({"step": self.step, "seconds": round(time.time() - self.started, 1), **figures}) + "\n"
            )

    def batches(self, dataset: Dataset, batch: int, steps: int, workers: int) -> Iterator[dict[str, Tensor]]:
        """Batches from where the run stands to `steps`, with a progress bar; counts `step` and saves."""
        rest = Subset(dataset, range(self.step * batch, steps * batch))
        # A generator of its own: the loader shall not draw from the numbers that the styles come from.
        loader = DataLoader(rest, batch, num_workers=workers, generator=torch.Generator())
        for samples in tqdm(loader, initial=self.step, total=steps, unit="step", mininterval=5):
            yield samples
            self.step += 1
            if self.step % SAVE_EVERY == 0:
                self.save()
        self.save()
