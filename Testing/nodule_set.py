"""A tiny set of made nodules, ellipsoids in noise, in the format of the shared data."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from scipy import ndimage

SIDE = 50
RATINGS = [("5.0", "0.99"), ("3.0", "0.98"), ("1.0", "0.97"), ("5.0", "0.5"), ("4.0", "")]
"""Texture and match_corr: solid, part-solid, ground-glass, and two whose ratings are another nodule's or nobody's."""
HALF_AXES_MM = [(4.0, 5.0, 6.0), (3.0, 3.0, 3.0), (6.0, 8.0, 7.0), (4.0, 4.0, 4.0), (5.0, 4.0, 3.0)]


def write_set(path: Path) -> Path:
    """The set as `path` (.npz) and its .csv."""
    rng = np.random.default_rng(0)
    at = np.arange(SIDE) - (SIDE - 1) / 2
    z, y, x = np.meshgrid(at, at, at, indexing="ij")
    masks = np.stack([(z / a) ** 2 + (y / b) ** 2 + (x / c) ** 2 <= 1 for a, b, c in HALF_AXES_MM])
    hu = np.where(masks, 20, -850) + rng.normal(0, 30, masks.shape)
    ct = np.stack([ndimage.gaussian_filter(patch, 0.7) for patch in hu]).astype(np.int16)
    np.savez(path, ct=ct, mask=np.stack([np.packbits(mask) for mask in masks]))
    with path.with_suffix(".csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(["patient", "diameter_csv", "match_corr", "Texture"])
        writer.writerows((f"P{k}", 10, corr, texture) for k, (texture, corr) in enumerate(RATINGS))
    return path
