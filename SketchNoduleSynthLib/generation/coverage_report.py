"""A coverage as files: a table with a row a cell, and a heat map to look at."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.extras import needed
from SketchNoduleSynthLib.files import all_or_none, write_rows
from SketchNoduleSynthLib.generation.coverage import AXES, LOCATIONS, SIZES, Coverage
from SketchNoduleSynthLib.generation.difficulty import LEVELS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE_FILE, PICTURE_FILE = "coverage.csv", "coverage.png"
ROWS = [f"{size}, {attenuation}" for size, attenuation in product(SIZES, ATTENUATIONS)]
COLUMNS = [f"{location}, {level}" for location, level in product(LOCATIONS, LEVELS)]


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
    counts = coverage.counts.reshape(len(ROWS), len(COLUMNS))
    most = max(int(counts.max()), 1)
    figure: Figure = plots().Figure((10, 7), layout="constrained")
    axes = figure.add_subplot(
        title=f"{counts.sum()} nodules; pathology-coverage rate {coverage.rate:.0%} of {counts.size} cells, "
        f"{coverage.rate_of_pairs:.0%} of pairs"
    )
    axes.imshow(np.ma.masked_equal(np.sqrt(counts), 0), cmap="YlGnBu", vmin=0, vmax=np.sqrt(most))
    axes.set_xticks(range(len(COLUMNS)), COLUMNS, rotation=90)
    axes.set_yticks(range(len(ROWS)), ROWS)
    axes.vlines(np.arange(0, len(COLUMNS) + 1, len(LEVELS)) - 0.5, -0.5, len(ROWS) - 0.5, "grey", linewidth=0.8)
    axes.hlines(np.arange(0, len(ROWS) + 1, len(ATTENUATIONS)) - 0.5, -0.5, len(COLUMNS) - 0.5, "grey", linewidth=0.8)
    for row, column in np.argwhere(counts):
        dark = counts[row, column] > most / 4
        axes.text(column, row, str(counts[row, column]), color="w" if dark else "k", ha="center", va="center")
    return figure


def plots() -> Any:
    """matplotlib's figures; raises :class:`InputError` if it is missing."""
    return needed("matplotlib.figure", "cases", "A picture of the coverage")
