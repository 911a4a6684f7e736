"""A sketch on paper, scanned or photographed, as strokes (the doctors' sketches of Toda et al. 2022).

As there, the scan is resized to 128 x 128 and binarised with a threshold that is set under visual feedback. The
page is the VOI: what stands at its edge lies at the edge of the VOI. Unlike there, lighting is evened out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from scipy import ndimage
from skimage import filters, measure, morphology, transform

from SketchNoduleSynthLib.drawing.sketch import RASTER_SAMPLES, Label, Stroke
from SketchNoduleSynthLib.errors import InputError

PAPER_GREY = 255
INK_RGB = (220, 40, 40)
MIN_CONTRAST = 20.0
"""Grey levels between paper and ink below which Otsu's threshold would only divide the paper's noise."""
MAX_INK_SHARE = 0.4
SPECK_PX = 6
"""Ink of fewer connected pixels is dirt, and a hole of fewer a gap in the ink."""
SHORT_PX = 4
"""A thinned line of fewer pixels is a burr of the line that it hangs on."""
PEN_RADIUS_PX = 8
"""Half of the widest line; what is wider was painted solid and counts as its border."""
SIMPLIFY_PX = 0.5
EIGHT = np.ones((3, 3), bool)

Pixel = tuple[int, int]


@dataclass(frozen=True)
class Scan:
    """A scan as the program sees it: `grey` (128, 128), paper 255; `ink`: darker than `threshold` and not a speck."""

    name: str
    grey: NDArray[np.uint8]
    threshold: float
    ink: NDArray[np.bool_]

    def at(self, threshold: float) -> Scan:
        """The same page with another threshold. Raises :class:`InputError` as :func:`read_scan`."""
        return _binarised(self.name, self.grey, threshold)

    def preview(self) -> NDArray[np.uint8]:
        """RGB (128, 128, 3), with the ink that was kept in red."""
        return np.where(self.ink[..., None], INK_RGB, self.grey[..., None]).astype(np.uint8)

    def strokes(self, side_mm: float, label: Label = "nodule") -> list[Stroke]:
        """The lines' middles over a page of `side_mm`: what is closed as its outline, the largest first, then the rest.

        Raises :class:`InputError` if `side_mm` is not positive or `label` unknown.
        """
        if not (np.isfinite(side_mm) and side_mm > 0):
            raise InputError(f"The side of the sketch is {side_mm} mm; it must be positive.")
        thin = morphology.skeletonize(_hollow(self.ink | ndimage.binary_closing(self.ink)))
        outlines: list[NDArray[np.float64]] = []
        others: list[NDArray[np.float64]] = []
        for line in _parts(thin):
            rings = _enclosed(line)
            outlines += [_contour(ring) for ring in _parts(rings)]
            others += _traced(line & (~rings | ndimage.binary_erosion(rings)))
        outlines.sort(key=len, reverse=True)

        def stroke(path: NDArray[np.float64], closed: bool) -> Stroke:
            points = measure.approximate_polygon(path, SIMPLIFY_PX)[:, ::-1]
            return Stroke((points - (RASTER_SAMPLES - 1) / 2) * side_mm / RASTER_SAMPLES, label, closed)

        return [stroke(path, True) for path in outlines] + [stroke(path, False) for path in others]


def read_scan(path: str | Path, threshold: float | None = None) -> Scan:
    """Read a PNG or JPEG of dark lines on bright paper, or the reverse, upright as its EXIF says.

    `threshold`: grey, 0 (ink) to 255 (paper, after lighting is evened out), below which a pixel is ink; Otsu's if None.
    Raises :class:`InputError` if there is no image at `path`, the threshold is out of range, or no lines stand out.
    """
    path = Path(path)
    if threshold is not None and not 0 <= threshold <= PAPER_GREY:
        raise InputError(f"The threshold {threshold} is out of range; give a grey from 0 to {PAPER_GREY}.")
    grey = _read_grey(path)
    rows, columns = np.maximum(np.rint(np.array(grey.shape) * RASTER_SAMPLES / max(grey.shape)).astype(int), 1)
    grey = transform.resize_local_mean(grey, (rows, columns))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) < min(128, (grey.min() + grey.max()) / 2):
        grey = PAPER_GREY - grey
    if np.ptp(grey) < MIN_CONTRAST:
        raise InputError(f"{path.name} is empty: no line stands out from the paper.")
    grey = _squared(np.rint(_evened(grey)).astype(np.uint8))
    return _binarised(path.name, grey, _otsu(grey, path.name) if threshold is None else threshold)


def _binarised(name: str, grey: NDArray[np.uint8], threshold: float) -> Scan:
    ink = _without_specks(grey < threshold)
    if not ink.any():
        raise InputError(f"{name} is empty: nothing but specks is darker than the threshold {threshold:g}.")
    if ink.mean() > MAX_INK_SHARE:
        raise InputError(f"Too much of {name} is darker than the threshold {threshold:g}; set a lower one.")
    return Scan(name, grey, float(threshold), ink)


def _read_grey(path: Path) -> NDArray:
    """The image's grey, 0 to 255, over white where it is transparent."""
    if not path.is_file():
        raise InputError(f"There is no scan at {path}; give a PNG or JPEG file.")
    try:
        image = ImageOps.exif_transpose(Image.open(path))
        if image.mode.startswith("I;16"):  # which Pillow's conversion would clip at 255
            return np.asarray(image, np.float32) / 257
        pixels = np.asarray(image.convert("LA"), np.float32)
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path.name} is not an image that can be read; give a PNG or JPEG file.") from error
    opacity = pixels[..., 1] / 255
    return pixels[..., 0] * opacity + PAPER_GREY * (1 - opacity)


def _evened(grey: NDArray) -> NDArray:
    """Grey as a share of the light on the paper, a quadratic surface through all that is not clearly darker."""
    v, u = (axis.ravel() for axis in np.meshgrid(*(np.linspace(-1, 1, n) for n in grey.shape), indexing="ij"))
    terms = np.stack([np.ones_like(u), u, v, u * u, u * v, v * v], 1)
    values = grey.ravel()
    paper = np.ones(values.size, bool)
    for _ in range(5):
        light = np.maximum(terms @ np.linalg.lstsq(terms[paper], values[paper])[0], 1)
        paper = values > 0.9 * light
    return np.clip(values / light * PAPER_GREY, 0, PAPER_GREY).reshape(grey.shape)


def _squared(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    missing = [RASTER_SAMPLES - n for n in grey.shape]
    return np.pad(grey, [(n // 2, n - n // 2) for n in missing], constant_values=PAPER_GREY)


def _otsu(grey: NDArray[np.uint8], name: str) -> float:
    threshold = filters.threshold_otsu(grey) + 1
    ink = grey < threshold
    if grey[~ink].mean() - grey[ink].mean() < MIN_CONTRAST:
        raise InputError(f"{name} is empty: no line stands out from the paper.")
    return float(threshold)


def _without_specks(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, _ = ndimage.label(ink, EIGHT)
    return ink & (np.bincount(labels.ravel()) >= SPECK_PX)[labels]


def _hollow(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`ink` without the inside of what is too wide for a line, and without pinholes."""
    holes, _ = ndimage.label(~ink)
    ink = ink | (np.bincount(holes.ravel()) < SPECK_PX)[holes]
    depth = ndimage.distance_transform_edt(ink)
    if depth.max() <= PEN_RADIUS_PX:
        return ink
    solid = ndimage.distance_transform_edt(depth <= PEN_RADIUS_PX) <= PEN_RADIUS_PX
    return ink & ~(solid & (depth > 2))


def _parts(lines: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    labels, count = ndimage.label(lines, EIGHT)
    return [labels == part for part in range(1, count + 1)]


def _enclosed(thin: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What closed lines of `thin` enclose, with those lines but not those that hang on them."""
    inside = ndimage.binary_fill_holes(thin) & ~thin
    return inside | (thin & ndimage.binary_dilation(inside, EIGHT))


def _contour(ring: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The outer border of `ring` through the middle of its border pixels: a row, column path, not closed."""
    inner = ndimage.binary_erosion(ring)
    height = np.pad((ring.astype(float) + inner) / 2, 1)
    return max(measure.find_contours(height, 0.49, fully_connected="high"), key=len)[:-1] - 1


def _traced(thin: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """Thin lines as row, column paths; each goes from an end as straight on as it can."""
    left: set[Pixel] = {(int(row), int(column)) for row, column in np.argwhere(thin)}
    paths = []
    while left:
        path = [min(left, key=lambda pixel: (len(_neighbours(pixel, left)), pixel))]
        left.remove(path[0])
        while choices := _neighbours(path[-1], left):
            heading = np.subtract(path[-1], path[max(len(path) - 4, 0)])
            path.append(max(choices, key=lambda pixel: float(heading @ np.subtract(pixel, path[-1]))))
            left.remove(path[-1])
        if len(path) >= SHORT_PX:
            paths.append(np.array(path, float))
    return paths


def _neighbours(pixel: Pixel, among: set[Pixel]) -> list[Pixel]:
    row, column = pixel
    near = [(row + r, column + c) for r in (-1, 0, 1) for c in (-1, 0, 1) if r or c]
    return [other for other in near if other in among]
