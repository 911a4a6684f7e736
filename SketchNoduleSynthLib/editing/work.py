"""What takes time in a session: it reads what the session was when asked, and may run on any thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import Nodule, shown, standing
from SketchNoduleSynthLib.synthesis.insertion import Make
from SketchNoduleSynthLib.synthesis.pipeline import preview
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from SketchNoduleSynthLib.synthesis.stages import Progress, silent


@dataclass(frozen=True)
class Work:
    """A step of the nodules, from `before` to `wanted`, some of which are still to be made.

    `edited`: the nodule that is being edited afterwards, unless a drawing in another VOI than `voi` was begun.
    """

    name: str
    source: Volume
    before: tuple[Nodule, ...]
    wanted: tuple[Nodule, ...]
    edited: int | None
    voi: Voi | None
    make: Make

    def carry_out(self, progress: Progress = silent) -> tuple[Nodule, ...]:
        """Make what is to be made, on any thread; `progress` may raise to cancel. Raises :class:`InputError`."""
        return standing(self.source, self.wanted, self.make, progress)


@dataclass(frozen=True)
class RandomWork(Work):
    """`count` nodules more where nodules can be, clear of those that are there; the first gets the key `first_key`."""

    count: int
    seed: int
    difficulty: str | None
    first_key: int

    def carry_out(self, progress: Progress = silent) -> tuple[Nodule, ...]:
        """See :class:`Work`; what is made while places are looked for is taken over as it is."""
        from SketchNoduleSynthLib.generation.generate import Request, generate

        progress("the lungs")
        made = generate(
            self.source,
            self.count,
            self.seed,
            Request(self.difficulty),
            taken=[nodule.recipe.voi for nodule in self.before],
            there=shown(self.before),
            progress=lambda done: progress(f"nodule {min(done + 1, self.count)} of {self.count}"),
            make=self.make,
        )
        nodules = list(self.before)
        for key, insertion in enumerate(made, self.first_key):
            below = layered(self.source, shown(nodules))
            nodules.append(Nodule(key, insertion.recipe).made(insertion, below))
        return tuple(nodules)


@dataclass(frozen=True)
class FindWork(Work):
    """The real nodule at a click as one more entry, with the key `key`."""

    click_ras_mm: tuple[float, ...]
    key: int

    def carry_out(self, progress: Progress = silent) -> tuple[Nodule, ...]:
        """See :class:`Work`; raises :class:`InputError` that says what is there if it is no nodule."""
        from SketchNoduleSynthLib.synthesis.real_nodule import at_click

        progress("the nodule")
        recipe = at_click(layered(self.source, shown(self.before)), self.click_ras_mm)
        return standing(self.source, (*self.wanted, Nodule(self.key, recipe)), self.make, progress)


@dataclass(frozen=True)
class Preview:
    """The sketch plane `hu` (v, u) on `frame` as the nodule of `recipe` will stand in it, but for its noise."""

    frame: Frame
    hu: NDArray[np.float32]
    recipe: NoduleRecipe

    @classmethod
    def of(cls, reslice: Reslice, recipe: NoduleRecipe) -> Preview:
        """Raises :class:`InputError` as :func:`synthesize` does."""
        return cls(reslice.frame.plane(), preview(Site(reslice, recipe)), recipe)
