"""A coverage as files: a table with a row a cell, and a heat map to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import all_or_none, write_rows
from SketchNoduleSynthLib.generation.coverage import AXES, LOCATIONS, SIZES, Coverage
from SketchNoduleSynthLib.generation.difficulty import LEVELS

TABLE_FILE, PICTURE_FILE = "coverage.csv", "coverage.png"
CELL, GAP = 36, 8
LEFT, TOP, WORD = 200, 130, 80
EMPTY, FEW, MANY = (44, 44, 48), (38, 84, 124), (255, 214, 74)
LIGHT = 0.5
"""The share of the way from FEW to MANY above which a number is written in black."""


def write(coverage: Coverage, folder: Path) -> None:
    """Write coverage.csv and coverage.png into `folder`, both or none; raises :class:`InputError` if it cannot be."""
    if any((folder / name).is_dir() for name in (TABLE_FILE, PICTURE_FILE)):
        raise InputError(f"In {folder} a folder has the name of a result; give another folder.")
    with all_or_none(folder) as draft:
        write_rows(draft / TABLE_FILE, [*AXES, "nodules"], coverage.rows())
        heat_map(coverage).save(draft / PICTURE_FILE)


def heat_map(coverage: Coverage) -> Image.Image:
    """Size and attenuation downwards, location and difficulty across; cells without nodules are dark."""
    kinds, levels = len(ATTENUATIONS), len(LEVELS)
    tops = [TOP + row * CELL + row // kinds * GAP for row in range(len(SIZES) * kinds)]
    lefts = [LEFT + column * CELL + column // levels * GAP for column in range(len(LOCATIONS) * levels)]
    picture = Image.new("RGB", (lefts[-1] + CELL + GAP, tops[-1] + CELL + GAP), "black")
    pen = ImageDraw.Draw(picture)
    pen.text(
        (GAP, GAP),
        f"{coverage.counts.sum()} nodules; pathology-coverage rate {coverage.rate:.0%} of {coverage.counts.size} cells"
        f", {coverage.rate_of_pairs:.0%} of pairs",
        fill="white",
    )
    for column, left in enumerate(lefts):
        if column % levels == 0:
            pen.text((left, TOP - WORD - 2 * GAP), LOCATIONS[column // levels], fill="white")
        word = Image.new("RGB", (WORD, CELL), "black")
        ImageDraw.Draw(word).text((0, CELL // 3), LEVELS[column % levels], fill="white")
        picture.paste(word.rotate(90, expand=True), (left, TOP - WORD - 2))
    most = max(int(coverage.counts.max()), 1)
    for row, top in enumerate(tops):
        if row % kinds == 0:
            pen.text((GAP, top + CELL // 3), SIZES[row // kinds], fill="white")
        pen.text((LEFT // 2 + GAP, top + CELL // 3), ATTENUATIONS[row % kinds], fill="white")
        for column, left in enumerate(lefts):
            count = int(coverage.counts[(*divmod(row, kinds), *divmod(column, levels))])
            _draw_cell(pen, left, top, count, np.sqrt(count / most))
    return picture


def _draw_cell(pen: ImageDraw.ImageDraw, left: int, top: int, count: int, share: float) -> None:
    """One cell, its colour `share` of the way from FEW to MANY."""
    colour = tuple(int(few + share * (many - few)) for few, many in zip(FEW, MANY, strict=True)) if count else EMPTY
    pen.rectangle((left + 1, top + 1, left + CELL - 2, top + CELL - 2), fill=colour)
    if count:
        place = (left + (CELL - pen.textlength(str(count))) / 2, top + CELL // 3)
        pen.text(place, str(count), fill="black" if share > LIGHT else "white")
