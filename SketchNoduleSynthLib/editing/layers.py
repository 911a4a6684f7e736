"""A CT with nodules on it, read box by box, so that no copy of the CT is made for a look or an edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.insertion import Insertion


@dataclass(frozen=True)
class Layers:
    """Reads like the array (z, y, x) of `source` with the nodules of `insertions` applied in their order.

    Only boxes (three slices) can be read; what is read is a copy.
    """

    source: NDArray
    insertions: tuple[Insertion, ...]
    ndim = 3

    @property
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.source.dtype

    def __getitem__(self, box: Box) -> NDArray:
        box = Box(*(slice(*part.indices(size)[:2]) for part, size in zip(box, self.shape, strict=True)))
        values = self.source[box].copy()
        for insertion in self.insertions:
            common = box.overlap(insertion.box)
            if common is not None:
                theirs = common.within(insertion.box)
                changed = insertion.after[theirs] != insertion.before[theirs]
                values[common.within(box)][changed] = insertion.after[theirs][changed]
        return values


def layered(source: Volume, insertions: Sequence[Insertion]) -> Volume:
    """`source` as it is with `insertions`; its array is :class:`Layers`."""
    return source.with_array(cast(NDArray, Layers(source.array, tuple(insertions))))
