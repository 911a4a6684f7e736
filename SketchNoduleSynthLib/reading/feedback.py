"""Feedback images: every nodule found or missed and every false mark, in three planes, and all on one sheet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.files import all_or_none
from SketchNoduleSynthLib.reading.matching import Mark, Outcome
from SketchNoduleSynthLib.reading.truth import TruthNodule
from SketchNoduleSynthLib.synthesis.picture import HEADING, TILE, grey, planes

SHEET = "feedback.png"
LEAST_WIDTH_MM = 40.0
PLANES = ("axial", "coronal", "sagittal")
FOUND, MISSED, FALSE, OUTLINE = "#7dd36f", "#ffd24a", "#ff5a5a", "#5ac8ff"
MARK_REACH, MARK_GAP = 14, 6
GAP = 6


@dataclass(frozen=True)
class Scene:
    """What one image shows: a place in LPS mm, its width in mm, the mark on it if there is one, words and colour."""

    name: str
    center_lps_mm: NDArray[np.float64]
    width_mm: float
    mark: Mark | None
    heading: str
    colour: str


def write_feedback(outcome: Outcome, ct: Volume, folder: Path, labels: Volume | None = None) -> None:
    """Write an image a scene and feedback.png with all of them into `folder`; of `labels` the outlines are drawn."""
    put_there = [nodule.number for nodule in outcome.truth.nodules]
    nodules = None if labels is None else labels.with_array(np.isin(labels.array, put_there))
    images = {scene.name: draw(scene, ct, nodules) for scene in scenes(outcome, ct)}
    with all_or_none(folder) as draft:
        for name, image in images.items():
            image.save(draft / f"{name}.png")
        contact_sheet(list(images.values()), title(outcome)).save(draft / SHEET)


def title(outcome: Outcome) -> str:
    nodules, found = len(outcome.truth.nodules), len(outcome.of_kind("hit"))
    false = len(outcome.of_kind("false"))
    return (
        f"{outcome.reading.reader}, {outcome.truth.case_id}: {found} of {nodules} synthetic nodules found, "
        f"{false} false mark{'' if false == 1 else 's'} (blue: a nodule's outline; cross: a mark)"
    )


def scenes(outcome: Outcome, ct: Volume) -> Iterator[Scene]:
    """The nodules in their order, then the false marks; slices are counted as in the truth, from 1."""
    for nodule in outcome.truth.nodules:
        mark = outcome.hit(nodule)
        about = f"nodule {nodule.number}: {nodule.attenuation}, {nodule.diameter_mm:.1f} mm, {_where(nodule)}"
        about += f", {nodule.difficulty_class}" if nodule.difficulty_class else ""
        if mark:
            about += f"; found, confidence {mark.finding.confidence}, {mark.distance_mm:.1f} mm from its centre"
        else:
            about += "; missed"
        name = f"nodule_{nodule.number:02d}_{'found' if mark else 'missed'}"
        width = max(LEAST_WIDTH_MM, 3 * nodule.diameter_mm)
        yield Scene(name, nodule.center_lps_mm, width, mark, about, FOUND if mark else MISSED)
    for mark in outcome.of_kind("false"):
        finding = mark.finding
        slice_number = int(np.rint(ct.grid.to_index(finding.at_lps_mm)[2])) + 1
        about = f"finding {finding.number}: false, slice {slice_number} (no nodule was put there)"
        about += f"; confidence {finding.confidence}"
        name = f"finding_{finding.number:02d}_false"
        yield Scene(name, finding.at_lps_mm, LEAST_WIDTH_MM, mark, about, FALSE)


def _where(nodule: TruthNodule) -> str:
    lung = " ".join(filter(None, (nodule.side, nodule.third)))
    other = nodule.instance_number not in (None, nodule.slice_number)
    image = f" (DICOM image {nodule.instance_number})" if other else ""
    return f"slice {nodule.slice_number}{image}" + (f", {lung}" if lung else "")


def draw(scene: Scene, ct: Volume, nodules: Volume | None) -> Image.Image:
    """The axial, coronal and sagittal plane side by side at lung window, with outlines, mark and words."""
    frame = Frame.of_voi(scene.center_lps_mm, scene.width_mm, TILE)
    image = Image.new("RGB", (len(PLANES) * TILE, TILE + 2 * HEADING), "black")
    pen = ImageDraw.Draw(image)
    pen.text((4, 3), scene.heading, fill=scene.colour)
    for column, (name, cut) in enumerate(zip(PLANES, planes(frame), strict=True)):
        left = column * TILE
        tile = np.repeat(grey(cut, ct)[..., None], 3, axis=2)
        if nodules is not None:
            inside = cut.sample(nodules)[0] > 0.5
            tile[ndimage.binary_dilation(inside) & ~inside] = ImageColor.getrgb(OUTLINE)
        image.paste(Image.fromarray(tile), (left, 2 * HEADING))
        pen.text((left + 4, HEADING + 3), f"{name}, {scene.width_mm:.0f} mm wide", fill="#b0b0b0")
        if scene.mark is not None:
            u, v, _ = cut.to_local(scene.mark.finding.at_lps_mm) / cut.spacing
            cross(pen, left + TILE / 2 + u, 2 * HEADING + TILE / 2 + v, scene.colour)
    return image


def cross(pen: ImageDraw.ImageDraw, x: float, y: float, colour: str) -> None:
    """A mark: a cross with an open middle, so that what it marks stays in sight."""
    for du, dv in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        start, end = ((x + du * reach, y + dv * reach) for reach in (MARK_GAP, MARK_REACH))
        pen.line([start, end], fill=colour, width=2)


def contact_sheet(images: list[Image.Image], heading: str) -> Image.Image:
    width, height = len(PLANES) * TILE + GAP, TILE + 2 * HEADING + GAP
    columns = 2 if len(images) > 1 else 1
    rows = -(-len(images) // columns)
    sheet = Image.new("RGB", (columns * width, 2 * HEADING + rows * height), "#202020")
    ImageDraw.Draw(sheet).text((6, 10), heading, fill="white")
    for k, image in enumerate(images):
        sheet.paste(image, (k % columns * width, 2 * HEADING + k // columns * height))
    return sheet
