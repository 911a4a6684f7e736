"""A recipe in, an insertion out: the way of the data from top to bottom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.measure import axes_in_a_slice, long_diameter
from SketchNoduleSynthLib.drawing.recipe import REMOVED, SYNTHETIC, NoduleRecipe
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.appearance import Sight
from SketchNoduleSynthLib.synthesis.blending import NODULE_WEIGHT, REACH_VOXELS, Blend, blend
from SketchNoduleSynthLib.synthesis.extraction import seen
from SketchNoduleSynthLib.synthesis.generated import Generated
from SketchNoduleSynthLib.synthesis.generators import Generator, generator
from SketchNoduleSynthLib.synthesis.insertion import Insertion, check_weights
from SketchNoduleSynthLib.synthesis.lung_alike import SEARCH_MM
from SketchNoduleSynthLib.synthesis.quality import Asked, judge, seam_ratio
from SketchNoduleSynthLib.synthesis.real_nodule import real_nodule
from SketchNoduleSynthLib.synthesis.report import NoiseHU, Report, percentiles_of
from SketchNoduleSynthLib.synthesis.segmentation import dice, found_in_plane
from SketchNoduleSynthLib.synthesis.site import Reslice, Site
from SketchNoduleSynthLib.synthesis.spicules import body
from SketchNoduleSynthLib.synthesis.stages import Progress, Stages, silent

SIGHT_ROOM = 4
INTERPOLATION_VOXELS = 3
"""A frame's samples are interpolated from voxels up to so far outside it."""


def synthesize(
    volume: Volume, nodule: NoduleRecipe, progress: Progress = silent, make: Generator | None = None
) -> Insertion:
    """Carry out an entry of a recipe; the cost depends on the VOI, not on the CT's size.

    Parameters
    ----------
    volume : Volume
        The CT, HU; it is not changed.
    nodule : NoduleRecipe
    progress : callable, optional
        Told the name of each stage as it begins; may raise to cancel.
    make : Generator, optional
        Another one than the bundled, such as freshly trained weights.

    Returns
    -------
    Insertion
        To be applied to the CT's array.

    Raises
    ------
    InputError
        For a VOI outside the CT or in air, an unusable drawing, or missing or broken weights.
    """
    if nodule.kind != SYNTHETIC:
        return real_nodule(volume, nodule, progress)
    stage = Stages(progress)
    stage("load")
    make = make or generator(nodule.model)
    check_weights(nodule, make.sha256)
    stage("site")
    site = Site(Reslice(volume, nodule.voi), nodule)
    longest_mm = site.diameter_mm
    if site.is_drawn:
        longest_mm = max(longest_mm, without_spicules_mm(site, site.outline[0]))
    if beyond := make.model.beyond(longest_mm):
        raise InputError(beyond)
    stage("network")
    made = make.nodule(site)
    stage("blend")
    blended = blend(volume, made, nodule.blending == "poisson")
    if not blended.nodule.any():
        raise InputError(
            "There is no room for the nodule: the VOI lies in soft tissue, the CT is not in HU, or the nodule is "
            "thinner than a voxel; move the VOI into the lung, draw larger, or take another seed."
        )
    before, after = blended.voxels(volume)
    stage("report")
    report = measure(site, blended, made)
    recipe = replace(nodule, weights_sha256=make.sha256)
    report = replace(report, seconds=stage.seconds(made.network_seconds))
    return Insertion(blended.box, before, after, blended.nodule, recipe, report)


def voxels_read(grid: Grid, insertion: Insertion) -> Box:
    """The box of the CT's `grid` outside of which nothing decides what becomes of the insertion's recipe."""
    voi = insertion.recipe.voi.frame(1).box_in(grid, INTERPOLATION_VOXELS)
    if insertion.recipe.kind != SYNTHETIC:
        voi = voi.join(seen(grid, insertion.recipe.voi.center_lps_mm).box_in(grid, INTERPOLATION_VOXELS))
    if insertion.recipe.kind == REMOVED:
        searched = int(np.ceil(SEARCH_MM / grid.spacing.min())) + INTERPOLATION_VOXELS
        voi = voi.join(insertion.box.grow(searched, grid.shape))
    return voi.join(insertion.box.grow(REACH_VOXELS, grid.shape))


def preview(site: Site) -> NDArray[np.float32]:
    """The sketch plane (v, u; 128 x 128 over the VOI) in HU with the nodule, as it will look in the CT."""
    return generator(site.recipe.model).plane(site)


def without_spicules_mm(site: Site, area: NDArray[np.bool_]) -> float:
    """The long diameter of an area (v, u) of the sketch plane, as far as it is no spicule."""
    return long_diameter(body(area, site.reslice.pixel_mm), site.reslice.pixel_mm)


def measure(site: Site, blended: Blend, made: Generated) -> Report:
    """The report on a nodule in the synthetic CT."""
    core = blended.after[blended.nodule]
    drawn = site.outline[0] if site.is_drawn else disc(site)
    local = around_after(site.reslice.volume, blended)
    found = found_in_plane(site, plane_after(site, local), drawn)
    in_plane_mm = without_spicules_mm(site, found)
    spacing = site.reslice.volume.grid.spacing
    long_mm, short_mm = axes_in_a_slice(blended.nodule, spacing)
    asked = without_spicules_mm(site, drawn) if site.is_drawn else site.diameter_mm
    overlap = dice(found, drawn) if site.is_drawn else None
    inside = blended.noise_inside_hu
    request = Asked(site.recipe.attenuation, asked, site.drawn_reach_mm > site.side_mm / 2)
    return Report(
        model=site.recipe.model,
        attenuation=site.recipe.attenuation,
        box_ijk=blended.box,
        hu_mean=round(float(core.mean()), 1),
        hu_percentiles=percentiles_of(core),
        long_diameter_mm=round(long_mm, 2),
        short_axis_mm=round(short_mm, 2),
        volume_mm3=round(float(blended.nodule.sum() * spacing.prod()), 1),
        outline_dice=None if overlap is None else round(float(overlap), 4),
        seam_ratio=round(seam_ratio(blended), 3),
        noise_hu=NoiseHU(round(blended.noise_around_hu, 1), inside and round(inside, 1)),
        quality=judge(blended, local.grid.spacing[::-1], sight_of(made, local, asked), request, overlap, in_plane_mm),
        plane_continuity=round(made.continuity, 3),
        notes=(*(site.outline[1] if site.is_drawn else ()), *made.notes),
        seconds={},
    )


def around_after(volume: Volume, blended: Blend) -> Volume:
    """The CT with the nodule, of it the insertion's box and little more."""
    wide = blended.box.grow(REACH_VOXELS, volume.grid.shape)
    local = Volume(volume.array[wide].astype(np.float32), volume.grid.cropped(wide))
    local.array[blended.box.within(wide)] = blended.after
    return local


def plane_after(site: Site, local: Volume) -> NDArray[np.float32]:
    """The sketch plane (v, u) of the CT with the nodule, of which `local` is the part that changed."""
    plane, whole = site.reslice.frame.plane(), site.reslice.volume.grid
    points = plane.points()[0]
    index = local.grid.to_index(points)
    start = whole.to_index(local.grid.origin)
    low = np.where(start < 0.5, -0.5, 0.0)
    high = local.grid.size - 1 + np.where(start + local.grid.size > whole.size - 0.5, 0.5, 0.0)
    covered = ((index >= low) & (index <= high)).all(-1)
    return np.where(covered, plane.sample(local)[0], site.reslice.hu)


def sight_of(made: Generated, local: Volume, diameter_mm: float) -> Sight:
    """The nodule in the CT that `local` is a part of, on voxels of 1 mm, as real ones were measured."""
    more = 2 * SIGHT_ROOM
    w, v, u = (side + more for side in made.inside_mm.shape)
    extent = tuple(side + more * step for side, step in zip(made.frame.extent, made.frame.spacing, strict=True))
    centre = ndimage.center_of_mass(made.inside_mm > 0)
    frame = Frame(made.frame.center, made.frame.axes, extent, (u, v, w))
    nodule = np.pad((made.inside_mm > 0) & (made.weight >= NODULE_WEIGHT), SIGHT_ROOM)
    return Sight(frame.sample(local), frame.spacing[::-1], np.add(centre, SIGHT_ROOM), diameter_mm, nodule)


def disc(site: Site) -> NDArray[np.bool_]:
    u, v, _ = site.reslice.frame.offsets
    return u**2 + v[:, None] ** 2 <= (site.diameter_mm / 2) ** 2
