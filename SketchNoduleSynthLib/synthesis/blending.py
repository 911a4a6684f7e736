"""A generated nodule into the CT's own voxels: soft weight, noise like the surroundings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.tissue import (
    PARENCHYMA_HU,
    dense_tissue,
    filled_air,
    gap_between,
    grow_against,
    is_parenchyma,
)

LEAST_WEIGHT = 1 / 256
MAD_TO_SIGMA = 1.4826
FALLBACK_SIGMA_HU = 20.0
MIN_VOXELS = 30
SHAPE_REACH = 2
"""Voxels from a nodule's border over which its shape, not noise, makes the residual."""
REACH_VOXELS = 12


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


@dataclass(frozen=True)
class Noise:
    """Standard deviation of the fine noise in HU and how far it is correlated along z, y, x (Gaussian, voxels)."""

    sigma_hu: float
    correlation: NDArray[np.float64]


def residual(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is left of `hu` (z, y, x) when its structures, wider than some two voxels, are taken away in-plane."""
    return hu - ndimage.gaussian_filter(hu, (0, 1.0, 1.0))


def robust_sigma(values: NDArray) -> float:
    """The standard deviation by the median absolute deviation."""
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def measure_noise(hu: NDArray[np.float32], where: NDArray[np.bool_]) -> Noise:
    """The noise of `hu` over the smoother half of `where`: vessels and borders are no noise.

    Too few voxels: 20 HU, uncorrelated along z.
    """
    gradient = ndimage.gaussian_gradient_magnitude(hu, 1.5)
    if where.sum() < MIN_VOXELS:
        return Noise(FALLBACK_SIGMA_HU, np.array([0.0, 0.5, 0.5]))
    calm = where & (gradient <= np.median(gradient[where]))
    fine = residual(hu)
    sigma = robust_sigma(fine[calm])
    if sigma == 0:
        return Noise(0.0, np.zeros(3))
    correlation = []
    for axis in range(3):
        if hu.shape[axis] < 3:
            correlation.append(0.0)
            continue
        here, there = np.moveaxis(fine, axis, 0)[:-1], np.moveaxis(fine, axis, 0)[1:]
        both = np.moveaxis(calm, axis, 0)[:-1] & np.moveaxis(calm, axis, 0)[1:]
        if both.sum() < MIN_VOXELS:
            correlation.append(0.5 if axis else 0.0)
            continue
        # The residual of smoothed noise anticorrelates: 0.25 is about what white noise loses at lag one.
        lag = np.clip(np.corrcoef(here[both], there[both])[0, 1] + (0.25 if axis else 0.0), 0.0, 0.8)
        correlation.append(np.sqrt(-1 / (4 * np.log(lag))) if lag > 0.02 else 0.0)
    return Noise(sigma, np.array(correlation))


def noise_like(noise: Noise, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """A field whose residual has a standard deviation of 1, correlated as `noise` is."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape).astype(np.float32), noise.correlation)
    return field / max(float(residual(field).std()), 1e-6)


def blend(volume: Volume, made: Generated, seed: int, poisson: bool = False) -> Blend:
    """Put what a network made into the CT; only voxels of weight > 0 change.

    `poisson`: the seam's difference is spread over the inside (membrane interpolation, Perez 2003), so that
    gradients are kept rather than values.
    """
    box = made.frame.box_in(volume.grid, margin_voxels=1)
    before = volume.array[box].astype(np.float32)
    weight = made.frame.resample_to(volume.grid, box, made.weight)
    weight[weight < LEAST_WEIGHT] = 0.0
    generated = made.frame.resample_to(volume.grid, box, made.hu)
    inside = made.frame.resample_to(volume.grid, box, np.maximum(made.inside_mm, -1e3), fill=-1e3)
    if poisson:
        generated = generated + membrane(before - generated, weight >= 0.5)

    wide = box.grow(REACH_VOXELS, volume.grid.shape)
    in_wide = box.within(wide)
    around = volume.array[wide].astype(np.float32)
    spacing = volume.grid.spacing[::-1].tolist()
    dense = dense_tissue(around, spacing)[in_wide]
    weight[dense] = 0.0
    nodule = (inside > 0) & (weight > 0)
    core = ndimage.binary_erosion(nodule)
    core = core if core.sum() >= MIN_VOXELS else nodule

    untouched = np.ones(around.shape, bool)
    untouched[in_wide] = weight == 0
    lung = untouched & is_parenchyma(around)
    target = measure_noise(around, lung if lung.sum() >= MIN_VOXELS else untouched)
    deep = ndimage.binary_erosion(core, iterations=SHAPE_REACH)
    noise = noise_lacking(generated, deep, target, np.random.default_rng((seed, 1)))
    mixed = filled_air(before, generated, noise)
    after = grow_against(before, before + weight * (mixed - before), dense, spacing)
    gap = ndimage.gaussian_filter(gap_between(nodule, dense, spacing).astype(np.float32), 0.5) * ~dense
    gap[gap < LEAST_WEIGHT] = 0.0
    if gap.any():
        after += gap * np.maximum(np.median(after[core]) + noise - after, 0.0)
        weight = np.maximum(weight, gap)
        nodule |= gap > 0.5
    airy = deep & (before < PARENCHYMA_HU[1])  # A vessel that runs through ground-glass is no noise.
    calm = airy if airy.sum() >= MIN_VOXELS else deep
    noise_inside = measure_noise(after, calm).sigma_hu if calm.sum() >= MIN_VOXELS else None
    return Blend(box, before, after, weight, nodule, target.sigma_hu, noise_inside)


def noise_lacking(
    generated: NDArray[np.float32], deep: NDArray[np.bool_], target: Noise, rng: np.random.Generator
) -> NDArray[np.float32] | float:
    """The noise that `generated` lacks against `target`, measured `deep` in the nodule; nothing is smoothed.

    Where that is too small to tell noise from the nodule's own shape, a network's noise is taken as enough.
    """
    if deep.sum() < MIN_VOXELS:
        return 0.0
    has = measure_noise(generated, deep).sigma_hu
    return np.sqrt(max(target.sigma_hu**2 - has**2, 0.0)) * noise_like(target, generated.shape, rng)


def membrane(difference: NDArray[np.float32], inside: NDArray[np.bool_], sweeps: int = 200) -> NDArray[np.float32]:
    """`difference` outside, and inside the harmonic function that meets it at the border (Jacobi sweeps)."""
    values = np.where(inside, difference[~inside].mean() if (~inside).any() else 0.0, difference).astype(np.float32)
    kernel = ndimage.generate_binary_structure(3, 1).astype(np.float32)
    kernel[1, 1, 1] = 0.0
    for _ in range(sweeps if inside.any() else 0):
        values = np.where(inside, ndimage.convolve(values, kernel / 6.0, mode="nearest"), values)
    return values
