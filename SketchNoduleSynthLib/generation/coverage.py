"""Which nodules a set of cases has, and which it lacks: size x attenuation x location x difficulty.

The pathology-coverage rate is the share of these 216 cells that hold at least one nodule. Not every cell can be filled:
small nodules are harder to find than large ones, and ground-glass ones than solid ones. The rate of pairs, the share
of all pairs of two properties (a size with a location, ...) that some nodule has, is within reach of a small set; it is
the two-way coverage of combinatorial testing (Kuhn, Kacker and Lei, NIST SP 800-142, 2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.generation.lung import SIDES
from SketchNoduleSynthLib.generation.regions import THIRDS

SIZE_LIMITS_MM = (6.0, 8.0, 15.0)
"""Where Lung-RADS divides solid nodules."""
SIZES = ("below 6 mm", "6 to 8 mm", "8 to 15 mm", "15 mm or more")
LOCATIONS = tuple(f"{side} {third}" for side, third in product(SIDES.values(), THIRDS))
AXES = {"size": SIZES, "attenuation": ATTENUATIONS, "location": LOCATIONS, "difficulty": LEVELS}


@dataclass(frozen=True)
class NoduleKind:
    """What of a nodule is counted. Raises :class:`InputError` for an unknown word or a diameter that is none."""

    diameter_mm: float
    attenuation: str
    side: str
    third: str
    difficulty: str

    def __post_init__(self) -> None:
        if not 0 < self.diameter_mm < np.inf:
            raise InputError(f"A nodule's diameter is {self.diameter_mm!r}; give its long diameter in mm.")
        _ = self.cell

    @cached_property
    def cell(self) -> tuple[int, ...]:
        """Where it is counted, an index an axis."""
        size = SIZES[int(np.searchsorted(SIZE_LIMITS_MM, self.diameter_mm, side="right"))]
        words = (size, self.attenuation, f"{self.side} {self.third}", self.difficulty)
        for (axis, known), word in zip(AXES.items(), words, strict=True):
            if word not in known:
                raise InputError(f"A nodule's {axis} is {word!r}; it must be one of {', '.join(known)}.")
        return tuple(known.index(word) for known, word in zip(AXES.values(), words, strict=True))


@dataclass(frozen=True, eq=False)
class Coverage:
    """How many nodules each cell holds: `counts`, in the order of AXES."""

    counts: NDArray[np.int64]

    @property
    def rate(self) -> float:
        """The pathology-coverage rate: the share of cells with a nodule."""
        return float((self.counts > 0).mean())

    @property
    def rate_of_pairs(self) -> float:
        """The share of all pairs of two properties that some nodule has."""
        axes = set(range(self.counts.ndim))
        tables = [self.counts.sum(tuple(axes - set(pair))) for pair in combinations(sorted(axes), 2)]
        return sum((table > 0).sum() for table in tables) / sum(table.size for table in tables)

    def rows(self) -> Iterator[tuple[str | int, ...]]:
        for words, count in zip(product(*AXES.values()), self.counts.ravel().tolist(), strict=True):
            yield (*words, count)


def coverage(nodules: Iterable[NoduleKind]) -> Coverage:
    """Count the nodules of any number of cases."""
    counts = np.zeros([len(words) for words in AXES.values()], np.int64)
    for nodule in nodules:
        counts[nodule.cell] += 1
    return Coverage(counts)
