"""What the training scripts share: devices, checkpoints that resume, the averaged generator, the run's folder."""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DataLoaderConfiguration, DistributedDataParallelKwargs, load, save
from accelerate.utils.constants import RNG_STATE_NAME
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import write_json
from training.command import start_from
from training.run_folder import CHECKPOINT, CONFIG, checkpoints, read_config, read_weights, step_of, weights_of

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


def run_of(
    arguments: argparse.Namespace,
    model: str,
    network: dict[str, Any],
    batch: int,
    models: dict[str, nn.Module],
    optimizers: Mapping[str, torch.optim.Optimizer],
    most_norm: Mapping[str, float] | None = None,
    **more: float,
) -> Run:
    """The run that a training script's options ask for; made last, as its folder is left behind.

    `network`, `more`: what of the configuration the options do not say.
    """
    if arguments.start:
        start_from(arguments.start, models)
    config = {"model": model, "preset": arguments.preset, "batch": batch, "seed": arguments.seed, **more}
    prepared = accelerator(arguments.bf16, arguments.cpu)
    return Run(arguments.run, config | {"network": network}, models, optimizers, prepared, most_norm)


class Run:
    """A run's folder: `config.json`, `log.jsonl`, `checkpoint-STEP/`, `samples/`, TensorBoard events.

    A checkpoint is accelerate's, with optimizers and the random state of each process, and has the models' weights by
    name; `averaged` is the exponential moving average of `models[generator]`. Raises :class:`InputError` if the folder
    holds a run of another configuration, or a damaged one.
    """

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        models: Mapping[str, nn.Module],
        optimizers: Mapping[str, torch.optim.Optimizer],
        accelerator: Accelerator,
        most_norm: Mapping[str, float] | None = None,
    ) -> None:
        self.most_norm = most_norm or {}
        self.folder, self.config, self.accelerator = folder, json.loads(json.dumps(config)), accelerator
        self.averaged = deepcopy(models["generator"]).eval().requires_grad_(False)
        self.saved = {**models, "averaged": self.averaged}
        self.step = 0
        self.started = time.time()
        begun = checkpoints(folder)
        if begun:
            self._check_config()
        if accelerator.is_main_process:
            folder.mkdir(parents=True, exist_ok=True)
            write_json(folder / CONFIG, config)
            self.board = SummaryWriter(str(folder))
        self.averaged.to(accelerator.device)
        self.models = {name: accelerator.prepare(model) for name, model in models.items()}
        self.optimizers = {name: accelerator.prepare(optimizer) for name, optimizer in optimizers.items()}
        self.generator = self.models["generator"]
        # accelerate would name the models by number, and their weights otherwise in one process than in several.
        accelerator.register_save_state_pre_hook(self._save_models)
        accelerator.register_load_state_pre_hook(self._load_models)
        if accelerator.process_index:  # Numbers of its own in each process; the networks are those of the first.
            torch.manual_seed(torch.initial_seed() + accelerator.process_index)
        if begun:
            self._resume(begun[-1])

    def _check_config(self) -> None:
        known = read_config(self.folder)
        other = sorted(key for key in known.keys() | self.config.keys() if known.get(key) != self.config.get(key))
        if other:
            raise InputError(
                f"The run in {self.folder} was started with another {', '.join(other)}; "
                "give the same options to go on with it, or another folder."
            )

    def _resume(self, checkpoint: Path) -> None:
        self.step = step_of(checkpoint)
        numbers = checkpoint / f"{RNG_STATE_NAME}_{self.accelerator.process_index}.pkl"
        try:
            if numbers.exists() or self.accelerator.is_main_process:  # There are none of a process that is new.
                load(numbers)  # What is wrong with it accelerate passes over.
            self.accelerator.load_state(str(checkpoint))
        except InputError:
            raise
        except Exception as error:  # torch meets what is no checkpoint, or damaged, with errors of every kind
            raise InputError(
                f"{checkpoint} is damaged, or not of the networks that train now; begin in another folder."
            ) from error

    def _save_models(self, models: list[nn.Module], weights: list[dict[str, Tensor]], folder: str) -> None:
        weights.clear()
        for name, model in self.saved.items():
            state = {key: value.contiguous() for key, value in model.state_dict().items()}
            save(state, weights_of(Path(folder), name), safe_serialization=True)

    def _load_models(self, models: list[nn.Module], folder: str) -> None:
        models.clear()
        for name, model in self.saved.items():
            model.load_state_dict(read_weights(Path(folder), name))

    def save(self) -> None:
        """Write the checkpoint, all processes together; the last one stays until the new one is whole."""
        partial, earlier = self.folder / ".checkpoint.partial", checkpoints(self.folder)
        if self.accelerator.is_main_process:
            shutil.rmtree(partial, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        self.accelerator.save_state(str(partial))
        self.accelerator.wait_for_everyone()
        if self.accelerator.is_main_process:
            partial.rename(self.folder / f"{CHECKPOINT}-{self.step:07d}")
            for checkpoint in earlier:
                shutil.rmtree(checkpoint)

    def descend(self, name: str, loss: Tensor) -> None:
        """One step of the optimizer `name` on `loss`; its gradient is cut to `most_norm[name]`, where there is one."""
        optimizer = self.optimizers[name]
        optimizer.zero_grad()
        self.accelerator.backward(loss)
        if name in self.most_norm:
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            self.accelerator.clip_grad_norm_(parameters, self.most_norm[name])
        optimizer.step()

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
            if self.step % SAVE_EVERY == 0 or self.step == steps:
                self.save()

    def _picture(self, grid: NDArray) -> None:
        from PIL import Image

        (self.folder / GRIDS).mkdir(exist_ok=True)
        Image.fromarray(grid).save(self.folder / GRIDS / f"step-{self.step:06d}.png")
        self.board.add_image("samples", grid, self.step, dataformats="HW")
