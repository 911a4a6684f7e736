"""The networks; torch only, shared with training."""

from __future__ import annotations

from typing import Any

from torch import nn

from SketchNoduleSynthLib.networks.mcgan import MCGAN, MCGANConfig
from SketchNoduleSynthLib.networks.pix2pix import Pix2Pix, Pix2PixConfig
from SketchNoduleSynthLib.networks.stylepix2pix import StylePix2Pix, StylePix2PixConfig


def build(network: str, arguments: dict[str, Any]) -> nn.Module:
    """A generator by name (`pix2pix`, `stylepix2pix`, `mcgan`) with its config's arguments."""
    arguments = arguments | {"widths": tuple(arguments["widths"])}
    if network == "pix2pix":
        return Pix2Pix(Pix2PixConfig(**arguments))
    if network == "stylepix2pix":
        return StylePix2Pix(StylePix2PixConfig(**arguments))
    if network == "mcgan":
        return MCGAN(MCGANConfig(**arguments))
    raise ValueError(f"There is no network {network!r}.")
