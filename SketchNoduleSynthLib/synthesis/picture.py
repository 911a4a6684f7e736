"""preview.png: every nodule before and after in three planes, lung window, with its drawing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe
from SketchNoduleSynthLib.drawing.sketch import ACROSS, COLORS, Stroke

Tile = tuple[str, Image.Image]
TILE = 256
HEADING = 18
WIDER = 1.6
PLANES = ("sketch plane", "across, left-right", "across, front-back")


def planes(frame: Frame) -> list[Frame]:
    """The sketch plane and the two planes across it, head up, through the centre of `frame`, a cube."""
    u, v, w = frame.axes
    pairs = ((u, v), (u, -w), (v, -w))
    axes = [np.stack([a, b, np.cross(a, b)]) for a, b in pairs]
    return [Frame(frame.center, turned, frame.extent, frame.samples).plane() for turned in axes]


def drawn(image: NDArray[np.uint8], strokes: Sequence[Stroke], side_mm: float) -> Image.Image:
    """`image` (v, u) over `side_mm` with the strokes of that plane on it."""
    picture = Image.fromarray(image).convert("RGB")
    pen = ImageDraw.Draw(picture)
    for stroke in (stroke for stroke in strokes if stroke.label != ACROSS):
        path = stroke.path_mm * len(image) / side_mm + len(image) / 2
        color = tuple(round(255 * part) for part in COLORS[stroke.label])
        pen.line([tuple(point) for point in path.tolist()], fill=color, width=2)
    return picture


def sheet(rows: Sequence[tuple[str, Sequence[Tile]]]) -> Image.Image:
    """Rows of tiles under a heading each; every tile with its name."""
    width = max(len(tiles) for _, tiles in rows) * TILE
    whole = Image.new("RGB", (width, len(rows) * (TILE + 2 * HEADING)))
    pen = ImageDraw.Draw(whole)
    for number, (heading, tiles) in enumerate(rows):
        top = number * (TILE + 2 * HEADING)
        pen.text((4, top + 3), heading, fill="white")
        for column, (name, tile) in enumerate(tiles):
            whole.paste(tile, (column * TILE, top + 2 * HEADING))
            pen.text((column * TILE + 4, top + HEADING + 3), name, fill="#b0b0b0")
    return whole


def before_and_after(before: Volume, after: Volume, nodule: NoduleRecipe) -> list[Tile]:
    voi = nodule.voi
    wide = Frame.of_voi(voi.center_lps_mm, voi.side_mm * WIDER, TILE, voi.tilt_lr_deg, voi.tilt_hf_deg)
    cuts = planes(wide)
    tiles = [("drawing", drawn(grey(cuts[0], before), nodule.strokes, wide.extent[0]))]
    for name, cut in zip(PLANES, cuts, strict=True):
        for when, ct in (("before", before), ("after", after)):
            tiles.append((f"{when}: {name}", Image.fromarray(grey(cut, ct))))
    return tiles


def grey(cut: Frame, volume: Volume) -> NDArray[np.uint8]:
    return to_8bit(cut.sample(volume, "cubic")[0])


def write_preview(
    path: Path, before: Volume, after: Volume, nodules: Sequence[NoduleRecipe], headings: Sequence[str]
) -> None:
    rows = [(text, before_and_after(before, after, nodule)) for nodule, text in zip(nodules, headings, strict=True)]
    sheet(rows).save(path)
