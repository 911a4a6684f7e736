"""Nodules asked for where none was: what the insertion test has inserters make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.sketch import Stroke
from training.data.nodules import Nodule
from training.data.sites import padded, roomiest_sites, site_out_of_sight
from training.figures.inserters import Request
from training.figures.kinds import core_of_nodule, kind_of
from training.figures.planes import WIDTH_MM
from training.figures.remake import axial_outline

LARGE_MM = 12.0
LARGE_WIDTH_MM = 48.0
LARGE_SITES = 2
"""Places taken of each patch, for nodules above 12 mm."""
Asked = list[tuple[Nodule, Request]]
"""Each request with the real nodule in whose patch it is."""


def scaled(outline: Stroke, times: float) -> Stroke:
    """`outline` about the middle of its extent, `times` as large."""
    middle = (outline.points_mm.max(0) + outline.points_mm.min(0)) / 2
    return Stroke((outline.points_mm - middle) * times, outline.label, outline.closed)


def offset_mm(nodule: Nodule) -> NDArray[np.float64]:
    """How far a real nodule's centre lies from the centre of a voxel, LPS mm.

    A plane between two voxels shows their mean, with less noise than either: planes through inserted nodules have
    to lie as those through real ones do, or interpolation alone tells them apart.
    """
    index = nodule.ct.grid.to_index(nodule.center_mm)
    return nodule.ct.grid.to_lps(index) - nodule.ct.grid.to_lps(np.floor(index + 1e-6))


def requests(nodules: Sequence[Nodule], seed: int, hosts: Sequence[Nodule] | None = None) -> Asked:
    """Free places in the patches of `hosts` (default: `nodules`), with what is asked drawn from `nodules`.

    Diameter, kind, core density and offset from the voxels' centres come from one real nodule, the outline from
    another. If `nodules` are above 12 mm, two places of each patch, which may not be quite free, and the CT continued
    by reflection.
    """
    rng = np.random.default_rng(seed)
    drawn = [(n, stroke) for n in nodules if n.attenuation and (stroke := axial_outline(n, 2 * n.diameter_mm))]
    if not drawn:
        return []
    large = min(n.diameter_mm for n, _ in drawn) > LARGE_MM
    made: Asked = []
    for nodule in nodules if hosts is None else hosts:
        size, like = (drawn[rng.integers(len(drawn))][0] for _ in range(2))
        for point in places(nodule, size.diameter_mm, offset_mm(like), large, rng):
            shape, outline = drawn[rng.integers(len(drawn))]
            request = Request(
                padded(nodule.ct, LARGE_WIDTH_MM / 2) if large else nodule.ct,
                point,
                size.diameter_mm,
                kind_of(size),
                scaled(outline, size.diameter_mm / shape.diameter_mm),
                len(made),
                core_of_nodule(size),
            )
            made.append((nodule, request))
    return made


def places(
    nodule: Nodule, diameter_mm: float, shift_mm: NDArray[np.float64], large: bool, rng: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Where in the nodule's patch another of `diameter_mm` may be, `shift_mm` from the centre of a voxel."""
    if large:
        return [site + shift_mm for site in roomiest_sites(nodule, diameter_mm, LARGE_SITES)]
    site = site_out_of_sight(nodule, diameter_mm, WIDTH_MM, rng, shift_mm)
    return [] if site is None else [site]
