"""Free-hand lines made from exact ones: jitter, simplification, gaps and thickness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import approximate_polygon

from SketchNoduleSynthLib.drawing.sketch import Stroke


def rough(stroke: Stroke, size_mm: float, rng: np.random.Generator) -> Stroke:
    """A closed stroke as a hand would draw it: smooth jitter up to some 5% of `size_mm`, shifted, simplified."""
    path = stroke.path_mm
    path = path[np.linspace(0, len(path) - 1, 64).astype(int)][:-1]
    wobble = ndimage.gaussian_filter1d(rng.normal(size=path.shape), rng.uniform(2, 6), axis=0, mode="wrap")
    wobble *= rng.uniform(0, 0.04) * size_mm / max(wobble.std(), 1e-6)
    shift = rng.normal(size=2) * 0.015 * size_mm
    centre = path.mean(0)
    path = centre + (path - centre) * rng.uniform(0.94, 1.06) + wobble + shift
    if rng.random() < 0.5:
        path = approximate_polygon(np.vstack([path, path[:1]]), rng.uniform(0.01, 0.05) * size_mm)[:-1]
    return Stroke(path, stroke.label, closed=True) if len(path) >= 3 else stroke


def with_gaps(line: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """`line` (v, u) with up to three round pieces rubbed out."""
    line = line.copy()
    where = np.argwhere(line)
    v, u = np.ogrid[: line.shape[0], : line.shape[1]]
    for _ in range(rng.integers(0, 4) if len(where) else 0):
        row, column = where[rng.integers(len(where))]
        line &= (v - row) ** 2 + (u - column) ** 2 > rng.uniform(2, 8) ** 2
    return line
