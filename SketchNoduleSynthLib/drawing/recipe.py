"""The recipe of a CT's nodules: what a user asks for, as JSON, validated key by key."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from SketchNoduleSynthLib import models
from SketchNoduleSynthLib.drawing.arrangement import arranged
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import read_json, write_json
from SketchNoduleSynthLib.json_keys import Keys, choice, integer, named, number

VERSION = 1
ATTENUATIONS = ("solid", "part-solid", "ground-glass", "calcified")
BLENDINGS = ("soft", "poisson")
SYNTHETIC, FOUND, REMOVED = KINDS = ("synthetic", "found", "removed")
"""A nodule that is made; a real one at the VOI's centre, which is only measured; and one that is taken out."""
CORE_HU = (-900.0, 2000.0)
STYLE = 0.5
"""Of StylePix2pix's styles: the more of it, the more seeds shrink or fade a nodule against its drawing."""


@dataclass(frozen=True)
class Draft:
    """What is asked for of one nodule, as far as it is: its VOI may lack, and its drawing.

    Parameters
    ----------
    voi : Voi, optional
        Centre (RAS mm), long diameter (mm) and tilt of the box.
    model : str
        One of the bundled models.
    seed : int
        Decides all that is not asked for.
    attenuation : str
        One of ATTENUATIONS.
    strokes : sequence of Stroke
        An outline in the nodule's own is its solid part, whatever pen drew it.
    blending : "soft" or "poisson"
    style : float
        How far it goes from the mean style to the seed's, 0 to 1 (models that have styles).
    core_hu : float, optional
        How dense the nodule shall be within 1.5 mm of its centre, HU; else as the seed has it, as such nodules are.
    kind : str
        One of KINDS.
    weights_sha256 : str, optional
        What the model's weights must be.

    Raises
    ------
    InputError
        For a value that none of it can have.
    """

    voi: Voi | None = None
    model: str = field(default_factory=lambda: models.default().name)
    seed: int = 0
    attenuation: str = "solid"
    strokes: tuple[Stroke, ...] = ()
    blending: str = "soft"
    style: float = STYLE
    core_hu: float | None = None
    kind: str = SYNTHETIC
    weights_sha256: str | None = None

    def __post_init__(self) -> None:
        choice(self.model, "model", tuple(models.bundled()))
        integer(self.seed, "seed")
        object.__setattr__(self, "strokes", arranged(self.strokes))
        choice(self.attenuation, "attenuation", ATTENUATIONS)
        choice(self.blending, "blending", BLENDINGS)
        choice(self.kind, "kind", KINDS)
        object.__setattr__(self, "style", number(self.style, "style", 0.0, 1.0))
        if self.core_hu is not None:
            object.__setattr__(self, "core_hu", number(self.core_hu, "core_hu", *CORE_HU))
        if not isinstance(self.weights_sha256, str | None):
            raise InputError("weights_sha256 must be text.")

    @classmethod
    def of(cls, recipe: Draft) -> Self:
        """The same fields as another kind, but for the weights: what is edited is made with those at hand."""
        return cls(**{one.name: getattr(recipe, one.name) for one in fields(Draft)} | {"weights_sha256": None})

    @classmethod
    def from_dict(cls, data: Any, where: str) -> Self:
        keys = Keys(data, where)
        given = {}
        for one in fields(cls):
            if one.name in keys.data or (one.default is MISSING and one.default_factory is MISSING):
                given[one.name] = keys.take(one.name)
        keys.finish()
        if "voi" in given:
            given["voi"] = Voi.from_dict(given["voi"], where)
        if "strokes" in given:
            strokes = Keys(given, where).list("strokes")
            given["strokes"] = tuple(Stroke.from_dict(item, f"{where}.strokes[{i}]") for i, item in enumerate(strokes))
        with named(where):
            return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        item = {key: value for key, value in asdict(self).items() if value is not None}
        if self.voi is not None:
            item["voi"]["center_ras_mm"] = list(self.voi.center_ras_mm)
        item["strokes"] = [stroke.to_dict() for stroke in self.strokes]
        return item

    @property
    def is_drawn(self) -> bool:
        return any(stroke.label == "nodule" for stroke in self.strokes)

    @property
    def lacks(self) -> str:
        """What the user has to do before a nodule can be made, a sentence; empty if nothing."""
        return self._objection()[1]

    def _objection(self) -> tuple[str, str]:
        """The key that keeps it from being made, and :attr:`lacks`."""
        if self.voi is None:
            return "voi", "Place the volume of interest: click into the lung."
        if self.kind != SYNTHETIC and self.strokes:
            return "strokes", f"A nodule that is {self.kind} is the CT's own and has no drawing; leave the strokes out."
        model = models.bundled()[self.model]
        if model.needs_drawing and not self.is_drawn:
            others = " or ".join(one.name for one in models.bundled().values() if not one.needs_drawing)
            return "strokes", f"Draw the nodule's outline, or choose the model {others}: it needs only the box."
        return "voi.diameter_mm", model.beyond(self.voi.diameter_mm)

    def recipe(self) -> NoduleRecipe:
        """The finished recipe. Raises :class:`InputError` that says what is lacking."""
        if self.lacks:
            raise InputError(self.lacks)
        return NoduleRecipe.of(self)

    def placed(self) -> Voi:
        """The VOI. Raises :class:`InputError` if there is none yet."""
        if self.voi is None:
            raise InputError(self.lacks)
        return self.voi

    def with_voi(self, voi: Voi) -> Self:
        """The drawing in another VOI; it grows with the diameter."""
        times = voi.diameter_mm / self.voi.diameter_mm if self.voi else 1.0
        if times == 1.0:
            return replace(self, voi=voi)
        strokes = tuple(replace(stroke, points_mm=times * stroke.points_mm) for stroke in self.strokes)
        return replace(self, voi=voi, strokes=strokes)


@dataclass(frozen=True)
class NoduleRecipe(Draft):
    """A draft that can be made; raises :class:`InputError` that names the key if it cannot."""

    voi: Voi = field()
    model: str = field()

    def __post_init__(self) -> None:
        super().__post_init__()
        key, sentence = self._objection()
        if sentence:
            raise InputError(f"{key}: {sentence}")


@dataclass(frozen=True)
class Recipe:
    """All nodules of a case.

    Parameters
    ----------
    nodules : sequence of NoduleRecipe
        In the order in which they are inserted.
    software : dict of str
        What carried it out, by name.
    """

    nodules: tuple[NoduleRecipe, ...]
    software: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> Recipe:
        """Read and validate a JSON recipe; raises :class:`InputError` that names the key."""
        return cls.from_dict(read_json(Path(path), "recipe"))

    @classmethod
    def from_dict(cls, data: Any) -> Recipe:
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
        return cls(tuple(NoduleRecipe.from_dict(item, f"nodules[{i}]") for i, item in enumerate(nodules)), software)

    def to_dict(self) -> dict[str, Any]:
        extra = {"software": self.software} if self.software else {}
        return {"version": VERSION, **extra, "nodules": [nodule.to_dict() for nodule in self.nodules]}

    def write(self, path: str | Path) -> None:
        write_json(Path(path), self.to_dict())
