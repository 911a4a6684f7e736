"""Spicules of a drawn outline: too thin for the tissue network, which is led by a tapering line in each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.synthesis.density_map import REACH_MM
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU

WIDTH_MM, LEAST_LENGTH_MM = 2.5, 1.2
"""What is no wider, and reaches so far out, is a spicule; coarse ones begin at 2 mm (Zwirewich, Radiology 1991)."""
RADIUS_MM = 0.8, 0.35
"""At its base and at its tip; the network makes it twice as wide."""
DENSEST_HU, TIP_SHARE = -250.0, 0.5
"""Of the base, or as dense as the nodule; and what the tip has of that above lung."""


def body(area: NDArray[np.bool_], pixel_mm: float) -> NDArray[np.bool_]:
    """A drawn `area` without its spicules; one that is nowhere wider is a body as it is."""
    deep = ndimage.distance_transform_edt(np.pad(area, 1))[1:-1, 1:-1] * pixel_mm > WIDTH_MM / 2
    if not deep.any():
        return area
    return area & (ndimage.distance_transform_edt(~deep) * pixel_mm <= WIDTH_MM / 2)


def ends(area: NDArray[np.bool_], pixel_mm: float) -> NDArray[np.float64]:
    """Where the spicules of `area` (v, u) begin and end, (n, 2, 2): u and v in mm from its middle."""
    main = body(area, pixel_mm)
    if (main == area).all():
        return np.zeros((0, 2, 2))
    away, nearest = ndimage.distance_transform_edt(~main, return_indices=True)
    spikes, count = ndimage.label(area & ~main, np.ones((3, 3)))
    tips = ndimage.maximum_position(away, spikes, range(1, count + 1))
    found = [[nearest[:, v, u], (v, u)] for v, u in tips if away[v, u] * pixel_mm >= LEAST_LENGTH_MM]
    return (np.reshape(found, (-1, 2, 2))[..., ::-1] - (len(area) - 1) / 2) * pixel_mm


def spicules(site: Site, grid: Grid, core: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Signed distance in mm to the drawn spicules on the voxels of `grid` (z, y, x), known to 4 mm, and their density.

    `core`: the nodule's density, in the network's range as they have it.
    """
    distance = np.full(grid.shape, -1e3, np.float32)
    density = np.zeros(grid.shape, np.float32)
    pixel = site.reslice.pixel_mm
    base_hu = min(float(from_network(np.array(core))), DENSEST_HU)
    planes = [(site.outline[0], (1, 1, 0))] if site.is_drawn else []
    for area, (along_u, along_v, along_w) in [*planes, (site.across, (1, 0, -1))]:
        for pair in ends(area, pixel):
            u, v = pair.T
            local = np.stack([along_u * u, along_v * v, along_w * v], 1)
            box, inside, along = tapering(grid, site.reslice.frame.to_lps(local))
            hu = base_hu + along * (1 - TIP_SHARE) * (TYPICAL_LUNG_HU - base_hu)
            density[box] = np.where(inside > distance[box], to_network(hu, clip=False), density[box])
            distance[box] = np.maximum(distance[box], inside)
    return distance, density


def tapering(grid: Grid, ends_lps_mm: NDArray[np.float64]) -> tuple[Box, NDArray[np.float32], NDArray[np.float32]]:
    """A line from base to tip: the voxels about it, the signed distance to it there, and how far along it, 0 to 1."""
    spacing = grid.spacing[::-1]
    at = grid.to_index(ends_lps_mm)[:, ::-1]
    reach = (REACH_MM + RADIUS_MM[0]) / spacing
    low, high = np.floor(at.min(0) - reach), np.ceil(at.max(0) + reach) + 1
    limits = np.array(grid.shape)
    box = Box.of(np.clip(low, 0, limits).astype(int).tolist(), np.clip(high, 0, limits).astype(int).tolist())
    voxels = np.stack(np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij"), -1)
    base, way = at[0] * spacing, (at[1] - at[0]) * spacing
    away = voxels * spacing - base
    along = np.clip(away @ way / (way @ way), 0, 1)
    apart = np.linalg.norm(away - along[..., None] * way, axis=-1)
    radius = RADIUS_MM[0] + along * (RADIUS_MM[1] - RADIUS_MM[0])
    return box, (radius - apart).astype(np.float32), along.astype(np.float32)
