"""The editing session of a case: what a user does to a CT, whatever the window it is done in.

The source volume is never written. A state is a draft, the nodules and which of them is being edited; states are
immutable and share what they have in common, so that undo is going back to one. What takes time (:class:`Work`)
reads a state and may run on another thread; only :meth:`Session.commit` and the other edits change the session, all
on the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume, check_ct
from SketchNoduleSynthLib.drawing.recipe import Draft, Recipe
from SketchNoduleSynthLib.drawing.sketch import Label, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.drawing_tools import beside, erased, simplified
from SketchNoduleSynthLib.editing.history import History
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import Nodule, Progress, shown
from SketchNoduleSynthLib.editing.work import Preview, Work, silent
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.synthesis.result import Result, of_nodules
from SketchNoduleSynthLib.synthesis.site import Reslice

if TYPE_CHECKING:
    from SketchNoduleSynthLib.drawing.scan import Scan

DIAMETER_MM = 12.0
"""Of a VOI that was placed by a click, before there was another."""


@dataclass(frozen=True)
class State:
    """All that undo brings back; `edited` is the key of the nodule whose recipe the draft is, if it is one's."""

    draft: Draft = field(default_factory=Draft)
    nodules: tuple[Nodule, ...] = ()
    edited: int | None = None


class Session:
    """One case being edited, from `state` on. Raises :class:`InputError` if `source` cannot be a CT in HU."""

    def __init__(self, source: Volume, state: State | None = None) -> None:
        check_ct(source.array)
        self.source = source
        self._history = History(state or State())
        self.changed: Signal[tuple[Box, ...]] = Signal()
        """After each change, with the boxes of voxels that may have changed."""
        self._reslice: tuple[Voi, tuple[Nodule, ...], Reslice] | None = None
        self.next_key = max((nodule.key for nodule in self.nodules), default=0) + 1
        """That of the next nodule; no nodule of this session has had it, not even one that was taken back."""

    # Looking

    @cached_property
    def source_sha256(self) -> str:
        """What tells the source, which never changes, from other CTs; see :meth:`Volume.sha256`."""
        return self.source.sha256()

    @property
    def state(self) -> State:
        """What is shown and edited now."""
        return self._history.state

    @property
    def draft(self) -> Draft:
        """What is being drawn."""
        return self.state.draft

    @property
    def nodules(self) -> tuple[Nodule, ...]:
        """In the order in which they are inserted."""
        return self.state.nodules

    @property
    def is_inserted(self) -> bool:
        """Whether the draft is a nodule of the case, as it is."""
        key = self.state.edited
        return key is not None and Draft.of(self.nodule(key).recipe) == self.draft

    def nodule(self, key: int) -> Nodule:
        """The nodule of `key`; raises :class:`InputError` if there is none."""
        for nodule in self.nodules:
            if nodule.key == key:
                return nodule
        raise InputError(f"There is no nodule {key} in this case.")

    def read(self, box: Box) -> NDArray:
        """The voxels of `box` (z, y, x) as the case stands; a copy."""
        return layered(self.source, shown(self.nodules)).array[box]

    def result(self) -> Result:
        """The CT with the shown nodules, labels 1, 2 ... in their order, and the recipe that gives the same."""
        return of_nodules(self.source, shown(self.nodules))

    # Drafting

    def place(self, center_ras_mm: Sequence[float], diameter_mm: float | None = None) -> None:
        """Put the VOI at a point of the CT, untilted, and start a new drawing there.

        Raises :class:`InputError` if the point is outside the CT or in air outside the body, or if the draft's model
        does not know that diameter.
        """
        x, y, z = map(float, center_ras_mm)
        diameter = diameter_mm or (self.draft.voi.diameter_mm if self.draft.voi else DIAMETER_MM)
        voi = self._checked(Voi((x, y, z), diameter))
        Reslice(self.source, voi)
        self._step("Place", State(replace(self.draft, voi=voi, strokes=()), self.nodules))

    def set_voi(self, voi: Voi) -> None:
        """Move, resize or tilt the VOI; the drawing goes with it, and grows with its diameter.

        Raises :class:`InputError` for a diameter that the draft's model does not know.
        """
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

    def draw(self, stroke: Stroke) -> None:
        """Add a line. Raises :class:`InputError` if there is no VOI to draw on."""
        self.draft.placed()
        self._draw("Draw", (*self.draft.strokes, stroke))

    def erase(self, path_mm: NDArray[np.float64], radius_mm: float) -> None:
        """Take away what of the drawing lies within `radius_mm` of the path (n, 2), u, v mm."""
        self._draw("Erase", erased(self.draft.strokes, np.asarray(path_mm, float).reshape(-1, 2), radius_mm))

    def clear(self) -> None:
        """Take away the drawing."""
        self._draw("Clear", ())

    def simplify(self, tolerance_mm: float = 0.3) -> None:
        """Leave out points of the lines that lie within `tolerance_mm` of what is left (Douglas and Peucker)."""
        self._draw("Simplify", tuple(simplified(stroke, tolerance_mm) for stroke in self.draft.strokes))

    def trace(self, scan: Scan, label: Label = "nodule") -> None:
        """The lines of a scanned sketch instead of the drawing, the page scaled to the VOI."""
        self._draw("Load a sketch", tuple(scan.strokes(self.draft.placed().side_mm, label)))

    # Nodules

    def edit(self, key: int | None) -> None:
        """Take a nodule's recipe as the draft, to change it; None: to draw another one."""
        draft = replace(self.draft, strokes=()) if key is None else Draft.of(self.nodule(key).recipe)
        if (key, draft) != (self.state.edited, self.draft):
            self._step("Edit", State(draft, self.nodules, key))

    def duplicate(self, key: int) -> None:
        """Take a copy of a nodule's recipe as the draft of a new one, its VOI beside the nodule's."""
        recipe = self.nodule(key).recipe
        self._step("Duplicate", State(Draft.of(replace(recipe, voi=beside(recipe.voi))), self.nodules))

    def insert(self) -> Work:
        """The draft as a new nodule, or in place of the one being edited. Raises :class:`InputError`."""
        recipe, key = self.draft.recipe(), self.state.edited
        if key is None:
            key = self.next_key
            return self._work(f"Insert nodule {key}", (*self.nodules, Nodule(key, recipe)), key)
        self.nodule(key)
        changed = (Nodule(key, recipe) if nodule.key == key else nodule for nodule in self.nodules)
        return self._work(f"Update nodule {key}", tuple(changed), key)

    def add(self, recipe: Recipe, name: str = "Load a recipe") -> Work:
        """The nodules of a recipe, after those that are there; `name`: the step's."""
        new = (Nodule(key, nodule) for key, nodule in enumerate(recipe.nodules, self.next_key))
        return self._work(name, (*self.nodules, *new), self.state.edited)

    def remove(self, key: int) -> Work:
        """Take a nodule away."""
        self.nodule(key)
        edited = None if self.state.edited == key else self.state.edited
        return self._work(f"Remove nodule {key}", tuple(n for n in self.nodules if n.key != key), edited)

    def show(self, key: int, is_shown: bool) -> Work:
        """Show or hide a nodule."""
        self.nodule(key)
        name = f"{'Show' if is_shown else 'Hide'} nodule {key}"
        nodules = (replace(n, is_shown=is_shown) if n.key == key else n for n in self.nodules)
        return self._work(name, tuple(nodules), self.state.edited)

    def commit(self, work: Work, made: tuple[Nodule, ...]) -> None:
        """Take over what :meth:`Work.carry_out` made; a drawing that went on or was begun meanwhile is kept.

        Raises :class:`InputError` if the nodules are no longer those that the work began with.
        """
        if self.nodules is not work.before:
            raise InputError("The nodules changed while this one was made; try again.")
        self.next_key = max([self.next_key, *(nodule.key + 1 for nodule in made)])
        edited = work.edited if self.draft.voi == work.voi else self.state.edited
        edited = edited if edited in [nodule.key for nodule in made] else None
        self._step(work.name, replace(self.state, nodules=made, edited=edited))

    def carry_out(self, work: Work, progress: Progress = silent) -> None:
        """Carry out and commit at once."""
        self.commit(work, work.carry_out(progress))

    def preview(self, pending: Stroke | None = None) -> Callable[[], Preview]:
        """What :meth:`insert` would show on the sketch plane, to be called on any thread. Raises :class:`InputError`.

        Under the draft lie the nodules that come before it; `pending`: a line still being drawn.
        """
        return self.variants([self.draft.seed], pending)[0]

    def variants(self, seeds: Sequence[int], pending: Stroke | None = None) -> list[Callable[[], Preview]]:
        """The same for several seeds."""
        strokes = (*self.draft.strokes, pending) if pending else self.draft.strokes
        recipe = replace(self.draft, strokes=strokes).recipe()
        before = [nodule.key for nodule in self.nodules].index(self.state.edited) if self.state.edited else None
        nodules = self.nodules[:before]
        if self._reslice is None or self._reslice[:2] != (recipe.voi, nodules):
            reslice = Reslice(layered(self.source, shown(nodules)), recipe.voi)
            self._reslice = (recipe.voi, nodules, reslice)
        reslice = self._reslice[2]
        return [partial(Preview.of, reslice, replace(recipe, seed=seed % (MAX_SEED + 1))) for seed in seeds]

    # History

    @property
    def undoable(self) -> str:
        """The name of the step that :meth:`undo` takes back; empty if there is none."""
        return self._history.undoable

    @property
    def redoable(self) -> str:
        """The name of the step that :meth:`redo` does again; empty if there is none."""
        return self._history.redoable

    def undo(self) -> None:
        """Take back the last step, if there is one."""
        self._move(self._history.undo)

    def redo(self) -> None:
        """Do again what was taken back last, if anything was."""
        self._move(self._history.redo)

    def _draw(self, name: str, strokes: tuple[Stroke, ...]) -> None:
        if strokes != self.draft.strokes:
            self._step(name, replace(self.state, draft=replace(self.draft, strokes=strokes)))

    def _work(self, name: str, nodules: tuple[Nodule, ...], edited: int | None) -> Work:
        return Work(name, self.source, self.nodules, nodules, edited, self.draft.voi)

    def _step(self, name: str, state: State, merge: bool = False) -> None:
        self._move(lambda: self._history.step(name, state, merge))

    def _move(self, move: Callable[[], None]) -> None:
        before = shown(self.nodules)
        move()
        changed = set(before) ^ set(shown(self.nodules))
        self.changed.emit(tuple(insertion.box for insertion in changed))
