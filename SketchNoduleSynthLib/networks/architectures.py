"""The networks that can be bundled, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from SketchNoduleSynthLib.networks.extraction import Extraction, ExtractionConfig
from SketchNoduleSynthLib.networks.layers import Usable
from SketchNoduleSynthLib.networks.pix2pix import Pix2Pix, Pix2PixConfig
from SketchNoduleSynthLib.networks.stylepix2pix import StylePix2Pix, StylePix2PixConfig
from SketchNoduleSynthLib.networks.tissue import Tissue, TissueConfig

ARCHITECTURES: dict[str, tuple[Callable[[Any], Usable], type]] = {
    "pix2pix": (Pix2Pix, Pix2PixConfig),
    "stylepix2pix": (StylePix2Pix, StylePix2PixConfig),
    "tissue": (Tissue, TissueConfig),
    "extraction": (Extraction, ExtractionConfig),
}


def build(architecture: str, arguments: dict[str, Any]) -> Usable:
    """A generator with its config's arguments; raises KeyError if there is no such architecture."""
    network, config = ARCHITECTURES[architecture]
    return network(config(**arguments | {"widths": tuple(arguments["widths"])}))
