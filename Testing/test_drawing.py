"""Strokes and their rasters against Frame's convention, and Canny against OpenCV and across sizes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from refusal import refused
from scipy import ndimage
from shared_data import REAL_CT, needs_real_ct

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.ct.window import from_network, to_8bit
from SketchNoduleSynthLib.drawing.edges import SOBEL_GAIN, paper_canny, physical_canny
from SketchNoduleSynthLib.drawing.measure import long_diameter
from SketchNoduleSynthLib.drawing.sketch import (
    ACROSS,
    LABELS,
    LINES,
    PARTS,
    Stroke,
    filled,
    outlines,
    raster,
    to_pixels,
)

SIDE_MM = 30.0
SAMPLES = 128
PIXEL_MM = SIDE_MM / SAMPLES
HU_PER_GREY = 1600 / 255

sides = st.floats(4, 100)
sample_counts = st.integers(16, 160)


def offsets(side_mm: float, samples: int) -> NDArray[np.float64]:
    """Where Frame has its samples along u, mm."""
    return Frame.of_voi([0, 0, 0], side_mm, samples).offsets[0]


def square(half_mm: float) -> NDArray[np.float64]:
    return half_mm * np.array([[-1.0, -1], [1, -1], [1, 1], [-1, 1]])


def ellipse(u_mm: float, v_mm: float, turn_deg: float = 0.0, side_mm: float = SIDE_MM) -> NDArray[np.bool_]:
    """A filled ellipse with half axes along u and v, turned."""
    u, v = np.meshgrid(offsets(side_mm, SAMPLES), offsets(side_mm, SAMPLES))
    cos, sin = np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))
    return ((u * cos + v * sin) / u_mm) ** 2 + ((v * cos - u * sin) / v_mm) ** 2 <= 1


# Strokes


@pytest.mark.parametrize("points", [[], [[1.0]], [1.0, 2.0], [[1.0, 2.0, 3.0]], np.zeros((0, 2))])
def test_a_stroke_needs_points(points: list) -> None:
    with refused("at least one point"):
        Stroke(np.array(points))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_stroke_needs_finite_points(bad: float) -> None:
    with refused("not a number"):
        Stroke(np.array([[0.0, 0.0], [bad, 1.0]]))


def test_labels() -> None:
    assert ("nodule", ACROSS, *PARTS, *LINES) == LABELS
    for label in LABELS:
        assert Stroke(square(1), label).label == label
    with refused("'bone' is unknown"):
        Stroke(square(1), "bone")  # type: ignore[arg-type]


def test_a_closed_stroke_comes_back_to_its_start() -> None:
    assert np.array_equal(Stroke(square(1)).path_mm, square(1))
    path = Stroke(square(1), closed=True).path_mm
    assert len(path) == 5
    assert np.array_equal(path[0], path[-1])


# Rasters


@given(sides, sample_counts, st.floats(-0.49, 0.49), st.floats(-0.49, 0.49))
def test_a_point_is_at_the_nearest_sample_of_the_frame(side: float, samples: int, u: float, v: float) -> None:
    point = np.array([[u, v]]) * side
    at = offsets(side, samples)
    ((row, column),) = np.argwhere(raster([Stroke(point)], side, samples))
    near = np.abs(at[[column, row]] - point[0])
    assert (near <= side / samples / 2 * (1 + 1e-6)).all()


@given(sides, sample_counts)
def test_samples_of_the_frame_are_whole_pixels(side: float, samples: int) -> None:
    at = offsets(side, samples)
    assert np.allclose(to_pixels(np.stack([at, at], 1), side, samples), np.arange(samples)[:, None])


def test_u_is_the_column_and_v_the_row() -> None:
    line = raster([Stroke(np.array([[-10.0, 5.0], [10.0, 5.0]]))], SIDE_MM)
    rows, columns = np.nonzero(line)
    assert set(rows) == {np.abs(offsets(SIDE_MM, SAMPLES) - 5).argmin()}
    assert columns.max() - columns.min() + 1 == len(columns) == pytest.approx(20 / PIXEL_MM, abs=1.5)


@given(st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), min_size=2, max_size=6), st.booleans())
def test_a_line_has_no_gaps_and_stays_on_its_path(points: list[tuple[float, float]], closed: bool) -> None:
    """Also where the path leaves the plane: what is inside stays on the path."""
    stroke = Stroke(np.array(points), closed=closed)
    line = raster([stroke], SIDE_MM)
    fine = np.concatenate([np.linspace(a, b, 400) for a, b in zip(stroke.path_mm, stroke.path_mm[1:], strict=False)])
    fine = fine[(np.abs(fine) < SIDE_MM / 2 - PIXEL_MM).all(1)]
    pixels = np.rint(to_pixels(fine, SIDE_MM)).astype(int)
    away = ndimage.distance_transform_edt(~line) if line.any() else np.full(line.shape, np.inf)
    assert (away[pixels[:, 1], pixels[:, 0]] <= 1).all()


@pytest.mark.parametrize("width_mm", [0.6, 1.0, 2.0, 3.5])
def test_pen_width(width_mm: float) -> None:
    line = raster([Stroke(np.array([[-20.0, 1.0], [20.0, 1.0]]))], SIDE_MM, pen_mm=width_mm)
    assert line.sum(0) * PIXEL_MM == pytest.approx(np.full(SAMPLES, width_mm), abs=1.01 * PIXEL_MM)
    assert raster([Stroke(np.array([[-20.0, 1.0], [20.0, 1.0]]))], SIDE_MM).sum(0).max() == 1


def test_what_is_outside_leaves_no_line() -> None:
    assert not raster([Stroke(square(2) + 40, closed=True)], SIDE_MM, pen_mm=2).any()


# Areas


def test_an_open_stroke_is_closed() -> None:
    area = filled([Stroke(square(6))], SIDE_MM)
    assert np.array_equal(area, filled([Stroke(square(6), closed=True)], SIDE_MM))
    assert area.sum() * PIXEL_MM**2 == pytest.approx(144, rel=0.05)


def test_only_nodule_strokes_enclose() -> None:
    others = [Stroke(square(6), label, closed=True) for label in LABELS if label != "nodule"]
    assert not filled(others, SIDE_MM).any()


def test_an_outline_that_crosses_itself_is_its_outer_boundary() -> None:
    angles = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    eight = 8 * np.stack([np.cos(angles), np.sin(2 * angles) / 2], 1)
    assert filled([Stroke(eight)], SIDE_MM).sum() * PIXEL_MM**2 == pytest.approx(64 * 4 / 3, rel=0.1)
    twice = np.concatenate([6 * np.stack([np.cos(angles), np.sin(angles)], 1)] * 2)
    once = filled([Stroke(twice[:200])], SIDE_MM)
    assert (filled([Stroke(twice)], SIDE_MM) ^ once).sum() < 0.01 * once.sum()


@st.composite
def blobs(draw: st.DrawFn) -> NDArray[np.bool_]:
    """One wavy shape anywhere on the plane."""
    waves = np.array(draw(st.lists(st.floats(-0.15, 0.15), min_size=6, max_size=6)))
    radius, center = draw(st.floats(8, 45)), np.array(draw(st.tuples(*[st.floats(40, 88)] * 2)))
    v, u = np.mgrid[:SAMPLES, :SAMPLES]
    v, u = v - center[0], u - center[1]
    angle, k = np.arctan2(v, u)[..., None], np.arange(2, 5)
    edge = radius * (1 + (np.cos(k * angle) * waves[:3] + np.sin(k * angle) * waves[3:]).sum(-1))
    return np.hypot(v, u) <= edge


@settings(max_examples=30)
@given(blobs(), sides)
def test_the_filled_outline_is_the_area(area: NDArray[np.bool_], side: float) -> None:
    strokes = outlines(area, side)
    assert all(stroke.closed for stroke in strokes)
    again = filled(strokes[:1], side)
    assert not (area & ~again).any()
    assert (ndimage.distance_transform_edt(~area)[again] <= 1.5).all()


def test_outlines_leave_holes_out_and_come_largest_first() -> None:
    area = ellipse(9, 6) & ~ellipse(3, 3)
    area[:12, :12] = True
    large, small = outlines(area, SIDE_MM)
    assert large.label == small.label == "nodule"
    assert np.ptp(large.points_mm[:, 0]) == pytest.approx(18, abs=PIXEL_MM)
    assert np.ptp(small.points_mm[:, 0]) == pytest.approx(12 * PIXEL_MM, abs=PIXEL_MM)
    assert outlines(np.zeros((8, 8), bool), SIDE_MM) == []


@pytest.mark.parametrize("turn", [0, 20, 45, 77, 90])
@pytest.mark.parametrize(("long", "short"), [(20.0, 20.0), (16.0, 8.0), (6.0, 4.0)])
def test_long_diameter_of_ellipses(long: float, short: float, turn: float) -> None:
    assert long_diameter(ellipse(long / 2, short / 2, turn), PIXEL_MM) == pytest.approx(long, abs=1.5 * PIXEL_MM)


def test_long_diameter_of_rectangles_is_the_diagonal() -> None:
    area = np.zeros((64, 64), bool)
    area[10:40, 5:45] = True
    assert long_diameter(area, 0.5) == pytest.approx(0.5 * np.hypot(30, 40), abs=0.5)
    assert long_diameter(np.zeros((8, 8), bool), 1.0) == 0
    assert long_diameter(np.ones((8, 8), bool), 1.0) == pytest.approx(np.hypot(8, 8), abs=1)


# Canny


def opencv_canny(hu: NDArray) -> NDArray[np.bool_]:
    """Toda et al.'s edges as OpenCV computes them."""
    return cv2.Canny(cv2.GaussianBlur(to_8bit(hu), (5, 5), 0), 128, 200, L2gradient=True) > 0


def agreement(edges: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """The share of `edges` with one of `other` within a pixel."""
    return float((ndimage.distance_transform_edt(~other)[edges] <= 1).mean())


def synthetic_plane() -> NDArray[np.float64]:
    """A nodule, a vessel, a chest wall and a ground-glass cloud in HU, with noise."""
    hu = np.full((SAMPLES, SAMPLES), -850.0)
    hu[ellipse(6, 4.5, 30)] = 40
    hu[ellipse(2, 2, 0).T & (np.indices(hu.shape)[0] > 60)] += 100
    hu[:, :12] = 50
    u, v = np.meshgrid(offsets(SIDE_MM, SAMPLES), offsets(SIDE_MM, SAMPLES))
    hu[np.hypot(u - 9, v + 9) < 2.5] = -200
    hu += 250 * np.exp(-((u - 8) ** 2 + (v - 8) ** 2) / 8)
    return ndimage.gaussian_filter(hu, 1) + np.random.default_rng(0).normal(0, 25, hu.shape)


def test_paper_canny_is_opencvs() -> None:
    hu = synthetic_plane()
    ours, theirs = paper_canny(hu), opencv_canny(hu)
    assert ours.sum() > 150
    assert agreement(ours, theirs) >= 0.95
    assert agreement(theirs, ours) >= 0.95


@needs_real_ct
def test_paper_canny_is_opencvs_on_a_real_ct() -> None:
    ct = Volume.read(REAL_CT)
    rng = np.random.default_rng(1)
    compared = 0
    while compared < 6:
        center = ct.grid.to_lps(rng.uniform(0.25, 0.75, 3) * ct.grid.size)
        plane = Frame.of_voi(center, rng.uniform(30, 90), SAMPLES, *rng.uniform(-30, 30, 2)).plane()
        hu = plane.sample(ct)[0]
        ours, theirs = paper_canny(hu), opencv_canny(hu)
        if theirs.sum() < 100:
            continue
        compared += 1
        assert agreement(ours, theirs) >= 0.95
        assert agreement(theirs, ours) >= 0.95


def roof(slope: float, pixel_mm: float = 1.0) -> NDArray[np.float64]:
    """HU with a band of `slope` HU a mm in the middle, flat beside it; steepest in the middle of the band."""
    u = np.tile(offsets(SAMPLES * pixel_mm, SAMPLES), (SAMPLES, 1))
    width = 4.0
    return -600 + slope * width * np.tanh(u / width)


@pytest.mark.parametrize("threshold", [40.0, 128.0, 200.0])
def test_paper_thresholds_are_sobel_magnitudes_of_grey(threshold: float) -> None:
    """A slope of g grey levels a pixel has the magnitude 8 g."""
    slope = threshold / SOBEL_GAIN * HU_PER_GREY
    assert not paper_canny(roof(0.85 * slope), threshold, threshold).any()
    edges = paper_canny(roof(1.15 * slope), threshold, threshold)
    assert edges[5:-5].any(1).all()
    assert set(np.nonzero(edges)[1]) <= {62, 63, 64, 65}


@pytest.mark.parametrize("pixel_mm", [0.12, 0.3, 0.6])
def test_physical_thresholds_are_slopes_in_hu_per_mm(pixel_mm: float) -> None:
    assert not physical_canny(roof(115, pixel_mm), pixel_mm, 120, 120).any()
    edges = physical_canny(roof(130, pixel_mm), pixel_mm, 120, 120)
    assert edges[5:-5].any(1).all()
    assert np.abs(np.nonzero(edges)[1] - (SAMPLES - 1) / 2).max() <= 1


def test_the_lower_threshold_follows_what_passed_the_higher() -> None:
    """The slope falls along v: edges go on below the higher threshold, and end at the lower."""
    slopes = np.linspace(200, 50, SAMPLES)
    hu = np.stack([roof(slope, 0.3)[0] for slope in slopes])
    ends = np.nonzero(physical_canny(hu, 0.3, 90, 170))[0].max()
    assert slopes[ends] == pytest.approx(90, abs=8)
    assert not physical_canny(hu, 0.3, 90, 210).any()


def area_mean(side_mm: float, samples: int, fine: int = 6) -> NDArray[np.float64]:
    """A nodule and a vessel as a scanner with pixels of `side_mm` / `samples` sees them, HU."""
    at = offsets(side_mm, samples * fine)
    u, v = np.meshgrid(at, at)
    hu = -850.0 + 900 * ((u / 6) ** 2 + (v / 4) ** 2 < 1) + 500 * (np.hypot(u - 8, v - 8) < 3)
    return hu.reshape(samples, fine, samples, fine).mean((1, 3))


@pytest.mark.parametrize(("few", "many"), [(64, 128), (96, 128), (80, 200)])
def test_physical_canny_is_independent_of_the_pixels(few: int, many: int) -> None:
    """The same object, sampled coarsely and finely, has the same edges within a pixel of the coarse plane, in mm."""
    found = []
    for samples in (few, many):
        rows, columns = np.nonzero(physical_canny(area_mean(SIDE_MM, samples), SIDE_MM / samples))
        found.append(offsets(SIDE_MM, samples)[np.stack([columns, rows], 1)])
    distance = np.linalg.norm(found[0][:, None] - found[1][None], axis=-1)
    assert min(distance.shape) > 50
    assert max(distance.min(0).max(), distance.min(1).max()) <= SIDE_MM / few


def test_only_physical_canny_sees_a_small_nodule() -> None:
    """A 9 mm nodule on its VOI of 18 mm, as sharp as CT shows it: why the project does not train on the paper's."""
    pixel = 18.0 / SAMPLES
    nodule = ndimage.gaussian_filter(-850.0 + 900 * ellipse(4.5, 4.5, side_mm=18.0), 0.8 / pixel)
    assert not paper_canny(nodule).any()
    assert physical_canny(nodule, pixel).sum() > 150


@given(st.integers(0, 1000))
@settings(max_examples=10)
def test_flat_planes_have_no_edges(seed: int) -> None:
    """Noise of a good scan draws no lines; nor does what lies outside the window."""
    noise = np.random.default_rng(seed).normal(0, 15, (SAMPLES, SAMPLES))
    for hu in (-850 + noise, 2000 + 50 * noise):
        assert not paper_canny(hu).any()
        assert not physical_canny(hu, 0.3).any()


def test_the_window() -> None:
    assert to_8bit(np.array([-2000, -1400, -600, 200, 3000])).tolist() == [0, 0, 128, 255, 255]
    assert from_network(np.array([-1, 0, 1])).tolist() == [-1400, -600, 200]
