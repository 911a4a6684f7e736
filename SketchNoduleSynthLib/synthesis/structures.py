"""Drawn vessels, walls and other lines in three dimensions, and how dense they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.synthesis.site import Site

LINE_HU = {"vessel": -100.0, "wall": 20.0, "other": -400.0}
LINE_RADIUS_MM = {"vessel": 1.5, "wall": 1.0, "other": 0.7}
SHEETS = ("wall", "other")
"""They go on across the sketch plane, as pleura and fissures do; a vessel is a tube in it."""
SHEET_REACH_MM = 8.0
STEP_MM = 0.5


def lines(site: Site, grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Signed distance in mm to the drawn lines on the voxels of `grid` (z, y, x), and the density of the nearest."""
    distance = np.full(grid.shape, -1e3, np.float32)
    density = np.zeros(grid.shape, np.float32)
    drawn = [stroke for stroke in site.recipe.strokes if stroke.label in LINE_HU]
    if not drawn:
        return distance, density
    frame = site.reslice.frame
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    local = frame.to_local(grid.to_lps(index[..., ::-1]))
    for stroke in drawn:
        at = local.copy()
        if stroke.label in SHEETS:
            at[..., 2] = np.maximum(np.abs(at[..., 2]) - SHEET_REACH_MM, 0)
        path = along(stroke)
        away = cKDTree(np.column_stack([path, np.zeros(len(path))])).query(at)[0]
        inside = (LINE_RADIUS_MM[stroke.label] - away).astype(np.float32)
        density = np.where(inside > distance, to_network(LINE_HU[stroke.label], clip=False), density)
        distance = np.maximum(distance, inside)
    return distance, density


def along(stroke: Stroke) -> NDArray[np.float64]:
    """Points (n, 2) at most STEP_MM apart on the stroke's path."""
    path = stroke.path_mm
    lengths = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    at = np.linspace(0, lengths[-1], int(np.ceil(lengths[-1] / STEP_MM)) + 1)
    return np.column_stack([np.interp(at, lengths, path[:, axis]) for axis in (0, 1)])
