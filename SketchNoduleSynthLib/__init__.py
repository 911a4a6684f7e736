"""Draw a lung nodule on a reslice of a chest CT; a network makes it stand in the CT.

    from SketchNoduleSynthLib import Recipe, Volume, synthesize

Names are loaded when first used: importing the library costs nothing and does not import torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from SketchNoduleSynthLib.ct.frame import Frame
    from SketchNoduleSynthLib.ct.volume import Volume
    from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
    from SketchNoduleSynthLib.drawing.sketch import Stroke
    from SketchNoduleSynthLib.errors import InputError
    from SketchNoduleSynthLib.synthesis.insertion import Insertion
    from SketchNoduleSynthLib.synthesis.pipeline import synthesize

__version__ = "0.1.0"
__all__ = ["Frame", "InputError", "Insertion", "NoduleRecipe", "Recipe", "Stroke", "Volume", "synthesize"]

_HOMES = {
    "Frame": "ct.frame",
    "Volume": "ct.volume",
    "NoduleRecipe": "drawing.recipe",
    "Recipe": "drawing.recipe",
    "Stroke": "drawing.sketch",
    "InputError": "errors",
    "Insertion": "synthesis.insertion",
    "synthesize": "synthesis.pipeline",
}


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
