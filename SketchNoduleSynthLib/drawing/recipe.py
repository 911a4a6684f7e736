"""The recipe of a case's nodules: what a user asks for, as JSON, validated key by key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame
from SketchNoduleSynthLib.ct.grid import lps_of_ras
from SketchNoduleSynthLib.drawing.sketch import LABELS, Stroke
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_json

VERSION = 1
MODELS = ("pix2pix", "stylepix2pix", "mcgan")
ATTENUATIONS = ("solid", "part-solid", "ground-glass")
BLENDINGS = ("soft", "poisson")
SIDE_PER_DIAMETER = 2.0
MAX_SEED = 2**31 - 1
"""What a spin box of Qt holds."""
STYLE = 0.5
"""Of StylePix2pix's styles: the more of it, the more seeds shrink or fade a nodule against its drawing."""
REQUIRED = object()


@dataclass(frozen=True)
class Voi:
    """Where the nodule stands: centre in RAS mm, long diameter in mm, tilts in degrees (see ct.frame)."""

    center_ras_mm: tuple[float, float, float]
    diameter_mm: float
    tilt_lr_deg: float = 0.0
    tilt_hf_deg: float = 0.0

    def __post_init__(self) -> None:
        if len(self.center_ras_mm) != 3:
            raise InputError(f"voi.center_ras_mm has {len(self.center_ras_mm)} numbers; give three: R, A and S in mm.")
        for value in self.center_ras_mm:
            number(value, "voi.center_ras_mm")
        if not number(self.diameter_mm, "voi.diameter_mm", 0.0, 1000.0):
            raise InputError("voi.diameter_mm is 0; give the nodule's long diameter in mm.")
        for name in ("tilt_lr_deg", "tilt_hf_deg"):
            number(getattr(self, name), f"voi.{name}", -MAX_TILT_DEG, MAX_TILT_DEG)

    @property
    def center_lps_mm(self) -> NDArray[np.float64]:
        """The centre in LPS mm."""
        return lps_of_ras(self.center_ras_mm)

    @property
    def side_mm(self) -> float:
        """The VOI's side: twice the long diameter."""
        return SIDE_PER_DIAMETER * self.diameter_mm

    def frame(self, samples: int | tuple[int, int, int]) -> Frame:
        """The VOI as a cubic frame of `samples` an axis."""
        return Frame.of_voi(self.center_lps_mm, self.side_mm, samples, self.tilt_lr_deg, self.tilt_hf_deg)


@dataclass(frozen=True)
class NoduleRecipe:
    """One nodule. `style`: how far it goes from the mean style to the seed's, 0 to 1 (stylepix2pix only).

    `weights_sha256`, where given, is what the model's weights must be.
    """

    voi: Voi
    model: str
    seed: int = 0
    attenuation: str = "solid"
    strokes: tuple[Stroke, ...] = ()
    blending: str = "soft"
    style: float = STYLE
    weights_sha256: str | None = None

    def __post_init__(self) -> None:
        given = Keys(vars(self), "nodule")
        given.choice("model", MODELS)
        given.choice("attenuation", ATTENUATIONS)
        given.choice("blending", BLENDINGS)
        given.integer("seed")
        given.number("style", 0.0, 1.0)


@dataclass(frozen=True)
class Recipe:
    """All nodules of a case, in the order in which they are inserted; `software` says what carried it out."""

    nodules: tuple[NoduleRecipe, ...]
    software: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> Recipe:
        """Read and validate a JSON recipe; raises :class:`InputError` that names the key."""
        return cls.from_dict(read_json(Path(path), "recipe"))

    @classmethod
    def from_dict(cls, data: Any) -> Recipe:
        """The same from parsed JSON."""
        keys = Keys(data, "recipe")
        if keys.integer("version") != VERSION:
            raise InputError(f"recipe.version is {data['version']}; this software reads version {VERSION}.")
        nodules = keys.list("nodules")
        if not nodules:
            raise InputError("recipe.nodules is empty; give at least one nodule.")
        software = keys.take("software", {})
        if not isinstance(software, dict):
            raise InputError("recipe.software must be an object.")
        keys.finish()
        return cls(tuple(_nodule(item, f"nodules[{i}]") for i, item in enumerate(nodules)), software)

    def to_dict(self) -> dict[str, Any]:
        """JSON's form, with every default filled in."""
        nodules = []
        for nodule in self.nodules:
            item = asdict(nodule)
            item["voi"]["center_ras_mm"] = list(nodule.voi.center_ras_mm)
            item["strokes"] = [
                {"label": s.label, "closed": s.closed, "points_mm": s.points_mm.tolist()} for s in nodule.strokes
            ]
            if nodule.weights_sha256 is None:
                del item["weights_sha256"]
            nodules.append(item)
        extra = {"software": self.software} if self.software else {}
        return {"version": VERSION, **extra, "nodules": nodules}

    def write(self, path: str | Path) -> None:
        """Write as JSON."""
        Path(path).write_text(json.dumps(self.to_dict(), indent=1) + "\n", encoding="utf-8")


class Keys:
    """Takes the keys of one JSON object, with type checks; what is left over is an error."""

    def __init__(self, data: Any, where: str) -> None:
        if not isinstance(data, Mapping):
            raise InputError(f"{where} must be a JSON object.")
        self.data, self.where = dict(data), where

    def take(self, key: str, default: Any = REQUIRED) -> Any:
        """The value of `key`, or `default`."""
        if key not in self.data:
            if default is REQUIRED:
                raise InputError(f"{self.where}.{key} is missing.")
            return default
        return self.data.pop(key)

    def number(self, key: str, low: float, high: float, default: Any = REQUIRED) -> float:
        """A finite number between `low` and `high`."""
        return number(self.take(key, default), f"{self.where}.{key}", low, high)

    def integer(self, key: str, default: Any = REQUIRED) -> int:
        """A whole number of at least 0."""
        value = self.take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SEED:
            raise InputError(f"{self.where}.{key} must be a whole number from 0 to {MAX_SEED}, not {shortened(value)}.")
        return value

    def choice(self, key: str, options: tuple[str, ...], default: Any = REQUIRED) -> str:
        """One of `options`."""
        value = self.take(key, default)
        if value not in options:
            raise InputError(f"{self.where}.{key} must be one of {', '.join(options)}, not {shortened(value)}.")
        return value

    def list(self, key: str, default: Any = REQUIRED) -> list:
        """A list."""
        value = self.take(key, default)
        if not isinstance(value, list):
            raise InputError(f"{self.where}.{key} must be a list, not {shortened(value)}.")
        return value

    def finish(self) -> None:
        """Raise if a key is left over."""
        for key in self.data:
            raise InputError(f"{self.where}.{key} is not a known key.")


def shortened(value: Any) -> str:
    """`value` for a message."""
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "..."


def number(value: Any, where: str, low: float = -1e5, high: float = 1e5) -> float:
    """`value` as a float between `low` and `high`, or :class:`InputError`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InputError(f"{where} must be a number, not {shortened(value)}.")
    if not low <= value <= high:
        raise InputError(f"{where} must be between {low:g} and {high:g}, not {shortened(value)}.")
    return float(value)


def _nodule(data: Any, where: str) -> NoduleRecipe:
    keys = Keys(data, where)
    voi = Keys(keys.take("voi"), f"{where}.voi")
    center = voi.list("center_ras_mm")
    if len(center) != 3:
        raise InputError(f"{where}.voi.center_ras_mm must have three numbers, not {len(center)}.")
    x, y, z = (number(value, f"{where}.voi.center_ras_mm") for value in center)
    diameter = voi.number("diameter_mm", 0.0, 1000.0)
    if diameter == 0:
        raise InputError(f"{where}.voi.diameter_mm is 0; give the nodule's long diameter in mm.")
    tilts = [voi.number(key, -MAX_TILT_DEG, MAX_TILT_DEG, 0.0) for key in ("tilt_lr_deg", "tilt_hf_deg")]
    voi.finish()
    sha256 = keys.take("weights_sha256", None)
    if sha256 is not None and not isinstance(sha256, str):
        raise InputError(f"{where}.weights_sha256 must be text.")
    nodule = NoduleRecipe(
        Voi((x, y, z), diameter, *tilts),
        keys.choice("model", MODELS),
        keys.integer("seed", 0),
        keys.choice("attenuation", ATTENUATIONS, "solid"),
        tuple(_stroke(item, f"{where}.strokes[{i}]") for i, item in enumerate(keys.list("strokes", []))),
        keys.choice("blending", BLENDINGS, "soft"),
        keys.number("style", 0.0, 1.0, STYLE),
        sha256,
    )
    keys.finish()
    if nodule.model != "mcgan" and not nodule.strokes:
        raise InputError(f"{where}.strokes is empty; {nodule.model} needs a drawn nodule (mcgan does not).")
    return nodule


def _stroke(data: Any, where: str) -> Stroke:
    keys = Keys(data, where)
    label = keys.choice("label", LABELS, "nodule")
    closed = keys.take("closed", False)
    if not isinstance(closed, bool):
        raise InputError(f"{where}.closed must be true or false, not {closed!r}.")
    points = keys.list("points_mm")
    keys.finish()
    if not points:
        raise InputError(f"{where}.points_mm is empty; give at least one point.")
    pairs = []
    for i, point in enumerate(points):
        if not isinstance(point, list) or len(point) != 2:
            raise InputError(f"{where}.points_mm[{i}] must be two numbers, u and v in mm.")
        pairs.append([number(value, f"{where}.points_mm[{i}]") for value in point])
    return Stroke(np.array(pairs), label, closed)  # type: ignore[arg-type]
