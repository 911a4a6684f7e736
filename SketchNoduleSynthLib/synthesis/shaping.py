"""A nodule's shape and coarse density in three dimensions: a real nodule's, warped to what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.sampling import sample_parallel
from SketchNoduleSynthLib.ct.window import to_network
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.synthesis.density_map import DENSEST_SOFT_HU, REACH_MM
from SketchNoduleSynthLib.synthesis.generated import signed_distance_mm
from SketchNoduleSynthLib.synthesis.shapes import (
    DENSITY_STEP_HU,
    DISTANCE_STEPS,
    MOST_DISTANCE,
    UPRIGHT,
    Shapes,
    Symmetry,
    turned,
)
from SketchNoduleSynthLib.synthesis.site import Site
from SketchNoduleSynthLib.synthesis.tissue import TYPICAL_LUNG_HU

LIKE, BEST = 40, 8
"""So many real nodules nearest in size are looked at; of those, turned and mirrored, the seed takes one of the best."""
LEAST_SHARE = 0.1
"""Of the cube's middle plane: a section that hits less of its nodule says nothing of its size."""
MOST_TIMES, ALIKE = 1.6, 16
"""A kind that has fewer nodules within so many times the size gives the density alone, one of so many nearest."""
AIRIEST_CORE_HU = {"solid": (-450.0, -250.0), "part-solid": (-650.0, -650.0), "ground-glass": (-730.0, -730.0)}
AIRIEST_AT_MM = 8.0, 12.0
"""Some of what readers call solid is hardly denser than lung, and some ground-glass is not seen: who asks for a nodule,
and for no density, does not mean that. Up to and from those diameters: a small solid one is blurred into lung, a large
one that is as airy looks like ground-glass, and is one in fifteen."""
STEP_MM, STEP_PER_HALF_SIDE = (0.5, 1.0), 1 / 8
ROOM_MM, SLACK_MM = 2.0, 1.0
THINNEST_MM = 2.4
"""What is drawn thinner is made so thick: no CT shows less."""
FALL = 0.6
"""Of the radius: so far from the sketch plane the drawing decides more than the real nodule does."""


@dataclass(frozen=True, eq=False)
class Shaped:
    """On the samples of `frame` (w, v, u), tilted as the sketch plane: `distance_mm` to the border, positive inside;
    `density` of the nodule, coarse, gone on outside; `core`: of its deepest part, `centre`: within 1.5 mm of its
    centre; all in the network's range. `texture` and `ratings` (spiculation, lobulation, margin; None if not rated) as
    LIDC's readers saw the real one.
    """

    frame: Frame
    distance_mm: NDArray[np.float32]
    density: NDArray[np.float32]
    core: float
    centre: float
    texture: float
    ratings: tuple[float, float, float] | None

    def on(self, grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Distance and density on the voxels of `grid` (z, y, x), which may reach beyond the frame."""
        whole = self.frame.box_in(grid).grow(10**6, grid.shape)
        far = float(self.distance_mm.min())
        distance = self.frame.resample_to(grid, whole, self.distance_mm, fill=far)
        return distance, self.frame.resample_to(grid, whole, self.density, fill=float(np.median(self.density)))

    def with_centre(self, centre: float) -> Shaped:
        """With its density moved so that at its centre it is `centre`.

        What is taken away is calcium first, then of all in proportion to what it has above lung: of the border, which
        is lung in part, no more, or else the nodule shrinks.
        """
        lung, soft = (float(to_network(hu, clip=False)) for hu in (TYPICAL_LUNG_HU, DENSEST_SOFT_HU))

        def moved(values: NDArray) -> NDArray[np.float32]:
            if centre >= self.centre or centre <= lung:
                return (values + (centre - self.centre)).astype(np.float32)
            at = self.centre
            if at > soft:
                at = max(centre, soft)
                values = np.minimum(values, soft) + np.maximum(values - soft, 0) * (at - soft) / (self.centre - soft)
            return (lung + (values - lung) * (centre - lung) / (at - lung)).astype(np.float32)

        return replace(self, density=moved(self.density), core=float(moved(np.array(self.core))), centre=centre)


def shaped(site: Site, shapes: Shapes) -> Shaped:
    """The shape and density of a real nodule of the asked kind and like size, as the seed has it.

    With a drawing its section is like it, and in the sketch plane it is the drawing. Of rare kinds the density is
    that of one nodule, the shape of another.
    """
    rng = np.random.default_rng((site.recipe.seed, 2))
    attenuation = site.recipe.attenuation
    least_core_hu = airiest_core_hu(attenuation, site.diameter_mm) if site.recipe.core_hu is None else -np.inf
    of_kind = shapes.like(site.diameter_mm, LIKE, attenuation, least_core_hu)
    are_of_size = np.abs(np.log(shapes.diameter_mm[of_kind] / site.diameter_mm)).max() < np.log(MOST_TIMES)
    numbers = of_kind if are_of_size else shapes.like(site.diameter_mm, LIKE)
    sections = shapes.sections(numbers)
    if site.is_drawn:
        number, symmetry, half_mm, middle = like_drawn(site, sections, rng)
    else:
        number, symmetry, half_mm, middle = any_of(site.diameter_mm, sections, rng)
    found = numbers[number]
    frame = frame_around(site, half_mm, middle)
    u, v, w = frame.offsets
    at = w / half_mm, (v - middle[1]) / half_mm, (u - middle[0]) / half_mm
    outside = [np.maximum(np.abs(along) - 1, 0) for along in at]
    beyond = np.sqrt(sum(along**2 for along in np.ix_(*outside)))
    near = looked_up(turned(shapes.distance[found], symmetry), at) * (MOST_DISTANCE / DISTANCE_STEPS) - beyond
    near = np.maximum(near, -MOST_DISTANCE) * half_mm
    most_mm, pixel = MOST_DISTANCE * half_mm, site.reslice.pixel_mm
    if site.across.any():
        across = signed_distance_mm(site.across, np.full(2, pixel))
        near = near + warp(across, pixel, frame, near, most_mm, 1, site.diameter_mm / 2)
    is_thin = False
    if site.is_drawn:  # It has the last word.
        area = site.outline[0]
        drawn = signed_distance_mm(area, np.full(2, pixel))
        is_thin = bool(drawn.max() < THINNEST_MM / 2)
        near = near + warp(drawn, pixel, frame, near, most_mm, 0, FALL * np.sqrt(area.sum() / np.pi) * pixel)
    distance = gone_on(near, most_mm, float(frame.spacing[0]))
    if is_thin:
        distance += max(0.0, THINNEST_MM / 2 - float(distance.max()))
    dense = found if are_of_size else rng.choice(of_kind[:ALIKE])
    hu = looked_up(turned(shapes.density[dense], symmetry), at) * DENSITY_STEP_HU
    ratings = shapes.ratings[found]
    made = Shaped(
        frame,
        distance,
        to_network(hu, clip=False),
        float(to_network(shapes.core_hu[dense], clip=False)),
        # A hollow nodule is as dense as its deepest part, not as its centre.
        float(to_network(max(shapes.centre_hu[dense], shapes.core_hu[dense]), clip=False)),
        float(shapes.texture[dense]),
        None if np.isnan(ratings).any() else tuple(ratings.tolist()),
    )
    if site.recipe.core_hu is not None:
        return made
    # Most outlines are most like those of few nodules, whose density is not that of all.
    centre = made.centre + float(to_network(shapes.core_hu[rng.choice(of_kind)], clip=False)) - made.core
    soft = float(to_network(DENSEST_SOFT_HU, clip=False))
    return made.with_centre(centre if attenuation == "calcified" else min(centre, soft))


def airiest_core_hu(attenuation: str, diameter_mm: float) -> float:
    """The least density at the core of a nodule for which none is asked."""
    return float(np.interp(diameter_mm, AIRIEST_AT_MM, AIRIEST_CORE_HU.get(attenuation, (-np.inf, -np.inf))))


Found = tuple[int, Symmetry, float, tuple[float, float]]
"""Number among the sections, symmetry, half the cube's side in mm, and where its middle lies in the plane (u, v)."""


def like_drawn(site: Site, sections: NDArray[np.float32], rng: np.random.Generator) -> Found:
    """One of those whose section has most in common with the drawn area, scaled to its size and moved onto it."""
    area, pixel = site.outline[0], site.reslice.pixel_mm
    v, u = ((np.array(ndimage.center_of_mass(area)) - (len(area) - 1) / 2) * pixel).tolist()
    inside = sections > 0
    share = inside.mean((2, 3))
    half = np.sqrt(area.sum() * pixel**2 / np.maximum(share, 1e-3)) / 2
    along = (np.arange(sections.shape[-1]) + 0.5) / sections.shape[-1] * 2 - 1
    at = [
        np.clip(np.rint((along * half[..., None] + mid) / pixel + (len(area) - 1) / 2), 0, len(area) - 1).astype(int)
        for mid in (v, u)
    ]
    there = area[at[0][..., :, None], at[1][..., None, :]]
    common = (inside & there).sum((2, 3)) / np.maximum((inside | there).sum((2, 3)), 1) * (share >= LEAST_SHARE)
    best = np.argsort(common, axis=None)[::-1][:BEST]
    number, way = np.unravel_index(best[rng.integers(len(best))], common.shape)
    return int(number), mirrored(UPRIGHT[way], rng), float(half[number, way]), (u, v)


def any_of(diameter_mm: float, sections: NDArray[np.float32], rng: np.random.Generator) -> Found:
    """Any, turned and mirrored anyhow, with the asked long diameter in the sketch plane."""
    whole = np.flatnonzero((sections[:, 0] > 0).mean((1, 2)) >= LEAST_SHARE)
    number, way = int(rng.choice(whole)), int(rng.integers(len(UPRIGHT)))
    fine = ndimage.zoom(sections[number, way], 4, order=1, grid_mode=True, mode="nearest")
    longest = long_diameter(fine > 0, 2 / len(fine))
    return number, mirrored(UPRIGHT[way], rng), diameter_mm / longest, (0.0, 0.0)


def mirrored(way: Symmetry, rng: np.random.Generator) -> Symmetry:
    """`way`, or as likely its mirror image across the sketch plane."""
    order, (first, *others) = way
    return order, (first if rng.random() < 0.5 else -first, *others)


def frame_around(site: Site, half_mm: float, middle: tuple[float, float]) -> Frame:
    """Samples about the sketch plane's middle with room for the hole around the nodule."""
    voi = site.recipe.voi
    step = float(np.clip(STEP_PER_HALF_SIDE * half_mm, *STEP_MM))
    reach = max(half_mm + np.abs(middle).max(), site.drawn_reach_mm) + REACH_MM + ROOM_MM
    samples = 2 * int(np.ceil(reach / step)) + 1
    return Frame(voi.center_lps_mm, voi.frame(1).axes, (samples * step,) * 3, (samples,) * 3)


def looked_up(cube: NDArray[np.int8], at: Sequence[NDArray[np.float64]]) -> NDArray[np.float32]:
    """The values of `cube` (w, v, u) at even steps `at` along w, v and u, in half sides from its middle; gone on beyond
    it."""
    index = [(along + 1) / 2 * len(cube) - 0.5 for along in at]
    steps = [(along[-1] - along[0]) / (len(along) - 1) for along in index]
    return sample_parallel(cube, [along[0] for along in index], steps, [len(along) for along in index])


def warp(
    drawn_mm: NDArray[np.float32],
    pixel_mm: float,
    frame: Frame,
    near: NDArray[np.float32],
    most_mm: float,
    axis: int,
    fall_mm: float,
) -> NDArray[np.float32]:
    """What to add to distances for the middle plane across `axis` to be as drawn, less and less away from it.

    `axis` of the samples (w, v, u): 0 for the sketch plane, 1 for that at right angles; `drawn_mm`: signed distances on
    that plane, (v, u) or (−w, u).
    """
    u, v, w = frame.offsets
    rows, away = (v, w) if axis == 0 else (-w, v)
    index = np.meshgrid(*(at / pixel_mm + (len(drawn_mm) - 1) / 2 for at in (rows, u)), indexing="ij")
    there = np.clip(ndimage.map_coordinates(drawn_mm, index, order=1, mode="nearest"), -most_mm, most_mm)
    more = np.expand_dims(there - near.take(len(away) // 2, axis), axis)
    return more * np.expand_dims(np.exp(-((away / fall_mm) ** 2)), (1, 2) if axis == 0 else (0, 2))


def gone_on(near: NDArray[np.float32], most_mm: float, step_mm: float) -> NDArray[np.float32]:
    """Distances that are known up to `most_mm`, from there on by those of the border's samples; something is inside."""
    more = max(0.0, step_mm / 2 - float(near.max()))
    near, most_mm = near + more, max(most_mm - more, 1e-3)
    far = ndimage.gaussian_filter(signed_distance_mm(near > 0, np.full(3, step_mm)), 1.0)
    known = np.clip((most_mm - np.abs(near)) / (0.3 * most_mm), 0, 1)
    # Where a lobe was rounded away, what is kept says that a border is near.
    return np.clip(known * near + (1 - known) * far, far - SLACK_MM, far + SLACK_MM).astype(np.float32)
