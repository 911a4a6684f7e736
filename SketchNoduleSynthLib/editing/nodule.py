"""The nodules of a case, each standing on the CT and the nodules before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import combinations

import numpy as np

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import REMOVED, NoduleRecipe
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.insertion import Insertion, Make
from SketchNoduleSynthLib.synthesis.pipeline import voxels_read
from SketchNoduleSynthLib.synthesis.stages import Progress


@dataclass(frozen=True)
class Nodule:
    """A nodule of a case: `key` is its own for good, `recipe` what is asked for, `insertion` what was made of it.

    `ground` is the digest of all voxels that were read to make it.
    """

    key: int
    recipe: NoduleRecipe
    insertion: Insertion | None = None
    ground: bytes = b""
    is_shown: bool = True

    def stands_on(self, below: Volume) -> bool:
        return self.insertion is not None and digest(below, self.insertion) == self.ground

    def made(self, insertion: Insertion, below: Volume) -> Nodule:
        """The same, as it was made on `below`."""
        return replace(self, recipe=insertion.recipe, insertion=insertion, ground=digest(below, insertion))


def digest(below: Volume, insertion: Insertion) -> bytes:
    """Of the voxels of `below` that decide what `insertion` is."""
    voxels = below.array[voxels_read(below.grid, insertion)]
    return blake2b(np.ascontiguousarray(voxels).tobytes(), digest_size=16).digest()


def shown(nodules: Sequence[Nodule]) -> list[Insertion]:
    """The insertions of the shown nodules, in their order."""
    return [nodule.insertion for nodule in nodules if nodule.is_shown and nodule.insertion is not None]


def overlaps(nodules: Sequence[Nodule]) -> dict[int, list[int]]:
    """By key, the keys of the shown nodules that share voxels with it; what was taken out is no longer there."""
    there = [(n.key, n.insertion) for n in nodules if n.is_shown and n.insertion and n.recipe.kind != REMOVED]
    found: dict[int, list[int]] = {}
    for (key, one), (other_key, other) in combinations(there, 2):
        common = one.box.overlap(other.box)
        if common and (one.nodule[common.within(one.box)] & other.nodule[common.within(other.box)]).any():
            found.setdefault(key, []).append(other_key)
            found.setdefault(other_key, []).append(key)
    return found


def standing(source: Volume, wanted: Sequence[Nodule], make: Make, progress: Progress) -> tuple[Nodule, ...]:
    """`wanted` with every shown nodule made on what lies below it; those that already are stay the same objects.

    So a case is always what its recipe, carried out in order, gives, however it came about, and overlapping
    nodules come out right. Raises :class:`InputError` that names the nodule which cannot be made, if it is not the
    only one that was asked for.
    """
    is_alone = sum(nodule.insertion is None for nodule in wanted) == 1
    done: list[Nodule] = []
    for nodule in wanted:
        below = layered(source, shown(done))
        if nodule.is_shown and not nodule.stands_on(below):
            try:
                nodule = nodule.made(make(below, nodule.recipe, progress), below)
            except InputError as error:
                if nodule.insertion is not None:
                    what = f"Nodule {nodule.key}, which overlaps, cannot be made any more"
                    raise InputError(f"{what}: {error}") from error
                raise error if is_alone else InputError(f"Nodule {nodule.key}: {error}") from error
        done.append(nodule)
    return tuple(done)
