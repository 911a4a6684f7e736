"""Drawn vessels, walls, solid parts, calcifications and cavities in three dimensions, and how dense they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.sketch import LINES, PARTS, Stroke, filled
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.shaping import Shaped
from SketchNoduleSynthLib.synthesis.site import Site

LINE_HU = {"vessel": -100.0, "wall": 20.0, "other": -400.0}
LINE_RADIUS_MM = {"vessel": 1.5, "wall": 1.0, "other": 0.7}
SHEETS = ("wall", "other")
"""They go on across the sketch plane, as pleura and fissures do; a vessel is a tube in it."""
SHEET_REACH_MM, SHEET_TAPER_MM = 8.0, 4.0
"""How far they go to either side, over the last of it thinner and thinner."""
KNOWN_WALL_MM = 2.5
"""A wall that is drawn so near to one in the CT is that one: nothing is to be made."""
PART_HU = {"solid": 30.0, "calcification": 700.0, "cavity": -950.0}
PART_HEIGHT = 0.9
"""Of a part in the nodule over its radius in the sketch plane."""
STEP_MM = 0.5


def lines(site: Site, grid: Grid, wall_mm: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Signed distance in mm to the drawn lines on the voxels of `grid` (z, y, x), and the density of the nearest.

    `wall_mm`: the signed distance to the CT's own walls there, positive in them.
    """
    distance = np.full(grid.shape, -1e3, np.float32)
    density = np.zeros(grid.shape, np.float32)
    drawn = [stroke for stroke in site.recipe.strokes if stroke.label in LINES]
    if not drawn:
        return distance, density
    frame = site.reslice.frame
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    local = frame.to_local(grid.to_lps(index[..., ::-1]))
    for stroke in drawn:
        path = np.pad(along(stroke), ((0, 0), (0, 1)))
        if stroke.label == "wall":
            index = np.rint(grid.to_index(frame.to_lps(path)))[:, ::-1].astype(int)
            path = path[wall_mm[tuple(np.clip(index, 0, np.array(grid.shape) - 1).T)] < -KNOWN_WALL_MM]
        if not len(path):
            continue
        at, radius = local.copy(), np.full(grid.shape, LINE_RADIUS_MM[stroke.label])
        if stroke.label in SHEETS:
            across = np.abs(at[..., 2])
            radius *= np.clip((SHEET_REACH_MM - across) / SHEET_TAPER_MM, 0, 1)
            at[..., 2] = np.maximum(across - SHEET_REACH_MM, 0)
        inside = (radius - cKDTree(path).query(at)[0]).astype(np.float32)
        density = np.where(inside > distance, to_network(LINE_HU[stroke.label], clip=False), density)
        distance = np.maximum(distance, inside)
    return distance, density


def along(stroke: Stroke) -> NDArray[np.float64]:
    """Points (n, 2) at most STEP_MM apart on the stroke's path."""
    path = stroke.path_mm
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0, lengths[-1], int(np.ceil(lengths[-1] / STEP_MM)) + 1)
    return np.column_stack([np.interp(at, lengths, path[:, axis]) for axis in (0, 1)])


def with_parts(shape: Shaped, site: Site) -> Shaped:
    """The shape with its drawn parts in its density; a part is as high as it is wide."""
    density = shape.density
    u, v, w = shape.frame.offsets
    for stroke in site.recipe.strokes:
        if stroke.label not in PARTS:
            continue
        area = filled([replace(stroke, label="nodule")], site.side_mm)
        pixel = site.reslice.pixel_mm
        inside = signed_distance_mm(area, np.full(2, pixel))
        rows, columns = (at_pixels(at, pixel, len(area)) for at in (v, u))
        part = inside[np.ix_(rows, columns)][None] > np.abs(w)[:, None, None] / PART_HEIGHT
        density = np.where(part, to_network(PART_HU[stroke.label], clip=False), density)
    return replace(shape, density=density.astype(np.float32))


def at_pixels(mm: NDArray[np.float64], pixel_mm: float, samples: int) -> NDArray[np.intp]:
    """The pixels of a raster of `samples` at `mm` from its middle; beyond it, the last."""
    return np.clip(np.rint(mm / pixel_mm + (samples - 1) / 2), 0, samples - 1).astype(int)
