"""A CT with nodules on it, read box by box, so that no copy of the CT is made for a look or an edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.pipeline import Insertion


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
        """Of the source."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the source."""
        return self.source.dtype

    def __getitem__(self, box: Box) -> NDArray:
        box = normal(box, self.shape)
        values = self.source[box].copy()
        for insertion in self.insertions:
            common = overlap(box, insertion.box)
            if common is not None:
                theirs = within(common, insertion.box)
                changed = insertion.after[theirs] != insertion.before[theirs]
                values[within(common, box)][changed] = insertion.after[theirs][changed]
        return values


def layered(source: Volume, insertions: Sequence[Insertion]) -> Volume:
    """`source` as it is with `insertions`; its array is :class:`Layers`."""
    return source.with_array(cast(NDArray, Layers(source.array, tuple(insertions))))


def normal(box: Box, shape: tuple[int, ...]) -> Box:
    """`box` with plain starts and stops inside `shape`."""
    z, y, x = (slice(*part.indices(size)[:2]) for part, size in zip(box, shape, strict=True))
    return z, y, x


def overlap(one: Box, other: Box) -> Box | None:
    """What two boxes share; None if nothing."""
    z, y, x = (slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return (z, y, x) if all(part.start < part.stop for part in (z, y, x)) else None


def within(box: Box, outer: Box) -> Box:
    """`box`, which lies in `outer`, as slices of an array that covers `outer`."""
    z, y, x = (slice(b.start - o.start, b.stop - o.start) for b, o in zip(box, outer, strict=True))
    return z, y, x
