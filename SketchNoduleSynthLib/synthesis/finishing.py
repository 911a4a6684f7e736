"""The last touch to what the tissue network made: its core as dense as asked, noise like the CT's, no sharper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.synthesis.appearance import CORE_MM, from_middle_mm
from SketchNoduleSynthLib.synthesis.calcification import CALCIFIED_HU
from SketchNoduleSynthLib.synthesis.generated import smooth_step
from SketchNoduleSynthLib.synthesis.noise import (
    MIN_VOXELS,
    Noise,
    measure_noise,
    noise_hu,
    noise_like,
    steepness,
)
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU, is_parenchyma

SHARP_MM = 0.8
"""So sharp is the network whatever the CT: where noise reaches further, its CT is more blurred. By image 0.7
is as good on validation nodules, by plain features this is nearer to real ones."""
LEAST_SHARE = 0.02
"""Where less of what was made comes into the CT, nothing is divided by it."""
ALIKE_HU = 300.0
"""What is asked so much denser or airier than the core, such as a cavity or calcium, is not moved with it; of dense
calcium so much as it has."""
SKIN_SHARE, LEAST_MOVED = 0.6, 0.5
"""Of the greatest depth: so far below the border all of it is moved, nearer to it less. Where the centre lies nearer to
the border, in a bent nodule, it is not wholly brought to what is asked, or else the depth would be far off."""
RISEN_MM, RISEN_BLUR_MM = 1.5, 0.8
"""Beyond the border, up to where a calcified nodule is moved."""
GRAIN_MM, GRAIN_DEPTH_MM = 1.5, (1.0, 4.0)
"""So deep in a nodule, wholly from the second on, what is finer is noise like the CT's: the network's own, which is
right at the border, weaves streaks in large nodules."""
LUNG_GRAIN_MM, FINE_HU = 1.0, 150.0
"""What is finer in lung where no nodule is asked for is not the network's: noise, and the least of vessels; what is
more is a larger vessel's edge."""
GRAIN_ROOM = 6
"""Voxels around it that its filters see."""
GRAIN_EDGE_HU = (30.0, 60.0)
"""Per mm in the density map: an edge that is asked for, as of a vessel, a cavity, calcium, stays the network's."""


def as_sharp_as_around(
    made: NDArray[np.float32], hu: NDArray[np.float32], share: NDArray[np.float32], noise: Noise
) -> NDArray[np.float32]:
    """`made` (z, y, x; 1 mm), which is to replace the CT `hu` by `share`, no sharper than the CT along each axis.

    What a scanner and its reconstruction blur, thick slices above all, is blurred in noise and nodules alike, so how
    far the CT's `noise` reaches says it. The change is blurred, not the CT, whose own finest grain stays in it.
    """
    sigma = np.sqrt(np.maximum(noise.correlation**2 - SHARP_MM**2, 0.0))
    change = ndimage.gaussian_filter(share * (made - hu), sigma)
    return np.where(share > LEAST_SHARE, hu + change / np.maximum(share, LEAST_SHARE), made).astype(np.float32)


def as_dense_as_asked(
    made: NDArray[np.float32],
    distance_mm: NDArray[np.float32],
    density_hu: NDArray[np.float32],
    core_hu: float,
    has_parts: bool,
    part: slice,
) -> NDArray[np.float32]:
    """`made` (z, y, x; 1 mm), of which the slices `part` are new, with `core_hu` within 1.5 mm of the nodule's centre.

    The network follows `density_hu` only roughly. Where a drawn part comes into the centre, such as a cavity, nothing
    is done: its blurred edge would be taken for the rest, and all of that moved.
    """
    inside = distance_mm > 0
    centre = np.zeros(made.shape, bool)
    centre[part] = (inside & (from_middle_mm(inside, np.ones(3)) <= CORE_MM))[part]
    if not centre.any():
        return made
    there = core_hu if has_parts else float(density_hu[centre].mean())
    alike = smooth_step(2 - 2 * np.abs(density_hu - there) / max(ALIKE_HU, there))
    if not (alike * centre).any() or (has_parts and alike[centre].min() < 1):
        return made

    def at_centre(values: NDArray) -> float:
        return float(np.average(values[centre], weights=alike[centre]))

    missing = core_hu - at_centre(made)
    if core_hu < CALCIFIED_HU:
        moved = alike * smooth_step(distance_mm / (SKIN_SHARE * distance_mm.max()))
        if missing < 0:  # In proportion to what it has above lung, or else a ring around the core is darker than lung.
            moved *= np.clip((made - TYPICAL_LUNG_HU) / max(at_centre(made) - TYPICAL_LUNG_HU, 1.0), 0, 1)
    else:
        moved = np.where(inside, alike, 1.0) * risen(made, distance_mm, centre)
    finished = made + np.float32(missing / max(at_centre(moved), LEAST_MOVED)) * moved
    return np.maximum(finished, np.minimum(made, TYPICAL_LUNG_HU)) if missing < 0 else finished


def risen(
    made: NDArray[np.float32], distance_mm: NDArray[np.float32], centre: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """How far each voxel rises from lung to the `centre`, 0 to 1: as a scanner blurs that nodule.

    Moved by hundreds of HU in any other proportion, a small one would have the edge of a box.
    """
    lung = (distance_mm < -RISEN_MM) & is_parenchyma(made)
    low = float(np.median(made[lung])) if lung.sum() >= MIN_VOXELS else TYPICAL_LUNG_HU
    smooth = ndimage.gaussian_filter(made, RISEN_BLUR_MM)
    share = np.clip((smooth - low) / max(float(smooth[centre].mean()) - low, 1.0), 0.0, 1.0)
    return share * smooth_step(1 + distance_mm / RISEN_MM)


def grained(
    made: NDArray[np.float32],
    noise: Noise,
    distance_mm: NDArray[np.float32],
    density_hu: NDArray[np.float32],
    seed: int,
) -> NDArray[np.float32]:
    """`made` (z, y, x; 1 mm), with noise like the CT's for its own deep in the nodule."""
    first, last = GRAIN_DEPTH_MM
    if not (distance_mm > first).any():
        return made
    field = noise.sigma_hu * noise_like(noise, made.shape, np.random.default_rng((seed, 5)))
    box = Box(*ndimage.find_objects((distance_mm > first).astype(np.uint8))[0]).grow(GRAIN_ROOM, made.shape)
    deep = smooth_step((distance_mm[box] - first) / (last - first))
    steep = ndimage.maximum_filter(steepness(density_hu[box], 1.0), 3)
    deep *= smooth_step((GRAIN_EDGE_HU[1] - steep) / (GRAIN_EDGE_HU[1] - GRAIN_EDGE_HU[0]))
    finished = made.copy()
    finished[box] += deep * (ndimage.gaussian_filter(made[box], GRAIN_MM) + field[box] - made[box])
    return finished


def grained_as(alike: NDArray[np.float32], made: NDArray[np.float32], hole: NDArray[np.bool_]) -> NDArray[np.float32]:
    """`made` (z, y, x; 1 mm), with the fine structure and noise of the CT `alike` for its own in the `hole`.

    The network's own is too even and too blurred for a CT's.
    """
    theirs, own = (np.clip(hu - ndimage.gaussian_filter(hu, LUNG_GRAIN_MM), -FINE_HU, FINE_HU) for hu in (alike, made))
    return np.where(hole, made - own + theirs, made)


def as_noisy_as_around(
    made: NDArray[np.float32], hu: NDArray[np.float32], hole: NDArray[np.bool_], seed: int
) -> NDArray[np.float32]:
    """`made` (z, y, x; 1 mm) with the noise that its lung in the `hole` lacks beside the lung of `hu` around.

    Where no nodule is asked for and the CT has no place like this one: a dull patch in noisy lung, without.
    """
    around, within = ~hole & is_parenchyma(hu), hole & is_parenchyma(made)
    if min(around.sum(), within.sum()) < MIN_VOXELS:
        return made
    noise = measure_noise(hu, around)
    missing_hu = np.sqrt(max(0.0, noise.sigma_hu**2 - noise_hu(made, within) ** 2))
    return made + np.float32(missing_hu) * noise_like(noise, made.shape, np.random.default_rng((seed, 6)))
