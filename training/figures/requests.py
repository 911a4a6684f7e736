"""Nodules asked for where none was: what the insertion test has inserters make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, islice

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.sketch import Stroke
from training.data.nodules import Nodule
from training.data.sites import CANDIDATES, alike, around, sites_out_of_sight, surroundings
from training.figures.inserters import Request
from training.figures.kinds import core_of_nodule, kind_of
from training.figures.planes import WIDTH_MM
from training.figures.remake import axial_outline, emptied

LARGE_MM = 12.0
LARGE_WIDTH_MM = 48.0
OUTLINES = 2
"""Drawn at random for each place of a large nodule."""
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

    Diameter, kind, core density, what lies around and the offset from the voxels' centres come from one real nodule,
    the outline from another. Patches have no free place for nodules above 12 mm: those are asked for as large and
    dense as the real one, in its very place, emptied, OUTLINES times, each with an outline of any.
    """
    rng = np.random.default_rng(seed)
    drawn = [(n, stroke) for n in nodules if n.attenuation and (stroke := axial_outline(n, 2 * n.diameter_mm))]
    if not drawn:
        return []
    if min(n.diameter_mm for n, _ in drawn) > LARGE_MM:
        places = [(n, n, emptied(n), n.center_mm) for n, _ in drawn for _ in range(OUTLINES)]
    else:
        places = list(free_places(nodules if hosts is None else hosts, [n for n, _ in drawn], rng))
    made: Asked = []
    for number, (host, size, ct, point) in enumerate(places):
        shape, outline = drawn[rng.integers(len(drawn))]
        outline = scaled(outline, size.diameter_mm / shape.diameter_mm)
        asked = Request(ct, point, size.diameter_mm, kind_of(size), outline, number, core_of_nodule(size))
        made.append((host, asked))
    return made


def free_places(
    hosts: Sequence[Nodule], sizes: Sequence[Nodule], rng: np.random.Generator
) -> Iterator[tuple[Nodule, Nodule, Volume, NDArray[np.float64]]]:
    """A host, the nodule whose size is asked for, the host's CT, and where in it no nodule is, LPS mm.

    As much dense tissue lies around each place as around the real nodule whose size is asked for: real ones are nearer
    to walls and vessels than most of the lung is, and a place alone would tell.
    """
    largest_mm = max(size.diameter_mm for size in sizes)
    sites = [list(islice(sites_out_of_sight(host, largest_mm, WIDTH_MM, rng), CANDIDATES)) for host in hosts]
    free = [(host, found) for host, found in zip(hosts, sites, strict=True) if found]
    wanted = list(islice(cycle(sizes), len(free)))
    there = [np.array([surroundings(host.ct, site) for site in found]) for host, found in free]
    for asked, group, best in alike(np.array([around(size) for size in wanted]), there) if free else []:
        host, found = free[group]
        yield host, wanted[asked], host.ct, found[best] + offset_mm(wanted[asked])
