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
from SketchNoduleSynthLib.drawing.sketch import Label

TILE = 256
HEADING = 18
WIDER = 1.6
COLOURS: dict[Label, str] = {
    "nodule": "#ffd24a",
    "solid": "#ff9a1a",
    "calcification": "#ffffff",
    "cavity": "#cc80ff",
    "vessel": "#ff5a5a",
    "wall": "#5ac8ff",
    "other": "#9be36b",
}
PLANES = ("sketch plane", "across, left-right", "across, front-back")


def planes(frame: Frame) -> list[Frame]:
    """The sketch plane and the two planes across it, head up, through the centre of `frame`."""
    u, v, w = frame.axes
    side = (frame.extent[0],) * 2
    pixel = side[0] / TILE
    pairs = ((u, v), (u, -w), (v, -w))
    return [Frame(frame.center, np.stack([a, b, np.cross(a, b)]), (*side, pixel), (TILE, TILE, 1)) for a, b in pairs]


def strip(before: Volume, after: Volume, nodule: NoduleRecipe, heading: str) -> Image.Image:
    voi = nodule.voi
    wide = Frame.of_voi(voi.center_lps_mm, voi.side_mm * WIDER, TILE, voi.tilt_lr_deg, voi.tilt_hf_deg)
    cuts = planes(wide)
    tiles = [("drawing", grey(cuts[0], before))]
    for name, cut in zip(PLANES, cuts, strict=True):
        tiles += [(f"before: {name}", grey(cut, before)), (f"after: {name}", grey(cut, after))]
    sheet = Image.new("RGB", (TILE * len(tiles), TILE + 2 * HEADING), "black")
    pen = ImageDraw.Draw(sheet)
    pen.text((4, 3), heading, fill="white")
    for column, (name, tile) in enumerate(tiles):
        sheet.paste(Image.fromarray(tile), (column * TILE, 2 * HEADING))
        pen.text((column * TILE + 4, HEADING + 3), name, fill="#b0b0b0")
    scale = TILE / wide.extent[0]
    for stroke in (stroke for stroke in nodule.strokes if stroke.label in COLOURS):  # Not of the plane across.
        path = stroke.path_mm * scale + TILE / 2
        path[:, 1] += 2 * HEADING
        pen.line([tuple(p) for p in path.tolist()], fill=COLOURS[stroke.label], width=2)
    return sheet


def grey(cut: Frame, volume: Volume) -> NDArray[np.uint8]:
    return to_8bit(cut.sample(volume, "cubic")[0])


def write_preview(
    path: Path, before: Volume, after: Volume, nodules: Sequence[NoduleRecipe], headings: Sequence[str]
) -> None:
    strips = [strip(before, after, nodule, text) for nodule, text in zip(nodules, headings, strict=True)]
    Image.fromarray(np.vstack([np.asarray(one) for one in strips])).save(path)
