"""What is being drawn in a session: its VOI, its lines, its choices, and how it would look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume, check_ct
from SketchNoduleSynthLib.drawing.arrangement import check_usable
from SketchNoduleSynthLib.drawing.recipe import Draft
from SketchNoduleSynthLib.drawing.sketch import ACROSS, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.drawing_tools import erased, smoothed
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import Nodule, shown
from SketchNoduleSynthLib.editing.states import State, States
from SketchNoduleSynthLib.editing.work import Preview
from SketchNoduleSynthLib.errors import InputError, with_minus
from SketchNoduleSynthLib.generation.suggestion import Wishes, suggest
from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.synthesis.site import Reslice

if TYPE_CHECKING:
    from SketchNoduleSynthLib.drawing.scan import Scan

DIAMETER_MM = 12.0
"""Of a VOI that was placed by a click, before there was another."""
AROUND_MM, AROUND_SAMPLES, MOST_LUNG_HU = 5.0, 10, -400.0
"""The mean of what lies within AROUND_MM of a VOI's centre; where it is more there is no lung."""
WITHOUT_SOLID_PART = ("solid", "ground-glass")


class Drafting(States):
    """Drawing on `source`. Raises :class:`InputError` if that cannot be a CT in HU."""

    def __init__(self, source: Volume, state: State | None = None) -> None:
        check_ct(source.array)
        super().__init__(state)
        self.source = source
        self._suggested = 0
        self._reslice: tuple[Voi, tuple[Nodule, ...], Reslice] | None = None

    @property
    def is_inserted(self) -> bool:
        """Whether the draft is a nodule of the case, as it is."""
        key = self.state.edited
        return key is not None and Draft.of(self.nodule(key).recipe) == self.draft

    def place(self, center_ras_mm: Sequence[float], diameter_mm: float | None = None) -> str:
        """Put the VOI at a point of the CT, untilted, and start a new drawing there; a sentence if there is no lung.

        Raises :class:`InputError` outside the CT or the body, and for a diameter that the draft's model does not know.
        """
        x, y, z = map(float, center_ras_mm)
        diameter = diameter_mm or (self.draft.voi.diameter_mm if self.draft.voi else DIAMETER_MM)
        voi = self._checked(Voi((x, y, z), diameter))
        Reslice(self.source, voi)
        self._step("Place", State(replace(self.draft, voi=voi, strokes=()), self.nodules))
        hu = float(Frame.of_voi(voi.center_lps_mm, 2 * AROUND_MM, AROUND_SAMPLES).sample(self.source).mean())
        if hu <= MOST_LUNG_HU:
            return ""
        return with_minus(f"There is no lung here ({hu:.0f} HU on average); place it again (P), or draw all the same.")

    def set_voi(self, voi: Voi) -> None:
        """Move, resize or tilt the VOI; the drawing goes with it and grows with it. Raises as :meth:`place`."""
        if voi != self.draft.voi:
            draft = self.draft.with_voi(self._checked(voi))
            self._step("Change the VOI", replace(self.state, draft=draft), merge=True)

    def _checked(self, voi: Voi) -> Voi:
        if beyond := bundled()[self.draft.model].beyond(voi.diameter_mm):
            raise InputError(beyond)
        return voi

    def choose(self, **choices: Any) -> None:
        """Set the draft's `model`, `attenuation`, `seed`, `style` or `blending`; raises :class:`InputError`."""
        draft = replace(self.draft, **choices)
        changed = [name for name in choices if getattr(draft, name) != getattr(self.draft, name)]
        if changed:
            self._step(f"Choose the {' and '.join(changed)}", replace(self.state, draft=draft), merge=True)

    def draw(self, stroke: Stroke) -> str:
        """Add a line; a sentence if more came of it than a line, else empty. Raises as :func:`check_usable`.

        There is one outline across the sketch plane: another one takes its place.
        """
        check_usable(stroke, self.draft.strokes, self.draft.placed().side_mm)
        others = (other for other in self.draft.strokes if not stroke.label == other.label == ACROSS)
        draft = replace(self.draft, strokes=(*others, stroke))
        is_part = _solid_parts(draft) > _solid_parts(self.draft) and draft.attenuation in WITHOUT_SOLID_PART
        if is_part:
            draft = replace(draft, attenuation="part-solid")
        self._step("Draw", replace(self.state, draft=draft))
        return "The outline in the nodule is its solid part: it is part-solid now." if is_part else ""

    def erase(self, path_mm: NDArray[np.float64], radius_mm: float) -> None:
        """Take away what of the drawing lies within `radius_mm` of the path (n, 2), u, v mm."""
        self._draw("Erase", erased(self.draft.strokes, np.asarray(path_mm, float).reshape(-1, 2), radius_mm))

    def clear(self) -> None:
        self._draw("Clear", ())

    def smooth(self) -> None:
        """Take the wiggles out of the lines."""
        self._draw("Smooth", tuple(smoothed(stroke) for stroke in self.draft.strokes))

    def suggest(self, wishes: Wishes) -> None:
        """A plausible outline in place of what is drawn but vessels and walls; each time another one.

        It is for the place, the size and the attenuation at hand. Raises :class:`InputError` without a VOI.
        """
        voi = self.draft.placed()
        wall = self._reslice_of(voi, self.nodules).nearest_wall_mm if wishes.tags else None
        self._suggested += 1
        chance = np.random.default_rng((self.draft.seed, self._suggested))
        strokes = suggest(voi.diameter_mm, self.draft.attenuation, chance, wishes, wall)
        kept = (stroke for stroke in self.draft.strokes if stroke.label in ("vessel", "wall"))
        self._draw("Suggest a drawing", (*kept, *strokes))

    def reshape(self, stroke: Stroke, into: Stroke) -> None:
        """Put another line in the place of one of the drawing; what follows in the same gesture is one step with it."""
        strokes = tuple(into if one is stroke else one for one in self.draft.strokes)
        self._step("Move points", replace(self.state, draft=replace(self.draft, strokes=strokes)), merge=True)

    def trace(self, scan: Scan) -> None:
        """The lines of a scanned sketch instead of the drawing, the page scaled to the VOI."""
        self._draw("Load a sketch", tuple(scan.strokes(self.draft.placed().side_mm)))

    def preview(self, pending: Stroke | None = None) -> Callable[[], Preview]:
        """What :meth:`insert` would show on the sketch plane, to be called on any thread. Raises :class:`InputError`.

        Under the draft lie the nodules that come before it; `pending`: a line still being drawn.
        """
        return self.variants([self.draft.seed], pending)[0]

    def variants(self, seeds: Sequence[int], pending: Stroke | None = None) -> list[Callable[[], Preview]]:
        strokes = (*self.draft.strokes, pending) if pending else self.draft.strokes
        recipe = replace(self.draft, strokes=strokes).recipe()
        before = [nodule.key for nodule in self.nodules].index(self.state.edited) if self.state.edited else None
        nodules = self.nodules[:before]
        reslice = self._reslice_of(recipe.voi, nodules)
        return [partial(Preview.of, reslice, replace(recipe, seed=seed % (MAX_SEED + 1))) for seed in seeds]

    def _reslice_of(self, voi: Voi, nodules: tuple[Nodule, ...]) -> Reslice:
        """Of the CT with `nodules`; the last one is kept."""
        if self._reslice is None or self._reslice[:2] != (voi, nodules):
            self._reslice = (voi, nodules, Reslice(layered(self.source, shown(nodules)), voi))
        return self._reslice[2]

    def _draw(self, name: str, strokes: tuple[Stroke, ...]) -> None:
        if strokes != self.draft.strokes:
            self._step(name, replace(self.state, draft=replace(self.draft, strokes=strokes)))


def _solid_parts(draft: Draft) -> int:
    return sum(stroke.label == "solid" for stroke in draft.strokes)
