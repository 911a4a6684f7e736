"""The tissue network in use: a shape with its density map in, HU of the nodule with its surroundings out."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.window import from_network, to_network
from SketchNoduleSynthLib.networks.inputs import TISSUE_STYLE, noise_shapes, tissue_conditions
from SketchNoduleSynthLib.synthesis.calcification import apart, laid_on
from SketchNoduleSynthLib.synthesis.density_map import REACH_MM, around, blurred, noise_level, stacked, weight
from SketchNoduleSynthLib.synthesis.feeding_vessel import feeding_vessel
from SketchNoduleSynthLib.synthesis.finishing import as_dense_as_asked, as_sharp_as_around, grained
from SketchNoduleSynthLib.synthesis.generated import Generated, signed_distance_mm, smooth_step
from SketchNoduleSynthLib.synthesis.noise import measure_noise
from SketchNoduleSynthLib.synthesis.runtime import Run
from SketchNoduleSynthLib.synthesis.shaping import Shaped
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.spicules import spicules
from SketchNoduleSynthLib.synthesis.structures import lines
from SketchNoduleSynthLib.synthesis.tissue import dense_tissue, is_parenchyma

SPACING_MM = 1.0
STEP, LEAST_SIDE = 8, 24
ROOM_MM = 3.0
ALONG = 0.999
SLAB = 16
AROUND_BLUR_MM = 1.5
FOOT_MM = 1.0
"""So deep into a wall a nodule's foot may change it."""
FILLET_MM = 4.0
"""Where a nodule's border comes so near to a wall's, it grows against it, with a broad foot."""


def along_voxels(grid: Grid, shape: Shaped) -> Frame:
    """Samples of 1 mm along the CT's axes, with room for the nodule; on its voxels where those are of 1 mm.

    The network's noise has the grain of voxels, so nothing is turned between the two.
    """
    axes = grid.direction.T
    inside = shape.frame.points()[shape.distance_mm > 0]
    at = (inside if len(inside) else shape.frame.center[None]) @ axes.T
    middle = (at.max(0) + at.min(0)) / 2
    span = np.ptp(at, axis=0) + 2 * (REACH_MM + ROOM_MM)
    samples = samples_for(span)
    return on_voxel(grid, middle @ axes, samples)


def on_voxel(grid: Grid, point_lps_mm: NDArray[np.float64], samples: NDArray[np.intp]) -> Frame:
    """Samples of 1 mm along the CT's axes (`samples` x, y, z, even), number half their count on the nearest voxel."""
    axes = grid.direction.T
    centre = grid.to_lps(np.rint(grid.to_index(point_lps_mm))) - SPACING_MM / 2 * axes.sum(0)
    return Frame(centre, axes, tuple(samples * SPACING_MM), tuple(samples.tolist()))


def samples_for(span_mm: NDArray[np.float64]) -> NDArray[np.intp]:
    """As many along each axis as the network takes for at least so much."""
    return np.maximum(STEP * np.ceil(span_mm / SPACING_MM / STEP), LEAST_SIDE).astype(int)


def completed(shape: Shaped, site: Site, run: Run, only_plane: bool = False) -> Generated:
    """The nodule of that shape in the site's CT, which is not changed; `only_plane`: what the sketch plane needs."""
    frame = along_voxels(site.reslice.volume.grid, shape)
    hu = frame.sample(site.reslice.volume)
    distance, density = shape.on(frame.grid)
    deep = signed_distance_mm(dense_tissue(hu, (SPACING_MM,) * 3), (SPACING_MM,) * 3)
    line, line_density = lines(site, frame.grid, deep)
    distance, density = against(deep, distance, density, shape.core)
    vessel = None if (line > 0).any() else feeding_vessel(hu, distance, deep, site.recipe.seed)
    if vessel:
        line, line_density = vessel[0], np.full(hu.shape, vessel[1], np.float32)
    spike, spike_density = spicules(site, frame.grid, shape.core)
    line_density = np.where(spike > line, spike_density, line_density)
    line = np.maximum(line, spike)
    nodule, border = distance > 0, np.maximum(distance, line)
    share = weight(border) * smooth_step(1 - deep / FOOT_MM) * within(hu.shape)
    dense = around(hu, border)
    there = np.where(dense, to_network(blurred(hu, dense, AROUND_BLUR_MM), clip=False), -np.inf)
    # What is denser than the nodule goes on in it: vessels in ground-glass, a wall.
    values = np.maximum(np.where(nodule, density, -np.inf), there)
    values = np.where(line > 0, np.maximum(line_density, values), values)
    soft, calcium_hu = apart(values, nodule)
    led = stacked(nodule | dense | (line > 0), soft)
    leading = tissue_conditions(
        site.diameter_mm,
        shape.texture,
        "coarse",  # As the bundled densities are.
        shape.ratings,
        shape.core,
        noise_level(hu, share > 0),
    )
    part = slab(frame, site.reslice.frame) if only_plane else slice(0, hu.shape[0])
    made, seconds = filled(hu, share > 0, border, led, leading, site.recipe.seed, run, part)
    noise = measure_noise(hu, (share == 0) & is_parenchyma(hu))
    made[part] += laid_on(calcium_hu, distance)[part]
    asked = from_network(np.where(led[0] > 0, values, density))
    made = grained(made, noise, distance, asked, site.recipe.seed)
    centre_hu = float(from_network(np.array(shape.centre)))
    made = as_dense_as_asked(made, distance, asked, centre_hu, site.has_parts, part)
    made[part] = as_sharp_as_around(made[part], hu[part], share[part], noise)
    return Generated(frame, hu, made, distance, share, seconds)


def filled(
    hu: NDArray[np.float32],
    hole: NDArray[np.bool_],
    distance_mm: NDArray[np.float32],
    led: NDArray[np.float32],
    leading: NDArray[np.float32],
    seed: int,
    run: Run,
    part: slice,
) -> tuple[NDArray[np.float32], float]:
    """`hu` (z, y, x) with the slices `part` as the tissue network makes them, and how long that took.

    `led`: the density map (2, z, y, x), `leading`: the conditions.
    """
    chance = np.random.default_rng((seed, 3))
    style = chance.standard_normal((1, TISSUE_STYLE), np.float32)
    fields = [chance.standard_normal(shape, np.float32) for shape in noise_shapes(hu.shape)]

    def channels(*arrays: NDArray) -> NDArray[np.float32]:
        first, last = (edge * len(arrays[0]) // len(hu) for edge in (part.start, part.stop))
        return np.stack([array[first:last] for array in arrays]).astype(np.float32)[None]

    given = {
        "ct": channels(to_network(hu, clip=False)),
        "hole": channels(hole),
        "distance_mm": channels(distance_mm),
        "density": channels(*led),
        "conditions": leading[None],
        "style": style,
        **{f"noise{number}": channels(field) for number, field in enumerate(fields)},
    }
    started = time.perf_counter()
    y = run(given)[0]
    seconds = time.perf_counter() - started
    made = hu.copy()
    made[part] = from_network(y)
    return made, seconds


def against(
    deep_mm: NDArray[np.float32], distance_mm: NDArray[np.float32], density: NDArray[np.float32], core: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Distance and density of a nodule beside walls in which samples are `deep_mm`: with a foot as dense as its core.

    The foot is a smooth union's (Quilez, Smooth minimum, 2013).
    """
    near = np.clip(1 - np.abs(distance_mm - deep_mm) / FILLET_MM, 0, 1)
    foot = distance_mm + near**2 * (FILLET_MM / 4)
    share = smooth_step(1 + deep_mm / FILLET_MM) * (foot > 0)
    return foot, density + share * np.maximum(core - density, 0)


def within(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """1 in a grid of that shape, 0 at its faces: what is drawn on beyond it ends softly."""
    edges = (np.minimum(np.arange(n), np.arange(n)[::-1]) * SPACING_MM / ROOM_MM for n in shape)
    return np.minimum.reduce(np.meshgrid(*map(smooth_step, edges), indexing="ij"))


def slab(frame: Frame, sketch: Frame) -> slice:
    """The slices of `frame` that the sketch plane needs: few where it lies along them, else all."""
    count = frame.samples[2]
    if abs(float(frame.axes[2] @ sketch.axes[2])) < ALONG:
        return slice(0, count)
    at = float((sketch.center - frame.center) @ frame.axes[2]) / SPACING_MM + count / 2
    first = int(np.clip(STEP * round((at - SLAB / 2) / STEP), 0, max(count - SLAB, 0)))
    return slice(first, min(first + SLAB, count))
