"""A network's operations as an ONNX graph whose weights lie in the safetensors file beside it: one copy for both."""

from __future__ import annotations

import json
import struct
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnx import ModelProto, NodeProto, TensorProto, helper
from torch import Tensor, nn

from SketchNoduleSynthLib.networks.inputs import CONDITIONS, PLANE_NOISE, STYLE, TISSUE_CONDITIONS, TISSUE_STYLE
from SketchNoduleSynthLib.networks.layers import Usable
from SketchNoduleSynthLib.networks.pix2pix import SAMPLES
from SketchNoduleSynthLib.networks.tissue import noise_for
from SketchNoduleSynthLib.synthesis.runtime import WEIGHTS

OPSET = 17
CUBE = 16
HALF = "half."
"""What precedes the names of weights in half precision, before they are made float32."""


class _InUse(nn.Module):
    def __init__(self, network: Usable) -> None:
        super().__init__()
        self.network = network

    def forward(self, *given: Tensor) -> Tensor:
        return self.network.in_use(*given)


def example(network: Usable) -> dict[str, Tensor]:
    """Inputs by name, as the network is used."""
    if network.dimensions == 3:
        cube = (1, 1, CUBE, CUBE, CUBE)
        given = {name: torch.rand(cube) for name in ("ct", "hole", "distance_mm", "click_mm")}
        given |= {"conditions": torch.rand(1, len(TISSUE_CONDITIONS)), "style": torch.randn(1, TISSUE_STYLE)}
        given |= {f"noise{number}": field for number, field in enumerate(noise_for(cube[2:], 1))}
        given |= {"density": torch.rand(1, 2, *cube[2:])}
        return {name: given[name] for name in network.inputs}
    plane = (1, 1, SAMPLES, SAMPLES)
    given = {name: torch.rand(plane) for name in ("lesion", "lines", "plane", "hole")}
    given |= {"noise": torch.rand(1, 1, PLANE_NOISE, PLANE_NOISE), "conditions": torch.rand(1, CONDITIONS)}
    given |= {"style": torch.randn(1, STYLE), "truncation": torch.full((1, 1), 0.5)}
    return {name: given[name] for name in network.inputs}


def graph_of(network: Usable, weights: bytes) -> bytes:
    """The ONNX graph of a network that can be bundled; `weights`: the safetensors file with its half-precision ones."""
    network = network.eval().requires_grad_(False)
    given = example(network)
    network.in_use(*given.values())  # What it computes only once, its mean style, is a constant of the graph.
    axes = {name: {2: f"{name}_z", 3: f"{name}_y", 4: f"{name}_x"} for name, one in given.items() if one.ndim == 5}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "graph.onnx"
        torch.onnx.export(
            _InUse(network),
            tuple(given.values()),
            path,
            input_names=list(given),
            output_names=["made"],
            dynamic_axes=axes,
            opset_version=OPSET,
            do_constant_folding=False,
            dynamo=False,  # The newer exporter fixes the sides of the tissue network's cubes.
        )
        graph = onnx.load(path)
    refer(graph, weights)
    return graph.SerializeToString(deterministic=True)


def refer(model: ModelProto, weights: bytes) -> None:
    """Let the graph's weights be those in the safetensors file, made float32 when it is loaded."""
    length = struct.unpack("<Q", weights[:8])[0]
    header = json.loads(weights[8 : 8 + length])
    kept: list[TensorProto] = []
    casts: list[NodeProto] = []
    for tensor in model.graph.initializer:
        place = header.get(tensor.name.removeprefix("network."))
        if place is None:
            kept.append(tensor)
            continue
        first, last = place["data_offsets"]
        outside = TensorProto(name=HALF + tensor.name, data_type=TensorProto.FLOAT16, dims=place["shape"])
        outside.data_location = TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", 8 + length + first), ("length", last - first)):
            outside.external_data.add(key=key, value=str(value))
        kept.append(outside)
        casts.append(helper.make_node("Cast", [outside.name], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
