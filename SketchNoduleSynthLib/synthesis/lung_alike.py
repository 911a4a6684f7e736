"""Where else a CT has lung like that around a hole: what a scan itself has shows best what belongs there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.synthesis.density_map import DENSE_HU
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU, dense_tissue

SHELL_MM = 3.0
"""So far around the hole a place has to be like this one."""
SEARCH_MM = 24
"""So far beyond the samples' border is looked."""
SEEN_HU = (-1000.0, -300.0)
"""What is denser counts as no more than that."""
BLUR_MM = 0.7
WIDEST_MM = 1.5
"""From the middle to the border of the widest vessel that a place may have: what is wider may be a nodule."""
BEST = 3
"""Among so many places the seed chooses."""
Turn = Callable[[NDArray], NDArray]


def turns() -> list[tuple[Turn, Turn]]:
    """The eight turns and mirror images of a slice, each with its inverse; thick slices stay where they are."""

    def turned(quarters: int, is_mirrored: bool) -> tuple[Turn, Turn]:
        def there(values: NDArray) -> NDArray:
            return np.rot90(values[..., ::-1] if is_mirrored else values, quarters, (-2, -1))

        def back(values: NDArray) -> NDArray:
            values = np.rot90(values, -quarters, (-2, -1))
            return values[..., ::-1] if is_mirrored else values

        return there, back

    return [turned(quarters, is_mirrored) for quarters in range(4) for is_mirrored in (False, True)]


def lung_alike(
    volume: Volume, frame: Frame, hu: NDArray[np.float32], hole: NDArray[np.bool_], seed: int
) -> NDArray[np.float32] | None:
    """`hu` (z, y, x; samples of `frame`, 1 mm) with the lung of another place of the CT in the `hole`.

    The seed chooses among the best; None where there is none.
    """
    if not hole.any() or hole.all():
        return None
    cut = Box(*ndimage.find_objects(hole.astype(np.uint8))[0]).grow(round(SHELL_MM), hole.shape)
    x, y, z = (n + 2 * SEARCH_MM for n in frame.samples)
    wide = Frame(frame.center, frame.axes, (x, y, z), (x, y, z))
    there = wide.sample(volume)
    barred = no_lung(there) | ~inside(volume, wide)
    barred[tuple(slice(SEARCH_MM, SEARCH_MM + n) for n in hu.shape)] |= hole
    best = alike(there, barred, hu[cut], hole[cut])[:BEST]
    if not best:
        return None
    filled = hu.copy()
    filled[cut][hole[cut]] = best[np.random.default_rng((seed, 7)).integers(len(best))][hole[cut]]
    return filled


def alike(
    there: NDArray[np.float32], barred: NDArray[np.bool_], here: NDArray[np.float32], hole: NDArray[np.bool_]
) -> list[NDArray[np.float32]]:
    """The places of the CT `there` that differ least from `here` in a shell around its `hole`, the best first.

    One for each turn; all HU (z, y, x; 1 mm), by the mean square. Nothing `barred` lies in their holes.
    """
    shell = ~hole & (ndimage.distance_transform_edt(~hole) <= SHELL_MM)
    seen, wanted = seen_of(there), seen_of(here)
    sides = [fft.next_fast_len(n, real=True) for n in there.shape]

    def spectrum(values: NDArray) -> NDArray[np.complex64]:
        return fft.rfftn(values.astype(np.float32), sides)

    of_seen, of_squares, of_barred = spectrum(seen), spectrum(seen**2), spectrum(barred)
    found = []
    for turn, back in turns():
        outline, weighted, free = (spectrum(turn(each)).conj() for each in (shell, shell * wanted, hole))
        size = turn(shell).shape
        valid = tuple(slice(n - m + 1) for n, m in zip(there.shape, size, strict=True))
        difference = fft.irfftn(of_squares * outline - 2 * of_seen * weighted, sides)[valid] / shell.sum()
        difference[fft.irfftn(of_barred * free, sides)[valid] > 0.5] = np.inf
        corner = np.unravel_index(int(np.argmin(difference.round(3))), difference.shape)
        part = tuple(slice(at, at + n) for at, n in zip(corner, size, strict=True))
        found.append((float(difference[corner]), back(there[part])))
    return [place for by, place in sorted(found, key=lambda one: one[0]) if np.isfinite(by)]


def seen_of(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    """What places are compared by, in 100 HU from typical lung."""
    return (np.clip(ndimage.gaussian_filter(hu, BLUR_MM), *SEEN_HU) - TYPICAL_LUNG_HU) / 100.0


def no_lung(hu: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Walls, and whatever dense thing is as wide as a nodule (voxels of 1 mm)."""
    return dense_tissue(hu, (1.0,) * 3) | (ndimage.distance_transform_edt(hu > DENSE_HU) > WIDEST_MM)


def inside(volume: Volume, frame: Frame) -> NDArray[np.bool_]:
    """Which of the frame's samples lie between voxels of the CT."""
    index = volume.grid.to_index(frame.points())
    return np.all((index >= 0) & (index <= volume.grid.size - 1), axis=-1)
