"""Scanned paper sketches: what is ink, and the strokes that it becomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from refusal import refused
from scipy import ndimage
from skimage import draw, morphology

from SketchNoduleSynthLib.drawing.scan import INK_RGB, Scan, read_scan
from SketchNoduleSynthLib.drawing.sketch import Stroke, filled, raster

SIDE_MM = 40.0
PAGE = 640
ANGLES = np.linspace(0, 2 * np.pi, 90, endpoint=False)
RING = np.stack([330 + 130 * np.sin(ANGLES) + 25 * np.sin(3 * ANGLES), 310 + 170 * np.cos(ANGLES)], 1)
LINE = np.array([[60.0, 80.0], [120.0, 240.0], [80.0, 520.0]])
SPECKS = ((30, 40), (550, 120), (600, 610))


def drawn(shape: tuple[int, int], *paths: NDArray, closed: bool = False, width: float = 7.0) -> NDArray[np.bool_]:
    """Where a pen of `width` pixels went: row, column paths."""
    line = np.zeros(shape, bool)
    for path in paths:
        ends = np.roll(path, -1, 0) if closed else path[1:]
        for start, end in zip(path, ends, strict=False):
            line[draw.line(*np.rint([*start, *end]).astype(int))] = True
    return ndimage.distance_transform_edt(~line) <= width / 2 if line.any() else line


def page(ink: NDArray[np.bool_], dark_corner: float = 120, light_corner: float = 235) -> NDArray[np.uint8]:
    """Grey paper under a lamp at one corner, noise, and ink that reflects a quarter."""
    v, u = (np.linspace(0, 1, n) for n in ink.shape)
    light = dark_corner + (light_corner - dark_corner) * (0.6 * u[None] + 0.4 * v[:, None])
    paper = light + np.random.default_rng(3).normal(0, 4, ink.shape)
    return np.clip(np.where(ink, 0.25 * paper, paper), 0, 255).astype(np.uint8)


def sketch() -> NDArray[np.bool_]:
    ink = drawn((PAGE, PAGE), RING, closed=True) | drawn((PAGE, PAGE), LINE)
    for row, column in SPECKS:
        ink[row : row + 5, column : column + 5] = True
    return ink


def scanned(folder: Path, pixels: NDArray, name: str = "sketch.png", threshold: float | None = None) -> Scan:
    Image.fromarray(pixels).save(folder / name)
    return read_scan(folder / name, threshold)


def dice(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def area_of(strokes: list[Stroke]) -> NDArray[np.bool_]:
    return filled(strokes, SIDE_MM, PAGE)


def check_sketch(scan: Scan) -> None:
    """A ring with what it encloses, a line, and no speck."""
    strokes = scan.strokes(SIDE_MM)
    assert [stroke.closed for stroke in strokes] == [True, False]
    assert dice(area_of(strokes[:1]), draw.polygon2mask((PAGE, PAGE), RING)) > 0.97
    ends = (LINE[[0, -1], ::-1] + 0.5) * SIDE_MM / PAGE - SIDE_MM / 2
    found = strokes[1].points_mm[[0, -1]]
    assert np.abs(found[np.argsort(found[:, 0])] - ends).max() < 3 * SIDE_MM / 128


@pytest.mark.parametrize("name", ["sketch.png", "sketch.jpg"])
@pytest.mark.parametrize("threshold", [None, 170.0])
def test_uneven_light_png_and_jpeg(tmp_path: Path, name: str, threshold: float | None) -> None:
    scan = scanned(tmp_path, page(sketch()), name, threshold)
    assert scan.grey.shape == (128, 128)
    assert scan.grey.dtype == np.uint8
    assert np.median(scan.grey) > 250
    assert threshold is None or scan.threshold == threshold
    check_sketch(scan)


@pytest.mark.parametrize("width", [3, 5, 10, 25])
def test_lines_lie_on_the_thinned_ink(tmp_path: Path, width: float) -> None:
    tail = np.array([[330.0, 480.0], [300.0, 630.0]])
    inner = np.array([[300.0, 250.0], [380.0, 300.0]])
    ink = drawn((PAGE, PAGE), RING, closed=True, width=width) | drawn((PAGE, PAGE), LINE, tail, inner, width=width)
    scan = scanned(tmp_path, page(ink))
    thin, lines = morphology.skeletonize(scan.ink), raster(scan.strokes(SIDE_MM), SIDE_MM)
    assert ndimage.distance_transform_edt(~thin)[lines].max() <= 1.5
    assert (ndimage.distance_transform_edt(~lines)[thin] <= 1.5).mean() > 0.98
    assert dice(area_of(scan.strokes(SIDE_MM)[:1]), draw.polygon2mask(ink.shape, RING)) >= 0.9


def test_white_on_black_is_the_same(tmp_path: Path) -> None:
    pixels = page(sketch(), 225, 240)
    dark, bright = scanned(tmp_path, pixels), scanned(tmp_path, 255 - pixels)
    check_sketch(bright)
    assert dice(dark.ink, bright.ink) > 0.95


def test_dim_paper_is_not_taken_for_black(tmp_path: Path) -> None:
    check_sketch(scanned(tmp_path, page(sketch(), 80, 110)))


@pytest.mark.parametrize("kind", ["transparent", "colour", "16 bit", "one bit"])
def test_kinds_of_image(tmp_path: Path, kind: str) -> None:
    ink = sketch()
    if kind == "transparent":
        pixels = np.zeros((*ink.shape, 4), np.uint8)
        pixels[..., 3] = 255 * ink
    elif kind == "colour":
        pixels = np.where(ink[..., None], (30, 40, 190), (240, 235, 220)).astype(np.uint8)
    else:
        pixels = np.where(ink, 6000, 60000).astype(np.uint16) if kind == "16 bit" else ~ink
    check_sketch(scanned(tmp_path, pixels))


def test_a_photograph_stands_upright(tmp_path: Path) -> None:
    """EXIF orientation 6: the sensor lay on its side, and the picture is to be turned clockwise."""
    from PIL import Image

    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.rot90(page(sketch()))).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    check_sketch(read_scan(tmp_path / "phone.jpg"))


@pytest.mark.parametrize("shape", [(300, 600), (700, 350), (64, 64)])
def test_the_page_is_padded_to_a_square(tmp_path: Path, shape: tuple[int, int]) -> None:
    """Aspect is kept, and the middle of the page is the middle of the VOI."""
    radius = min(shape) / 3
    circle = np.stack([np.sin(ANGLES), np.cos(ANGLES)], 1) * radius + (np.array(shape) - 1) / 2
    scan = scanned(tmp_path, page(drawn(shape, circle, closed=True, width=radius / 10)))
    (stroke,) = scan.strokes(SIDE_MM)
    distance = np.hypot(*stroke.points_mm.T)
    pixel = SIDE_MM / 128
    assert np.abs(distance - radius * SIDE_MM / max(shape)).max() < 1.5 * pixel
    assert np.abs(stroke.points_mm.max(0) + stroke.points_mm.min(0)).max() < 2 * pixel


def test_a_nodule_painted_solid_is_its_border(tmp_path: Path) -> None:
    area = draw.polygon2mask((PAGE, PAGE), RING)
    (stroke,) = scanned(tmp_path, page(area)).strokes(SIDE_MM)
    assert stroke.closed
    assert dice(area_of([stroke]), area) > 0.93


def test_two_loops_of_one_line_are_one_outline(tmp_path: Path) -> None:
    eight = np.stack([320 + 110 * np.sin(2 * ANGLES), 320 + 200 * np.cos(ANGLES)], 1)
    strokes = scanned(tmp_path, page(drawn((PAGE, PAGE), eight, closed=True))).strokes(SIDE_MM)
    area = ndimage.binary_fill_holes(drawn((PAGE, PAGE), eight, closed=True, width=1))
    assert all(stroke.closed for stroke in strokes)
    assert dice(area_of(strokes), area) > 0.95


def test_a_ring_in_a_ring_is_closed_too(tmp_path: Path) -> None:
    inner = (RING - RING.mean(0)) * 0.4 + RING.mean(0)
    strokes = scanned(tmp_path, page(drawn((PAGE, PAGE), RING, inner, closed=True))).strokes(SIDE_MM)
    assert [stroke.closed for stroke in strokes] == [True, True]
    assert area_of(strokes[:1]).sum() > area_of(strokes[1:]).sum()


def test_a_line_up_to_the_edge_of_the_page(tmp_path: Path) -> None:
    across = np.array([[200.0, 0.0], [400.0, PAGE - 1.0]])
    (stroke,) = scanned(tmp_path, page(drawn((PAGE, PAGE), across))).strokes(SIDE_MM, "wall")
    assert stroke.label == "wall"
    assert np.ptp(stroke.points_mm[:, 0]) > SIDE_MM * 124 / 128


def test_preview_shows_what_was_kept(tmp_path: Path) -> None:
    scan = scanned(tmp_path, page(sketch()))
    preview = scan.preview()
    assert preview.shape == (128, 128, 3)
    assert preview.dtype == np.uint8
    assert ((preview == INK_RGB).all(-1) == scan.ink).all()
    assert (preview[~scan.ink] == scan.grey[~scan.ink][:, None]).all()
    row, column = np.array(SPECKS[0]) * 128 // PAGE
    assert not scan.ink[row - 2 : row + 4, column - 2 : column + 4].any()


def test_what_is_no_image(tmp_path: Path) -> None:
    with refused("no scan at"):
        read_scan(tmp_path / "missing.png")
    with refused("no scan at"):
        read_scan(tmp_path)
    Image.fromarray(page(sketch())).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    for content in (b"", b"a letter", whole[: len(whole) // 2], whole[:20]):
        (tmp_path / "broken.png").write_bytes(content)
        with refused("broken.png is not an image"):
            read_scan(tmp_path / "broken.png")


def test_what_is_no_sketch(tmp_path: Path) -> None:
    blank = np.zeros((PAGE, PAGE), bool)
    for paper in (page(blank), np.full((50, 50), 255, np.uint8), np.zeros((50, 50), np.uint8)):
        with refused("empty"):
            scanned(tmp_path, paper)
    with refused("empty"):
        scanned(tmp_path, page(sketch()), threshold=10)
    with refused("Too much of"):
        scanned(tmp_path, page(np.pad(np.ones((540, 540), bool), 50)))


@pytest.mark.parametrize("threshold", [-1, 256, float("nan")])
def test_threshold_out_of_range(tmp_path: Path, threshold: float) -> None:
    with refused("out of range"):
        scanned(tmp_path, page(sketch()), threshold=threshold)


@pytest.mark.parametrize("side", [0.0, -3.0, float("inf")])
def test_side_must_be_positive(tmp_path: Path, side: float) -> None:
    with refused("positive"):
        scanned(tmp_path, page(sketch())).strokes(side)
