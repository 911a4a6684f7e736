"""The fine noise of a CT: how strong it is, how far it reaches, and more of its kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MAD_TO_SIGMA = 1.4826
FALLBACK_SIGMA_HU = 20.0
MIN_VOXELS = 30
CALM_SIGMA = 1.5
"""Voxels: where the CT smoothed so is even, what is left is noise."""


@dataclass(frozen=True)
class Noise:
    """Standard deviation of the fine noise in HU and how far it is correlated along z, y, x (Gaussian, voxels)."""

    sigma_hu: float
    correlation: NDArray[np.float64]


def residual(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """What is left of `hu` (z, y, x) when its structures, wider than some two voxels, are taken away in-plane."""
    return hu - ndimage.gaussian_filter(hu, (0, 1.0, 1.0))


def steepness(values: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """The length of the gradient of `values` (z, y, x), smoothed by a Gaussian of `sigma` voxels, per voxel."""
    smooth = ndimage.gaussian_filter(values, sigma)
    along = [np.gradient(smooth, axis=axis) for axis, samples in enumerate(values.shape) if samples > 1]
    return np.sqrt(np.sum(np.square(along), axis=0))


def robust_sigma(values: NDArray) -> float:
    """The standard deviation by the median absolute deviation."""
    return float(MAD_TO_SIGMA * np.median(np.abs(values - np.median(values))))


def fine_and_calm(hu: NDArray[np.float32], where: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The residual of `hu`, and the smoother half of `where`: vessels and borders are no noise."""
    steep = steepness(hu, CALM_SIGMA)
    return residual(hu), where & (steep <= np.median(steep[where]))


def noise_hu(hu: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """How strong the noise of `hu` is, as :func:`measure_noise` has it, in half the time."""
    if where.sum() < MIN_VOXELS:
        return FALLBACK_SIGMA_HU
    fine, calm = fine_and_calm(hu, where)
    return robust_sigma(fine[calm])


def measure_noise(hu: NDArray[np.float32], where: NDArray[np.bool_]) -> Noise:
    """The noise of `hu` over the smoother half of `where`.

    Too few voxels: 20 HU, uncorrelated along z.
    """
    if where.sum() < MIN_VOXELS:
        return Noise(FALLBACK_SIGMA_HU, np.array([0.0, 0.5, 0.5]))
    fine, calm = fine_and_calm(hu, where)
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
