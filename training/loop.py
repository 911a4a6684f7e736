"""What the training scripts share: devices, checkpoints that resume, the averaged generator, the run's folder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration, DistributedDataParallelKwargs
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from training.run_folder import CHECKPOINT, CONFIG, read_checkpoint, read_config

LOG, GRIDS = "log.jsonl", "samples"
EMA_DECAY = 0.998
SAVE_EVERY = 100
LOG_EVERY = 20


def accelerator(bf16: bool, cpu: bool = False) -> Accelerator:
    """One CPU, one GPU, or as many processes as torchrun starts; the batch is split between them."""
    # Buffers (spectral norm's vectors) are the same everywhere; sent before each pass, they would change under it.
    quiet = DistributedDataParallelKwargs(broadcast_buffers=False)
    return Accelerator(
        cpu=cpu,
        mixed_precision="bf16" if bf16 else "no",
        dataloader_config=DataLoaderConfiguration(split_batches=True),
        kwargs_handlers=[quiet],
    )


class Run:
    """A run's folder: `config.json`, `log.jsonl`, `checkpoint.pt`, `samples/`, TensorBoard events.

    `models` and `optimizers` are saved by name; `averaged` is the exponential moving average of `models[generator]`.
    Raises :class:`InputError` if the folder holds a run of another configuration, or a damaged one.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        models: Mapping[str, nn.Module],
        optimizers: Mapping[str, torch.optim.Optimizer],
        accelerator: Accelerator,
    ) -> None:
        self.folder, self.config, self.accelerator = folder, json.loads(json.dumps(config)), accelerator
        self.parts: dict[str, Any] = {**models, **optimizers}
        self.averaged = deepcopy(models["generator"]).eval().requires_grad_(False)
        self.step = 0
        self.started = time.time()
        self._resume()
        if accelerator.is_main_process:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / CONFIG).write_text(json.dumps(config, indent=1))
            self.board = SummaryWriter(str(folder))
        self.averaged.to(accelerator.device)
        self.models = {name: accelerator.prepare(model) for name, model in models.items()}
        self.optimizers = {name: accelerator.prepare(optimizer) for name, optimizer in optimizers.items()}
        self.generator = self.models["generator"]

    def _resume(self) -> None:
        if not (self.folder / CHECKPOINT).exists():
            return
        known = read_config(self.folder)
        other = sorted(key for key in known.keys() | self.config.keys() if known.get(key) != self.config.get(key))
        if other:
            raise InputError(
                f"The run in {self.folder} was started with another {', '.join(other)}; "
                "give the same options to go on with it, or another folder."
            )
        state = read_checkpoint(self.folder / CHECKPOINT)
        try:
            self.step = state["step"]
            self.averaged.load_state_dict(state["averaged"])
            for name, part in self.parts.items():
                part.load_state_dict(state[name])
            torch.set_rng_state(state["rng"])
            if torch.cuda.is_available() and state["cuda_rng"]:
                torch.cuda.set_rng_state_all(state["cuda_rng"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                f"The checkpoint in {self.folder} is not of the networks that train now; begin in another folder."
            ) from error

    def save(self) -> None:
        """Write the checkpoint; the last one stays until the new one is whole."""
        if not self.accelerator.is_main_process:
            return
        cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        state = {
            "step": self.step,
            "averaged": self.averaged.state_dict(),
            "rng": torch.get_rng_state(),
            "cuda_rng": cuda,
            **parts,
        }
        partial = self.folder / (CHECKPOINT + ".partial")
        torch.save(state, partial)
        partial.replace(self.folder / CHECKPOINT)

    def descend(self, name: str, loss: Tensor) -> None:
        """One step of the optimizer `name` on `loss`."""
        self.optimizers[name].zero_grad()
        self.accelerator.backward(loss)
        self.optimizers[name].step()

    def average(self) -> None:
        """Move the averaged generator towards the current one, faster at the beginning."""
        decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            now = self.accelerator.unwrap_model(self.generator).state_dict()
            for mean, value in zip(self.averaged.state_dict().values(), now.values(), strict=True):
                mean.lerp_(value, 1 - decay) if mean.is_floating_point() else mean.copy_(value)

    def log(self, **figures: Tensor) -> None:
        """Every LOG_EVERY steps, a line of figures for log.jsonl and TensorBoard."""
        if self.step % LOG_EVERY or not self.accelerator.is_main_process:
            return
        values = {name: round(value.item(), 6) for name, value in figures.items()}
        for name, value in values.items():
            self.board.add_scalar(name, value, self.step)
        line = {"step": self.step, "seconds": round(time.time() - self.started, 1), **values}
        with (self.folder / LOG).open("a") as file:
            file.write(json.dumps(line) + "\n")

    def batches(
        self, dataset: Dataset, batch: int, steps: int, workers: int, epoch: int, grid: Callable[[nn.Module], NDArray]
    ) -> Iterator[dict[str, Tensor]]:
        """Batches from where the run stands to `steps`, with a progress bar; counts `step` and saves.

        Every `epoch` steps, `grid(averaged generator)`, grey levels (rows, columns) of uint8, goes into `samples/`.
        """
        rest = Subset(dataset, range(self.step * batch, steps * batch))
        # A generator of its own: the loader shall not draw from the numbers that dropout comes from.
        loader = self.accelerator.prepare(DataLoader(rest, batch, num_workers=workers, generator=torch.Generator()))
        bar = tqdm(
            loader, initial=self.step, total=steps, unit="step", mininterval=5,
            disable=not self.accelerator.is_main_process,
        )  # fmt: skip
        for samples in bar:
            yield samples
            self.step += 1
            if self.step % epoch == 0 and self.accelerator.is_main_process:
                self._picture(grid(self.averaged))
            if self.step % SAVE_EVERY == 0:
                self.save()
        self.save()

    def _picture(self, grid: NDArray) -> None:
        from PIL import Image

        (self.folder / GRIDS).mkdir(exist_ok=True)
        Image.fromarray(grid).save(self.folder / GRIDS / f"step-{self.step:06d}.png")
        self.board.add_image("samples", grid, self.step, dataformats="HW")
