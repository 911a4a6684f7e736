"""What runs the bundled networks: OpenVINO, or torch where that is not installed; numpy arrays in, one array out.

Either computes in float32, OpenVINO on two threads and torch on one: what is made depends on the runtime, not on how
many cores the machine has, and views that are drawn meanwhile keep theirs. A preview, which is only looked at, OpenVINO
makes in the precision that is fastest on the machine: bfloat16 or float16, where its processor knows one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.extras import runtime
from SketchNoduleSynthLib.models import Model

if TYPE_CHECKING:
    from SketchNoduleSynthLib.networks.layers import Usable

WEIGHTS, GRAPH = "weights.safetensors", "graph.onnx"
"""Half-precision weights; the network's operations in ONNX, whose weights are those of the other file."""
THREADS = 2
"""Of OpenVINO, which makes the same voxels with any number: on two idle cores 0.6 of one thread's time."""
Run = Callable[[Mapping[str, NDArray[np.float32]]], NDArray[np.float32]]
"""A network in use: its `inputs` by name, each with a first axis of one sample, to its output without that axis."""


def description() -> str:
    """The runtime with its version and precision, as recipes record it."""
    name = runtime()
    return f"{name} {version(name)}, float32" if name else "none"


def loaded(model: Model) -> Run:
    """The network of a model whose files are known to be whole, where a runtime is known to work."""
    return by_openvino(model) if runtime() == "openvino" else by_torch(model)


def quickly(model: Model, exactly: Run) -> Run:
    """The network whose `loaded` is `exactly`, for previews; compiled when first used."""
    if runtime() != "openvino":
        return exactly
    compiled = cache(lambda: by_openvino(model, precision=None))
    return lambda given: compiled()(given)


def by_openvino(model: Model, threads: int = THREADS, precision: str | None = "f32") -> Run:
    """`precision`: OpenVINO's name of one; None: the fastest on this machine."""
    import openvino

    asked = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    if precision:
        asked["INFERENCE_PRECISION_HINT"] = precision
    compiled = openvino.Core().compile_model(Path(model.folder / GRAPH), "CPU", asked)

    def run(given: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        request = compiled.create_infer_request()  # One of its own: previews and insertions run side by side.
        return request.infer(dict(given))[0][0].copy()

    return run


def by_torch(model: Model, count: int = 1) -> Run:
    from safetensors.torch import load_file

    from SketchNoduleSynthLib.networks.architectures import build

    network = build(model.architecture, model.arguments)
    network.load_state_dict({key: value.float() for key, value in load_file(model.folder / WEIGHTS).items()})
    return of_module(network, count)


def of_module(network: Usable, count: int = 1) -> Run:
    """A network of torch, such as one that still trains, in evaluation mode, on `count` threads."""
    import torch

    from SketchNoduleSynthLib.networks.layers import channels_last
    from SketchNoduleSynthLib.networks.threads import threads

    network = channels_last(network, network.dimensions).eval().requires_grad_(False)

    def run(given: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        tensors = [torch.from_numpy(given[name]) for name in network.inputs]
        with threads(count), torch.inference_mode():
            return network.in_use(*tensors)[0].numpy()

    return run
