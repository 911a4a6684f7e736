"""Sliced Wasserstein distance of two sets of images (Karras et al. 2018, PGGAN), without a network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from training.figures.features import Images

PATCH, PATCHES, DIRECTIONS, SMALLEST = 7, 128, 512, 16
BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16


def _blurred(images: NDArray) -> NDArray:
    return ndimage.convolve1d(ndimage.convolve1d(images, BINOMIAL, 1, mode="mirror"), BINOMIAL, 2, mode="mirror")


def laplacian_pyramid(images: NDArray) -> list[NDArray[np.float32]]:
    """Images (n, h, w) in frequency bands, the finest first, down to 16 pixels a side."""
    bands, image = [], images.astype(np.float32)
    while min(image.shape[1:]) >= 2 * SMALLEST:
        small = _blurred(image)[:, ::2, ::2]
        wide = np.zeros_like(image)
        wide[:, ::2, ::2] = 4 * small
        bands.append(image - _blurred(wide))
        image = small
    return [*bands, image]


def swd(real: Images, synthetic: Images) -> float:
    """Sliced Wasserstein distance x 1000, mean over the bands of a Laplacian pyramid (Karras et al. 2018, PGGAN).

    128 patches of 7 x 7 a band and image, standardised in each set, on 512 random directions. Of sets of unequal size
    the first images of the larger count.
    """
    count = min(len(real), len(synthetic))
    distances = []
    for level, bands in enumerate(zip(*map(laplacian_pyramid, (real[:count], synthetic[:count])), strict=True)):
        rng = np.random.default_rng((0, level))
        height, width = bands[0].shape[1:]
        row, column = (rng.integers(0, n - PATCH + 1, (count, PATCHES)) for n in (height, width))
        directions = rng.normal(size=(PATCH**2, DIRECTIONS)).astype(np.float32)
        directions /= np.linalg.norm(directions, axis=0)
        sides = []
        for band in bands:
            windows = np.lib.stride_tricks.sliding_window_view(band, (PATCH, PATCH), (1, 2))
            patches = windows[np.arange(count)[:, None], row, column].reshape(-1, PATCH**2)
            patches = (patches - patches.mean()) / max(float(patches.std()), 1e-6)
            sides.append(np.sort(patches @ directions, axis=0))
        distances.append(float(np.abs(sides[0] - sides[1]).mean()))
    return 1000 * float(np.mean(distances))
