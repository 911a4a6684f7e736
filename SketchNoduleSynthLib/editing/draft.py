"""What is being drawn: a nodule's recipe before it is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.drawing.recipe import STYLE, NoduleRecipe, Voi
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.errors import InputError

DRAWN_MODELS = ("pix2pix", "stylepix2pix")


@dataclass(frozen=True)
class Draft:
    """A recipe that may still lack its VOI or its drawing."""

    voi: Voi | None = None
    model: str = "stylepix2pix"
    attenuation: str = "solid"
    seed: int = 0
    style: float = STYLE
    strokes: tuple[Stroke, ...] = ()

    @property
    def is_drawn(self) -> bool:
        """Whether it has a nodule's outline."""
        return any(stroke.label == "nodule" for stroke in self.strokes)

    @property
    def lacks(self) -> str:
        """What the user has to do before a nodule can be made, a sentence; empty if nothing."""
        if self.voi is None:
            return "Place the volume of interest: click into the lung."
        if self.model in DRAWN_MODELS and not self.is_drawn:
            return f"Draw the nodule's outline; {self.model} needs one (mcgan does not)."
        return ""

    def placed(self) -> Voi:
        """The VOI. Raises :class:`InputError` if there is none yet."""
        if self.voi is None:
            raise InputError(self.lacks)
        return self.voi

    def with_voi(self, voi: Voi) -> Draft:
        """The drawing in another VOI; it grows with the diameter."""
        times = voi.diameter_mm / self.voi.diameter_mm if self.voi else 1.0
        if times == 1.0:
            return replace(self, voi=voi)
        strokes = tuple(replace(stroke, points_mm=times * stroke.points_mm) for stroke in self.strokes)
        return replace(self, voi=voi, strokes=strokes)

    def recipe(self) -> NoduleRecipe:
        """The finished recipe. Raises :class:`InputError` that says what is lacking."""
        if self.lacks:
            raise InputError(self.lacks)
        return NoduleRecipe(self.placed(), self.model, self.seed, self.attenuation, self.strokes, style=self.style)


def draft_of(recipe: NoduleRecipe) -> Draft:
    """The draft that gives `recipe` again."""
    return Draft(recipe.voi, recipe.model, recipe.attenuation, recipe.seed, recipe.style, recipe.strokes)


def beside(voi: Voi, times: float = 1.5) -> Voi:
    """The VOI moved along its u axis by `times` its diameter."""
    shift = ras_of_lps(voi.frame(1).axes[0]) * times * voi.diameter_mm
    x, y, z = (np.array(voi.center_ras_mm) + shift).round(6).tolist()
    return replace(voi, center_ras_mm=(x, y, z))


def erased(strokes: Sequence[Stroke], at_mm: NDArray[np.float64], radius_mm: float) -> tuple[Stroke, ...]:
    """`strokes` without what lies within `radius_mm` of the path `at_mm` (n, 2) u, v; a line may fall apart."""
    left: list[Stroke] = []
    for stroke in strokes:
        path = densely(stroke.path_mm, radius_mm / 2)
        keep = np.linalg.norm(path[:, None] - at_mm[None], axis=-1).min(1) > radius_mm
        if keep.all():
            left.append(stroke)
            continue
        cuts = np.flatnonzero(~keep)
        if stroke.closed:
            # Begun at a cut, so that what is left on both sides of the line's first point stays in one piece.
            path, keep = np.roll(path, -cuts[0], axis=0), np.roll(keep, -cuts[0])
        for part in np.split(np.arange(len(path)), np.flatnonzero(np.diff(keep.astype(int))) + 1):
            if keep[part[0]] and len(part) > 1:
                left.append(Stroke(path[part], stroke.label))
    return tuple(left)


def simplified(stroke: Stroke, tolerance_mm: float) -> Stroke:
    """Without points that lie within `tolerance_mm` of the line through the others (Douglas and Peucker)."""
    from skimage import measure

    points = measure.approximate_polygon(stroke.path_mm, tolerance_mm)
    points = points[:-1] if stroke.closed else points
    return replace(stroke, points_mm=points) if len(points) > 2 else stroke


def densely(path_mm: NDArray[np.float64], step_mm: float) -> NDArray[np.float64]:
    """`path_mm` (n, 2) with points at most `step_mm` apart along it."""
    if len(path_mm) < 2:
        return path_mm
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(path_mm, axis=0), axis=1)))
    at = np.union1d(along, np.arange(0.0, along[-1], max(step_mm, 1e-3)))
    return np.stack([np.interp(at, along, values) for values in path_mm.T], axis=1)
