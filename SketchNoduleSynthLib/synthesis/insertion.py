"""A made nodule: all that is known of it, from what was asked for to what was measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.report import Report
from SketchNoduleSynthLib.synthesis.stages import Progress

SIDES, THIRDS = ("right", "left"), ("upper", "middle", "lower")
"""Of the patient, of a lung's volume."""


@dataclass(frozen=True)
class Situation:
    """Where in the lungs a nodule stands, and how hard that makes it to find; see :mod:`generation.situation`.

    `side`: one of SIDES or not known; `third`: one of THIRDS; `difficulty`: 0 (easy) to 1; `difficulty_class`:
    its word.
    """

    side: str | None
    third: str
    difficulty: float
    difficulty_class: str


@dataclass(frozen=True, eq=False)
class Insertion:
    """A nodule ready to stand in a CT; only voxels where `after` differs from `before` are ever written.

    Parameters
    ----------
    box : Box
        Where in the CT's array (z, y, x).
    before, after : ndarray, shape of the box
        In the CT's voxel type.
    nodule : ndarray of bool, shape of the box
        The nodule's voxels.
    recipe : NoduleRecipe
        What was carried out.
    report : Report
        What was measured.
    situation : Situation, optional
        Where in the lungs it stands; known where the CT's lungs were looked for.
    """

    box: Box
    before: NDArray
    after: NDArray
    nodule: NDArray[np.bool_]
    recipe: NoduleRecipe
    report: Report
    situation: Situation | None = None

    @cached_property
    def middle(self) -> tuple[int, int, int]:
        """The voxel (z, y, x) of the nodule that is nearest to its centre of mass."""
        inside = np.argwhere(self.nodule)
        nearest = inside[np.square(inside - inside.mean(0)).sum(1).argmin()]
        z, y, x = (nearest + self.box.start).tolist()
        return z, y, x

    def apply(self, array: NDArray) -> None:
        """Write the nodule into the CT's voxels (z, y, x); raises :class:`InputError` if they are not that CT's."""
        self._write(array, self.after)

    def revert(self, array: NDArray) -> None:
        """Undo :meth:`apply` exactly."""
        self._write(array, self.before)

    def flipped(self, slices: int) -> Insertion:
        """The same for the CT, of so many slices, with its slices in the other order; see :meth:`Grid.flipped`."""
        box = self.box.flipped(slices)
        before, after, nodule = (values[::-1] for values in (self.before, self.after, self.nodule))
        report = replace(self.report, box_ijk=box)
        return replace(self, box=box, before=before, after=after, nodule=nodule, report=report)

    def _write(self, array: NDArray, values: NDArray) -> None:
        if array[self.box].shape != values.shape or array.dtype != values.dtype:
            raise InputError("The insertion belongs to a CT of another size or voxel type.")
        changed = self.after != self.before
        array[self.box][changed] = values[changed]


def check_weights(nodule: NoduleRecipe, sha256: str) -> None:
    """Raise :class:`InputError` if the recipe was carried out with other weights than those."""
    if nodule.weights_sha256 not in (None, sha256):
        raise InputError(
            f"The recipe was carried out with other weights of {nodule.model} ({nodule.weights_sha256}); "
            "remove weights_sha256 to use the bundled ones."
        )


class Make(Protocol):
    """What makes a nodule for a volume, which it does not change: :func:`pipeline.synthesize`."""

    def __call__(self, volume: Volume, nodule: NoduleRecipe, progress: Progress = ..., /) -> Insertion:
        """Raises :class:`InputError` if it cannot be made."""
