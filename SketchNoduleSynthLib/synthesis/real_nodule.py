"""A real nodule of the CT as an entry of a recipe: found, with nothing changed, or removed, with lung in its place."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid, lps_of_ras, ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import axes_in_a_slice
from SketchNoduleSynthLib.drawing.recipe import FOUND, NoduleRecipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import with_minus
from SketchNoduleSynthLib.models import completing
from SketchNoduleSynthLib.networks.inputs import empty_conditions
from SketchNoduleSynthLib.resources import MODELS_FOLDER
from SketchNoduleSynthLib.synthesis import bundle, extraction
from SketchNoduleSynthLib.synthesis.blending import blend
from SketchNoduleSynthLib.synthesis.completion import ROOM_MM, SPACING_MM, filled, on_voxel, samples_for
from SketchNoduleSynthLib.synthesis.density_map import (
    AERATED_HU,
    DENSE_HU,
    NOWHERE_MM,
    REACH_MM,
    empty_map,
    noise_level,
    weight,
)
from SketchNoduleSynthLib.synthesis.extraction import Extracted, attenuation_of, extracted
from SketchNoduleSynthLib.synthesis.finishing import as_noisy_as_around, grained_as
from SketchNoduleSynthLib.synthesis.generated import Generated, smooth_step
from SketchNoduleSynthLib.synthesis.insertion import Insertion, check_weights
from SketchNoduleSynthLib.synthesis.lung_alike import lung_alike
from SketchNoduleSynthLib.synthesis.quality import MOST_SEAM, seam_ratio
from SketchNoduleSynthLib.synthesis.report import NoiseHU, Quality, Report, percentiles_of
from SketchNoduleSynthLib.synthesis.runtime import Run
from SketchNoduleSynthLib.synthesis.segmentation import background_hu
from SketchNoduleSynthLib.synthesis.stages import Progress, Stages, silent
from SketchNoduleSynthLib.synthesis.tissue import dense_tissue

UNSURE = 0.5
"""A nodule whose least volume is less than this share of its greatest has no certain border."""
WALL_MM, BRIDGED_MM = 2.0, 6.0
"""So deep into a wall it goes over into the CT; a wall goes on over gaps up to twice so wide."""
EDGE_MM = 1.0
MOST_LEFT_HU = 150.0
"""What lung in a nodule's place may be denser than that around it: vessels run in it."""


def at_click(volume: Volume, click_ras_mm: ArrayLike) -> NoduleRecipe:
    """What asks for the nodule at a point (RAS mm) to be found: its middle, size and attenuation.

    Raises :class:`InputError` as :func:`extracted` does.
    """
    real, grid, model = extracted(volume, lps_of_ras(click_ras_mm)), volume.grid, completing(MODELS_FOLDER)
    x, y, z = ras_of_lps(real.centre_lps_mm).round(2).tolist()
    box, mask = real.on(grid)
    long_mm = round(float(np.clip(axes_in_a_slice(mask, grid.spacing)[0], *model.diameter_mm)), 1)
    attenuation = attenuation_of(volume.array[box], mask, grid.spacing[::-1])
    return NoduleRecipe(Voi((x, y, z), long_mm), model.name, attenuation=attenuation, kind=FOUND)


def real_nodule(
    volume: Volume, nodule: NoduleRecipe, progress: Progress = silent, tissue: Run | None = None
) -> Insertion:
    """The entry of a recipe for a real nodule, carried out on `volume`, which is not changed.

    `tissue`: another network than the bundled one to fill its place. Raises :class:`InputError` if there is none, or
    if the recipe asks for other weights.
    """
    stage = Stages(progress)
    stage("load")
    model = bundle.load(completing(MODELS_FOLDER).name)
    check_weights(nodule, weights_sha256())
    recipe = replace(nodule, weights_sha256=weights_sha256())
    stage("site")
    real = extracted(volume, nodule.voi.center_lps_mm)
    box, mask = real.on(volume.grid)
    if nodule.kind == FOUND:
        stage("report")
        there = volume.array[box].copy()
        report = measured(recipe, box, mask, there, volume)
        report = replace(report, quality=Quality(tuple(unsure(real))), seconds=stage.seconds())
        return Insertion(box, there, there, mask, recipe, report)
    stage("network")
    made = without(volume, real, nodule.seed, tissue or model.run)
    stage("blend")
    far = smooth_step((np.abs(made.inside_mm) - EDGE_MM) / EDGE_MM)
    blended = blend(volume, made, nodule.blending == "poisson", far)
    before, after = blended.voxels(volume)
    stage("report")
    mask = real.in_box(volume.grid, blended.box)
    report = replace(
        measured(recipe, blended.box, mask, after, volume),
        seam_ratio=round(seam_ratio(blended), 3),
        noise_hu=NoiseHU(round(blended.noise_around_hu, 1), None),
        plane_continuity=round(made.continuity, 3),
        quality=Quality(tuple(left_over(blended.after, mask, seam_ratio(blended)))),
        seconds=stage.seconds(made.network_seconds),
    )
    return Insertion(blended.box, before, after, mask, recipe, report)


def weights_sha256() -> str:
    """Of the network that finds a real nodule and the one that fills its place, as the recipe has it."""
    return hashlib.sha256((extraction.sha256() + completing(MODELS_FOLDER).sha256).encode()).hexdigest()


def without(volume: Volume, real: Extracted, seed: int, run: Run) -> Generated:
    """The tissue in and around a real nodule as the tissue network makes it when it is asked for lung alone.

    Vessels and grain are those of a place of the CT that is like this one, as far as there is one.
    """
    frame = around(volume.grid, real)
    hu = frame.sample(volume)
    distance = real.frame.resample_to(
        frame.grid, frame.box_in(frame.grid), real.distance_mm, fill=float(real.distance_mm.min())
    )
    walls = walls_behind(hu, distance)
    deep = ndimage.distance_transform_edt(walls)
    share = weight(distance) * smooth_step(1 - deep / WALL_MM)
    hole = share > 0
    nowhere = np.full(hu.shape, NOWHERE_MM, np.float32)
    alike = lung_alike(volume, frame, hu, hole & ~walls, seed)
    alike = None if alike is None else hu + share * (alike - hu)
    led, leading = empty_map(hu, distance, walls, alike), empty_conditions(noise_level(hu, hole))
    made, seconds = filled(hu, hole, nowhere, led, leading, seed, run, slice(0, len(hu)))
    made = as_noisy_as_around(made, hu, hole, seed) if alike is None else grained_as(alike, made, hole)
    return Generated(frame, hu, made, distance, share, seconds)


def walls_behind(hu: NDArray[np.float32], distance_mm: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Walls and large vessels (voxels of 1 mm) as they go on behind a nodule, which may be as wide as one itself."""
    walls = dense_tissue(np.where(distance_mm > 0, AERATED_HU, hu), (SPACING_MM,) * 3)
    if not walls.any():
        return walls
    near = ndimage.distance_transform_edt(~walls) <= BRIDGED_MM
    bridged = ndimage.distance_transform_edt(np.pad(near, 1, mode="edge"))[1:-1, 1:-1, 1:-1] > BRIDGED_MM
    return walls | (bridged & (hu > DENSE_HU))


def around(grid: Grid, real: Extracted) -> Frame:
    """Samples of 1 mm with room for what is made in place of a real nodule."""
    inside = np.argwhere(real.border > 0)
    low, high = inside.min(0)[::-1], inside.max(0)[::-1]
    span_mm = (high - low + 1) * SPACING_MM + 2 * (REACH_MM + ROOM_MM)
    return on_voxel(grid, real.frame.grid.to_lps((low + high) / 2), samples_for(span_mm))


def measured(recipe: NoduleRecipe, box: Box, mask: NDArray[np.bool_], hu: NDArray, volume: Volume) -> Report:
    """The report on a real nodule's `mask` with the `hu` that the CT has there then, both on `box`."""
    spacing = volume.grid.spacing
    long_mm, short_mm = axes_in_a_slice(mask, spacing)
    return Report(
        model=extraction.TITLE if recipe.kind == FOUND else recipe.model,
        attenuation=recipe.attenuation,
        box_ijk=box,
        hu_mean=round(float(hu[mask].mean()), 1),
        hu_percentiles=percentiles_of(hu[mask]),
        long_diameter_mm=round(long_mm, 2),
        short_axis_mm=round(short_mm, 2),
        volume_mm3=round(float(mask.sum() * spacing.prod()), 1),
        outline_dice=None,
        seam_ratio=0.0,
        noise_hu=NoiseHU(0.0, None),
        quality=Quality(),
        plane_continuity=1.0,
        notes=(),
        seconds={},
    )


def unsure(real: Extracted) -> list[str]:
    least, most = real.volumes_mm3
    if least >= UNSURE * most:
        return []
    return [f"Its border is not certain: its volume may be {least:.0f} to {most:.0f} mm³."]


def left_over(after: NDArray[np.float32], mask: NDArray[np.bool_], seam: float) -> list[str]:
    """What is wrong with lung in a nodule's place, a sentence each."""
    reasons = []
    there, around_it = float(after[mask].mean()), background_hu(after[~mask])
    if there > around_it + MOST_LEFT_HU:
        reasons.append(
            with_minus(
                f"Its place has {there:.0f} HU on average, the lung around it {around_it:.0f}; try another seed."
            )
        )
    if seam > MOST_SEAM:
        reasons.append(f"At its seam the tissue changes by {seam:.1f} times the noise.")
    return reasons
