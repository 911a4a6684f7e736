"""The editing session: what a user does to a CT, which is never written, whatever the window it is done in.

What takes time (:class:`Work`) reads a state and may run on another thread; only :meth:`Session.commit` and the other
edits change the session, all on the caller's thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.grid import lps_of_ras, ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, SYNTHETIC, Draft, Recipe
from SketchNoduleSynthLib.editing.drafting import Drafting
from SketchNoduleSynthLib.editing.drawing_tools import beside
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import Nodule, overlaps, shown
from SketchNoduleSynthLib.editing.real_nodules import drawing_of, holds
from SketchNoduleSynthLib.editing.states import State
from SketchNoduleSynthLib.editing.work import FindWork, RandomWork, Work
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.synthesis.insertion import Make
from SketchNoduleSynthLib.synthesis.pipeline import synthesize
from SketchNoduleSynthLib.synthesis.result import Result, of_nodules
from SketchNoduleSynthLib.synthesis.site import Reslice
from SketchNoduleSynthLib.synthesis.stages import Progress, silent


class Session(Drafting):
    """A CT being edited; `make` makes its nodules. Raises :class:`InputError` if `source` cannot be a CT in HU."""

    def __init__(self, source: Volume, state: State | None = None, make: Make = synthesize) -> None:
        super().__init__(source, state)
        self.make = make
        self.next_key = max((nodule.key for nodule in self.nodules), default=0) + 1
        self._overlaps: tuple[tuple[Nodule, ...], dict[int, list[int]]] = ((), {})
        """That of the next nodule; no nodule of this session has had it, not even one that was taken back."""

    @cached_property
    def source_sha256(self) -> str:
        """What tells the source, which never changes, from other CTs; see :meth:`Volume.sha256`."""
        return self.source.sha256()

    def read(self, box: Box) -> NDArray:
        """The voxels of `box` (z, y, x) as the case stands; a copy."""
        return layered(self.source, shown(self.nodules)).array[box]

    def result(self) -> Result:
        """The CT with the shown nodules, labels 1, 2 ... in their order, and the recipe that gives the same."""
        return of_nodules(self.source, shown(self.nodules))

    def overlapped_by(self, key: int) -> Sequence[int]:
        """The keys of the shown nodules that share voxels with that one."""
        if self._overlaps[0] is not self.nodules:
            self._overlaps = self.nodules, overlaps(self.nodules)
        return self._overlaps[1].get(key, ())

    def place_of(self, key: int) -> tuple[float, float, float]:
        """Where a nodule lies, RAS mm: the middle of what was made, which may lie beside that of its VOI."""
        nodule = self.nodule(key)
        if nodule.insertion is None:
            return nodule.recipe.voi.center_ras_mm
        x, y, z = ras_of_lps(self.source.grid.to_lps(nodule.insertion.middle[::-1])).tolist()
        return x, y, z

    def edit(self, key: int | None) -> None:
        """Take a nodule's recipe as the draft, to change it; None: to draw another one.

        Of a real nodule it is a new drawing in its place.
        """
        draft = replace(self.draft, strokes=()) if key is None else self._drawing(key)
        if key is not None and self.nodule(key).recipe.kind != SYNTHETIC:
            key = None
        if (key, draft) != (self.state.edited, self.draft):
            self._step("Edit", State(draft, self.nodules, key))

    def duplicate(self, key: int, center_ras_mm: Sequence[float] | None = None) -> None:
        """Take a copy of a nodule's drawing as the draft of a new one, its VOI at a point, or beside the nodule's.

        Raises :class:`InputError` as :meth:`place`.
        """
        draft = self._drawing(key)
        voi = beside(draft.placed())
        if center_ras_mm is not None:
            x, y, z = map(float, center_ras_mm)
            voi = replace(voi, center_ras_mm=(x, y, z))
            Reslice(self.source, voi)
        self._step("Duplicate", State(replace(draft, voi=voi), self.nodules))

    def find(self, click_ras_mm: Sequence[float]) -> Work:
        """The real nodule at a point of the CT, to be measured as one more entry; nothing is changed.

        Raises :class:`InputError` if an entry is there already; the work does so where there is no nodule.
        """
        for nodule in self.nodules:
            made = nodule.insertion if nodule.is_shown and nodule.recipe.kind != REMOVED else None
            if made is not None and holds(made, self.source.grid, lps_of_ras(click_ras_mm)):
                raise InputError(f"This is nodule {nodule.key}, which is in the table already.")
        work = self._work(f"Find nodule {self.next_key}", self.nodules, self.state.edited)
        return FindWork(**vars(work), click_ras_mm=tuple(click_ras_mm), key=self.next_key)

    def take_out(self, key: int, is_removed: bool = True) -> Work:
        """Fill the place of a real nodule with lung, or put the nodule back. Raises :class:`InputError` for others."""
        recipe = self.nodule(key).recipe
        if recipe.kind == SYNTHETIC:
            raise InputError(f"Nodule {key} is no real one; remove it from the table.")
        changed = Nodule(key, replace(recipe, kind=REMOVED if is_removed else FOUND, weights_sha256=None))
        nodules = tuple(changed if nodule.key == key else nodule for nodule in self.nodules)
        return self._work(f"{'Take out' if is_removed else 'Put back'} nodule {key}", nodules, self.state.edited)

    def insert(self) -> Work:
        """The draft as a new nodule, or in place of the one being edited. Raises :class:`InputError`."""
        recipe, key = self.draft.recipe(), self.state.edited
        if key is None:
            key = self.next_key
            return self._work(f"Insert nodule {key}", (*self.nodules, Nodule(key, recipe)), key)
        self.nodule(key)
        changed = (Nodule(key, recipe) if nodule.key == key else nodule for nodule in self.nodules)
        return self._work(f"Update nodule {key}", tuple(changed), key)

    def add(self, recipe: Recipe) -> Work:
        new = (Nodule(key, nodule) for key, nodule in enumerate(recipe.nodules, self.next_key))
        return self._work("Load a recipe", (*self.nodules, *new), self.state.edited)

    def add_random(self, count: int, difficulty: str | None = None, seed: int | None = None) -> Work:
        """`count` nodules where nodules can be, after those that are there and clear of them; see :mod:`generation`.

        `difficulty`: conspicuous, moderate or subtle; any if None. Without a `seed`, others come each time.
        """
        work = self._work("Add random nodules", self.nodules, self.state.edited)
        seed = secrets.randbelow(MAX_SEED + 1) if seed is None else seed
        return RandomWork(**vars(work), count=count, seed=seed, difficulty=difficulty, first_key=self.next_key)

    def remove(self, key: int) -> Work:
        self.nodule(key)
        edited = None if self.state.edited == key else self.state.edited
        return self._work(f"Remove nodule {key}", tuple(n for n in self.nodules if n.key != key), edited)

    def show(self, key: int, is_shown: bool) -> Work:
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
        self.commit(work, work.carry_out(progress))

    def take_over(self, other: Session) -> None:
        """Go on with what `other`, a session of the same CT, holds."""
        self.next_key = max(self.next_key, other.next_key)
        self._step("Take up", other.state)

    def _drawing(self, key: int) -> Draft:
        nodule = self.nodule(key)
        if nodule.recipe.kind == SYNTHETIC or nodule.insertion is None:
            return Draft.of(nodule.recipe)
        return drawing_of(nodule.insertion, self.source.grid, self.draft)

    def _work(self, name: str, nodules: tuple[Nodule, ...], edited: int | None) -> Work:
        return Work(name, self.source, self.nodules, nodules, edited, self.draft.voi, self.make)
