"""A generated nodule into the CT's own voxels, whose own grain stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.noise import MIN_VOXELS, noise_hu
from SketchNoduleSynthLib.synthesis.tissue import PARENCHYMA_HU, is_parenchyma

LEAST_WEIGHT = 1 / 256
NODULE_WEIGHT = 0.5
SHAPE_REACH = 2
"""Voxels from a nodule's border over which its shape, not noise, makes the residual."""
REACH_VOXELS, SWEEPS = 12, 200
GRAIN_SIGMAS = 2.5
"""What voxels finer than the network's differ from it stays as far as it is noise; the edge of a vessel is not."""


@dataclass(frozen=True)
class Blend:
    """All on the voxels of `box`, (z, y, x): HU before and after, the weight, and the nodule.

    The noise inside is None where the nodule is too small to tell noise from its shape.
    """

    box: Box
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    weight: NDArray[np.float32]
    nodule: NDArray[np.bool_]
    noise_around_hu: float
    noise_inside_hu: float | None

    def voxels(self, volume: Volume) -> tuple[NDArray, NDArray]:
        """Before and after in the voxel type of `volume`, the CT; what has no weight stays as it is, bit for bit."""
        before, after = volume.array[self.box].copy(), volume.cast(self.after)
        after[self.weight == 0] = before[self.weight == 0]
        return before, after


def blend(
    volume: Volume, made: Generated, poisson: bool = False, grain_share: NDArray[np.float32] | None = None
) -> Blend:
    """Put what a network made into the CT; only voxels of weight > 0 change.

    `poisson`: the seam's difference is spread over the inside (membrane interpolation, Perez 2003), so that
    gradients are kept rather than values. `grain_share`: how far the CT's own grain stays, on the samples of `made`; at
    the border of a nodule that goes it would show where that was.
    """
    box = made.frame.box_in(volume.grid, margin_voxels=1)
    before = volume.array[box].astype(np.float32)

    def on_voxels(values: NDArray[np.float32], fill: float = 0.0) -> NDArray[np.float32]:
        return made.frame.resample_to(volume.grid, box, values, fill=fill)

    weight = on_voxels(made.weight)
    weight[weight < LEAST_WEIGHT] = 0.0
    wide = box.grow(REACH_VOXELS, volume.grid.shape)
    around = volume.array[wide].astype(np.float32)
    untouched = np.ones(around.shape, bool)
    untouched[box.within(wide)] = weight == 0
    lung = untouched & is_parenchyma(around)
    sigma = noise_hu(around, lung if lung.sum() >= MIN_VOXELS else untouched)

    hu = made.hu
    if poisson:
        hu = hu + membrane(made.before - hu, made.weight >= NODULE_WEIGHT)
    finer = before - on_voxels(made.before)
    grain = np.clip(finer, -GRAIN_SIGMAS * sigma, GRAIN_SIGMAS * sigma)
    if grain_share is not None:
        grain = grain * on_voxels(grain_share, fill=1.0)
    after = np.where(
        weight > 0, before + on_voxels(made.weight * (hu - made.before)) + weight * (grain - finer), before
    )
    nodule = (on_voxels(np.maximum(made.inside_mm, -1e3), fill=-1e3) > 0) & (weight >= NODULE_WEIGHT)
    deep = ndimage.binary_erosion(nodule, iterations=1 + SHAPE_REACH)
    airy = deep & (before < PARENCHYMA_HU[1])  # A vessel that runs through ground-glass is no noise.
    calm = airy if airy.sum() >= MIN_VOXELS else deep
    inside = noise_hu(after, calm) if calm.sum() >= MIN_VOXELS else None
    return Blend(box, before, after.astype(np.float32), weight, nodule, sigma, inside)


def membrane(difference: NDArray[np.float32], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """`difference` outside, and inside the harmonic function that meets it at the border (Jacobi sweeps)."""
    values = np.where(inside, difference[~inside].mean() if (~inside).any() else 0.0, difference).astype(np.float32)
    kernel = ndimage.generate_binary_structure(3, 1).astype(np.float32)
    kernel[1, 1, 1] = 0.0
    for _ in range(SWEEPS if inside.any() else 0):
        values = np.where(inside, ndimage.convolve(values, kernel / 6.0, mode="nearest"), values)
    return values
