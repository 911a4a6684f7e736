"""What the bundled models need and can, as each says in its own config.json; torch is not needed to know it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.errors import BrokenModel, InputError
from SketchNoduleSynthLib.resources import MODELS_FOLDER

CONFIG, CARD, FIGURES = "config.json", "card.md", "figures.json"


@dataclass(frozen=True)
class Model:
    """A model in its `folder`, whose name is the model's.

    `architecture`, `arguments`: what :func:`networks.architectures.build` makes it of; `sha256`, `graph_sha256`: of
    its files. `dimensions`: 2 makes the sketch plane,
    which leads a nodule's density, 3 its tissue. `needs_drawing`: it makes nothing without a nodule's outline;
    `has_style`: a recipe's style says how far it goes from its mean style. `diameter_mm`: least and greatest
    long diameter that it was trained on.
    """

    folder: Path
    architecture: str
    arguments: dict[str, Any]
    preset: str
    steps: int
    sha256: str
    graph_sha256: str
    dimensions: int
    needs_drawing: bool
    has_style: bool
    diameter_mm: tuple[float, float]

    @classmethod
    def read(cls, folder: Path) -> Model:
        """Raises :class:`BrokenModel` if there is no model in `folder`, or its config is broken."""
        path = folder / CONFIG
        if not path.exists():
            names = ", ".join(sorted(other.parent.name for other in folder.parent.glob(f"*/{CONFIG}"))) or "none"
            raise BrokenModel(f"No weights of {folder.name} are bundled; those at hand: {names}.")
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
            low, high = map(float, config.pop("diameter_mm"))
            model = cls(folder, config.pop("network"), diameter_mm=(low, high), **config)
            if model.dimensions not in (2, 3):
                raise ValueError(f"{model.dimensions} dimensions")
            return model
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BrokenModel(f"The config of {folder.name} is broken; install the extension again.") from error

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def card(self) -> Path:
        return self.folder / CARD

    @property
    def figures(self) -> dict[str, str]:
        """The main figures by name, as `training.evaluate` measured them; empty if that was with other weights."""
        try:
            measured = json.loads((self.folder / FIGURES).read_text(encoding="utf-8"))
            return dict(measured["figures"]) if measured["sha256"] == self.sha256 else {}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"The figures of {self.name} are broken; install the extension again.") from error

    def beyond(self, diameter_mm: float) -> str:
        """A sentence if it was not trained on nodules of that long diameter, else empty."""
        low, high = self.diameter_mm
        if low <= diameter_mm <= high:
            return ""
        return f"A diameter of {diameter_mm:g} mm is beyond {self.name}, which knows {low:g} to {high:g} mm."


def models_in(folder: Path) -> dict[str, Model]:
    """The models in `folder` by name, those of planes first; raises :class:`BrokenModel` if a config is broken."""
    found = (Model.read(path.parent) for path in folder.glob(f"*/{CONFIG}"))
    return {one.name: one for one in sorted(found, key=lambda one: (one.dimensions, one.has_style, one.name))}


@cache
def bundled() -> dict[str, Model]:
    """The models in the package, as :func:`models_in` gives them; raises :class:`BrokenModel` if there is none."""
    found = models_in(MODELS_FOLDER)
    if not found:
        raise BrokenModel("No models are bundled; install the extension again.")
    return found


def completing(folder: Path) -> Model:
    """The model that makes tissue: that of `folder`, or the bundled one; see :func:`bundled`."""
    return next(model for known in (models_in(folder), bundled()) for model in known.values() if model.dimensions == 3)


def default() -> Model:
    """The model that a new drawing is for: one drawing, many nodules."""
    return next((model for model in bundled().values() if model.has_style), next(iter(bundled().values())))


def needs() -> str:
    """Which models need a drawing and which do not, a sentence for those who choose."""
    words = {True: "needs a drawing", False: "makes a nodule with or without a drawing"}
    return "; ".join(f"{name} {words[model.needs_drawing]}" for name, model in bundled().items())
