"""A plausible drawing of a nodule that nobody has drawn: the first half of SkrGAN, noise to sketch, in few lines.

An outline is its radii about its middle, in half degrees of a circle's Fourier series, turned so that its longest axis
lies along u. The form (the first harmonics) is one real outline's, the border (the rest) another's of like size, kind
and look; either may be mirrored. So each part is as readers draw, and the whole is new: some 854 x 854 x 4 of them.
`training.suggestion_test` asks a machine to tell them from outlines of patients who are not among these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, Stroke, filled
from SketchNoduleSynthLib.generation.outlines import NoduleOutline, read_outlines
from SketchNoduleSynthLib.synthesis.spicules import body

RADII, FORM, LIKE = 128, 4, 20
"""Radii of an outline; harmonics below FORM are its form; its border is one of so many that are most alike."""
BORDER, LEAST_RADIUS, MOST_STEP, TRIES = 12, 0.45, 0.35, 20
ALIKE = {"size": 2.0, "length": 20.0, "rough": 3.0, "rating": 0.25}
"""What counts how much, when outlines are compared: log diameter; how long it is, its second harmonic; how rough its
border is, the log of the sum of its harmonics up to BORDER; a step of a rating. Where a radius is below LEAST_RADIUS
or the next one differs by more than MOST_STEP, form and border do not fit, and others are tried."""
MARKED = 4
"""From that rating on an outline is spiculated, or lobulated."""
SPICULES, SPICULE_LENGTH, SPICULE_WIDTH_MM, FINER = (4, 8), (0.2, 0.5), 1.8, 4
"""How many, how long over the mean radius, and how wide at their base; they need so many times the points."""
LEAST_SPICULE_MM = 3.0
"""Of a shorter one hardly more than its broad base is left."""
TAGS, TAG_LENGTH, TAG_BEND = (1, 3), (0.4, 0.9), 0.1
DECIMALS = 3


@dataclass(frozen=True)
class Wishes:
    """What a suggested drawing shall show; of the rest as much as comes."""

    spicules: bool = False
    lobulation: bool = False
    tags: bool = False


@dataclass(frozen=True, eq=False)
class Radii:
    """Outlines as Fourier series of their radii, complex (n, RADII // 2 + 1), over the mean radius; and their looks."""

    series: NDArray[np.complex128]
    looks: NDArray[np.float64]
    ratings: NDArray[np.int64]


def radii_of(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """RADII radii of a closed outline (n, 2) about the middle of its area, the outermost where there are several."""
    path = np.vstack([points_mm, points_mm[:1]])
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    fine = np.stack([np.interp(np.linspace(0, along[-1], 8 * RADII), along, part) for part in path.T], 1)
    x, y = fine.T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    middle = [(cross * (part + np.roll(part, -1))).sum() / (3 * cross.sum()) for part in (x, y)]
    away = fine - middle
    turn, radius = np.arctan2(away[:, 1], away[:, 0]) / (2 * np.pi) % 1, np.linalg.norm(away, axis=1)
    found = np.zeros(RADII)
    np.maximum.at(found, np.rint(turn * RADII).astype(int) % RADII, radius)
    known = np.flatnonzero(found)
    return np.interp(np.arange(RADII), known, found[known], period=RADII)


def upright(radii: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The series of radii, over their mean, turned so that the longest axis lies along u."""
    series = np.fft.rfft(radii) / radii.mean() / RADII
    return series * np.exp(-1j * np.arange(len(series)) * np.angle(series[2]) / 2)


@cache
def known_radii(outlines: tuple[NoduleOutline, ...]) -> Radii:
    series = np.stack([upright(radii_of(one.points_mm)) for one in outlines])
    size = ALIKE["size"] * np.log([one.long_diameter_mm for one in outlines])
    ratings = np.array([one.ratings for one in outlines])
    length, rough = ALIKE["length"] * np.abs(series[:, 2]), np.log(np.abs(series[:, FORM:BORDER]).sum(1))
    looks = np.column_stack([size, length, ALIKE["rough"] * rough, ALIKE["rating"] * ratings])
    return Radii(series, looks, ratings)


def suggested_radii(
    diameter_mm: float, attenuation: str, wishes: Wishes, rng: np.random.Generator
) -> NDArray[np.float64]:
    """RADII radii, in mean radii, of a new outline."""
    outlines = read_outlines()
    known = known_radii(outlines)
    apart = np.abs(known.looks[:, 0] - ALIKE["size"] * np.log(diameter_mm))
    drawn = "solid" if attenuation == "calcified" else attenuation
    unlike = np.array([one.attenuation != drawn for one in outlines], float)
    for wish, rating in zip((wishes.lobulation, wishes.spicules), known.ratings.T, strict=True):
        unlike += wish * (rating < MARKED)
    forms = np.lexsort((apart, unlike))[:LIKE]
    for _ in range(TRIES):
        form = rng.choice(forms)
        like = np.linalg.norm(known.looks - known.looks[form], axis=1)
        border = rng.choice(np.argsort(like, kind="stable")[1 : LIKE + 1])
        parts = [known.series[one] if rng.random() < 0.5 else known.series[one].conj() for one in (form, border)]
        series = np.concatenate([parts[0][:FORM], parts[1][FORM:]])
        radii = np.fft.irfft(series * RADII, RADII)
        if radii.min() >= LEAST_RADIUS and np.abs(np.diff(radii, append=radii[0])).max() <= MOST_STEP:
            break
    return np.maximum(radii, LEAST_RADIUS)


def suggest(
    diameter_mm: float,
    attenuation: str,
    rng: np.random.Generator,
    wishes: Wishes = Wishes(),
    wall_mm: NDArray[np.float64] | None = None,
) -> tuple[Stroke, ...]:
    """A drawing (u, v in mm about the middle) of that long diameter, without its spicules, and kind.

    `wall_mm`: the point (u, v) of a wall nearby, which a tag runs to.
    """
    radii = suggested_radii(diameter_mm, attenuation, wishes, rng)
    turns = 2 * np.pi * np.arange(RADII) / RADII
    around = np.stack([np.cos(turns), np.sin(turns)], 1)
    turn = rng.uniform(0, 2 * np.pi)
    turned = around @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = radii[:, None] * turned
    scale = diameter_mm / np.linalg.norm(points[:, None] - points, axis=-1).max()
    middle = (points.min(0) + points.max(0)) / 2
    border = drawn = (points - middle) * scale
    if wishes.spicules:
        drawn = with_spicules(border, middle * -scale, scale, rng)
        area, pixel_mm = filled([Stroke(drawn, closed=True)], 2 * diameter_mm), 2 * diameter_mm / RASTER_SAMPLES
        share = diameter_mm / long_diameter(body(area, pixel_mm), pixel_mm)
        border, drawn = border * share, drawn * share
    strokes = [Stroke(drawn.round(DECIMALS), "nodule", closed=True)]
    if wishes.tags:
        strokes += [tag(border, rng, wall_mm if number == 0 else None) for number in range(rng.integers(*TAGS))]
    return tuple(strokes)


def with_spicules(
    border_mm: NDArray[np.float64], middle_mm: NDArray[np.float64], radius_mm: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The border (RADII, 2) of that middle and mean radius, with thin spikes apart from each other."""
    fine = np.arange(FINER * RADII) / FINER
    points = np.stack([np.interp(fine, np.arange(RADII), part, period=RADII) for part in border_mm.T], 1)
    away = points - middle_mm
    radii = np.linalg.norm(away, axis=1, keepdims=True)
    count = int(rng.integers(*SPICULES))
    at = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) * RADII / count
    apart_mm = np.abs((fine[:, None] - at + RADII / 2) % RADII - RADII / 2) * (2 * np.pi / RADII) * radii
    lengths = np.maximum(rng.uniform(*SPICULE_LENGTH, count) * radius_mm, LEAST_SPICULE_MM)
    spikes = (lengths * np.clip(1 - apart_mm / (SPICULE_WIDTH_MM / 2), 0, 1)).max(1)
    return points + spikes[:, None] * away / radii


def tag(border_mm: NDArray[np.float64], rng: np.random.Generator, wall_mm: NDArray[np.float64] | None) -> Stroke:
    """A line from the border outwards, to the wall if there is one."""
    if wall_mm is None:
        start = border_mm[rng.integers(len(border_mm))]
        end = start * (1 + rng.uniform(*TAG_LENGTH) * np.ptp(border_mm, axis=0).max() / 2 / np.linalg.norm(start))
    else:
        start, end = border_mm[np.linalg.norm(border_mm - wall_mm, axis=1).argmin()], wall_mm
    bend = rng.uniform(-TAG_BEND, TAG_BEND) * (end - start)[::-1] * (1, -1)
    along = np.linspace(0, 1, 7)[:, None]
    return Stroke((start + along * (end - start) + 4 * along * (1 - along) * bend).round(DECIMALS), "other")
