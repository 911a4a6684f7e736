"""A patient of few shapes, made for what finds lungs: lungs that touch, airways, vessels, bowel gas, table, padding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.volume import Volume

EXTENT_MM = (320.0, 220.0, 260.0)
PADDING_HU = -3024


@dataclass(frozen=True)
class Patient:
    """A made CT, and what is where in it (z, y, x): the lungs are whole, with the vessels and the nodule in them."""

    volume: Volume
    right: NDArray[np.bool_]
    left: NDArray[np.bool_]
    airways: NDArray[np.bool_]
    vessels: NDArray[np.bool_]
    wall_nodule: NDArray[np.bool_]
    gas: NDArray[np.bool_]
    table: NDArray[np.bool_]


def patient(spacing_mm: float = 2.5, slices_mm: float | None = None) -> Patient:
    """The patient, int16 HU, centred on the LPS origin; x to the left, y to posterior, z to the head.

    In cubes, or in slices of another thickness.
    """
    spacing = (spacing_mm, spacing_mm, slices_mm or spacing_mm)
    counts = [round(extent / step) for extent, step in zip(EXTENT_MM, spacing, strict=True)]
    x, y, z = ((np.arange(n) - (n - 1) / 2) * step for n, step in zip(counts, spacing, strict=True))
    z, y, x = z[:, None, None], y[:, None], x

    def ball(at: tuple[float, float, float], *radii: float) -> NDArray[np.bool_]:
        a, b, c = radii if len(radii) == 3 else radii * 3
        return ((x - at[0]) / a) ** 2 + ((y - at[1]) / b) ** 2 + ((z - at[2]) / c) ** 2 < 1

    def tube(start: tuple[float, float, float], end: tuple[float, float, float], radius: float) -> NDArray[np.bool_]:
        along = np.subtract(end, start)
        share = ((x - start[0]) * along[0] + (y - start[1]) * along[1] + (z - start[2]) * along[2]) / (along @ along)
        share = np.clip(share, 0, 1)
        away = [axis - s - share * a for axis, s, a in zip((x, y, z), start, along, strict=True)]
        return away[0] ** 2 + away[1] ** 2 + away[2] ** 2 < radius**2

    body = (x / 150) ** 2 + (y / 90) ** 2 + 0 * z < 1
    right, left = (ball((side * 65, 0, -10), 58, 68, 90) for side in (-1, 1))
    bridge = (np.abs(x) < 22) & (np.abs(y + 30) < 8) & (np.abs(z) < 15)
    right, left = right | (bridge & (x < 0)), left | (bridge & (x >= 0))
    carina = (0.0, 10.0, 40.0)
    bronchi = [tube(carina, (side * 30, 10, 5), 6) for side in (-1, 1)]
    walls = tube(carina, (0, 10, 130), 11) | np.any([tube(carina, (s * 30, 10, 5), 8) for s in (-1, 1)], 0)
    lumen = tube(carina, (0, 10, 130), 8) | bronchi[0] | bronchi[1]
    lungs = (right | left) & ~walls
    ends = [(side * 100.0, y_end, z_end) for side in (-1, 1) for y_end in (-30, 30) for z_end in (-60, -20, 30)]
    vessels = np.any([tube((np.sign(end[0]) * 35, 10, 0), end, 3) for end in ends], 0) & lungs
    nodule = ball((-118, 0, -10), 8) & right
    gas = ball((60, -20, -118), 25, 25, 8)
    table = (np.abs(y - 100) < 9) & (np.abs(x) < 120) & (z < 1e9)
    shell = table & ~((np.abs(y - 100) < 6) & (np.abs(x) < 117))
    hu = np.full(body.shape, -1000.0, np.float32)
    for where, value in (
        (table, -900), (shell, 100), (body, 40), (walls, 40), (lungs, -860), (vessels | nodule, 30), (gas, -1000),
        (lumen, -1000),
    ):  # fmt: skip
        hu[np.broadcast_to(where, hu.shape)] = value
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(0, 60, hu.shape), 0.6)
    hu = ndimage.gaussian_filter(hu, 0.5) + noise
    hu[np.broadcast_to((x / 160) ** 2 + (y / 160) ** 2 > 1, hu.shape)] = PADDING_HU
    origin = [-(n - 1) / 2 * step for n, step in zip(counts, spacing, strict=True)]
    volume = Volume.of(np.rint(hu).astype(np.int16), spacing, origin)
    return Patient(volume, right & ~walls, left & ~walls, lumen, vessels, nodule, gas, table)
