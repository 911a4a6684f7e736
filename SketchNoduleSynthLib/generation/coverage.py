"""Which nodules a set of cases has, and which it lacks: size x attenuation x location x difficulty.

The pathology-coverage rate is the share of these 216 cells that hold at least one nodule. Not every cell can be filled:
small nodules are harder to find than large ones, and ground-glass ones than solid ones. The rate of pairs, the share
of all pairs of two properties (a size with a location, ...) that some nodule has, is within reach of a small set; it is
the two-way coverage of combinatorial testing (Kuhn, Kacker and Lei, NIST SP 800-142, 2010).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.measure import SIZES, size_of
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.files import all_or_none, write_rows
from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.synthesis.insertion import SIDES, THIRDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOCATIONS = tuple(f"{side} {third}" for side, third in product(SIDES, THIRDS))
AXES = {"size": SIZES, "attenuation": ATTENUATIONS, "location": LOCATIONS, "difficulty": LEVELS}


TABLE_FILE, PICTURE_FILE = "coverage.csv", "coverage.png"


def cell_of(diameter_mm: float, attenuation: str, side: str, third: str, difficulty: str) -> tuple[int, ...]:
    """Where a nodule is counted, an index an axis; raises :class:`InputError` for what no nodule is."""
    if not 0 < diameter_mm < np.inf:
        raise InputError(f"A nodule's diameter is {diameter_mm!r}; give its long diameter in mm.")
    words = (size_of(diameter_mm), attenuation, f"{side} {third}", difficulty)
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
        return float((self.counts > 0).mean())

    @property
    def rate_of_pairs(self) -> float:
        axes = set(range(self.counts.ndim))
        tables = [self.counts.sum(tuple(axes - set(pair))) for pair in combinations(sorted(axes), 2)]
        return sum((table > 0).sum() for table in tables) / sum(table.size for table in tables)

    def rows(self) -> Iterator[tuple[str | int, ...]]:
        for words, count in zip(product(*AXES.values()), self.counts.ravel().tolist(), strict=True):
            yield (*words, count)


def coverage(cells: Iterable[tuple[int, ...]]) -> Coverage:
    """Count the nodules of any number of cases, each by its :func:`cell_of`."""
    counts = np.zeros([len(words) for words in AXES.values()], np.int64)
    for cell in cells:
        counts[cell] += 1
    return Coverage(counts)


def write(coverage: Coverage, folder: Path) -> None:
    """Write coverage.csv and coverage.png into `folder`, both or none.

    Raises :class:`InputError` if they cannot be written, or if matplotlib is missing.
    """
    if any((folder / name).is_dir() for name in (TABLE_FILE, PICTURE_FILE)):
        raise InputError(f"In {folder} a folder has the name of a result; give another folder.")
    with all_or_none(folder) as draft:
        write_rows(draft / TABLE_FILE, [*AXES, "nodules"], coverage.rows())
        heat_map(coverage).savefig(draft / PICTURE_FILE)


def heat_map(coverage: Coverage) -> Figure:
    """Size and attenuation downwards, location and difficulty across; cells without nodules are left empty."""
    down = [f"{size}, {attenuation}" for size, attenuation in product(SIZES, ATTENUATIONS)]
    across = [f"{location}, {level}" for location, level in product(LOCATIONS, LEVELS)]
    counts = coverage.counts.reshape(len(down), len(across))
    most = max(int(counts.max()), 1)
    figure: Figure = plots().Figure((10, 7), layout="constrained")
    axes = figure.add_subplot(
        title=f"{counts.sum()} nodules; pathology-coverage rate {coverage.rate:.0%} of {counts.size} cells, "
        f"{coverage.rate_of_pairs:.0%} of pairs"
    )
    axes.imshow(np.ma.masked_equal(np.sqrt(counts), 0), cmap="YlGnBu", vmin=0, vmax=np.sqrt(most))
    axes.set_xticks(range(len(across)), across, rotation=90)
    axes.set_yticks(range(len(down)), down)
    axes.vlines(np.arange(0, len(across) + 1, len(LEVELS)) - 0.5, -0.5, len(down) - 0.5, "grey", linewidth=0.8)
    axes.hlines(np.arange(0, len(down) + 1, len(ATTENUATIONS)) - 0.5, -0.5, len(across) - 0.5, "grey", linewidth=0.8)
    for row, column in np.argwhere(counts):
        dark = counts[row, column] > most / 4
        axes.text(column, row, str(counts[row, column]), color="w" if dark else "k", ha="center", va="center")
    return figure


def plots() -> Any:
    return needed("matplotlib.figure", "cases", "A picture of the coverage")
