"""The FROC curves of all readers as a picture, drawn as LUNA16 draws them: false positives a scan from 1/8 to 8."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from PIL import Image, ImageDraw

from SketchNoduleSynthLib.reading.froc import RATES, Froc

WIDTH, HEIGHT = 640, 480
LEFT, RIGHT, TOP, BOTTOM = 60, 20, 20, 50
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2")
INK, GRID = "#303030", "#d8d8d8"
LEGEND_STEP = 16
STEPS, DASH = 400, 6


def froc_picture(curves: Mapping[str, Froc]) -> Image.Image:
    """The curves by the readers' names; the abscissa is logarithmic, with a dot at each of the seven rates.

    Beyond a reader's last operating point, where there are no more marks, the curve is dashed.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    for rate in RATES:
        x = _x(rate)
        pen.line([(x, TOP), (x, HEIGHT - BOTTOM)], fill=GRID)
        pen.text((x, HEIGHT - BOTTOM + 6), str(Fraction(rate)), fill=INK, anchor="ma")
    for sensitivity in np.linspace(0, 1, 6):
        y = _y(sensitivity)
        pen.line([(LEFT, y), (WIDTH - RIGHT, y)], fill=GRID)
        pen.text((LEFT - 8, y), f"{sensitivity:.1f}", fill=INK, anchor="rm")
    about = "false positives a scan (dashed: the reader has no more marks)"
    pen.text(((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 18), about, fill=INK, anchor="mm")
    pen.text((LEFT, 4), "sensitivity", fill=INK, anchor="lt")
    for k, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[k % len(COLOURS)]
        if np.isfinite(curve.sensitivity).all():
            _line(pen, curve, colour)
            for rate, found in zip(RATES, curve.at(), strict=True):
                x, y = _x(rate), _y(found)
                pen.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
        y = HEIGHT - BOTTOM - LEGEND_STEP * (len(curves) - k)
        pen.line([(WIDTH - RIGHT - 130, y), (WIDTH - RIGHT - 105, y)], colour, 2)
        pen.text((WIDTH - RIGHT - 100, y), name[:16], fill=INK, anchor="lm")
    return picture


def _line(pen: ImageDraw.ImageDraw, curve: Froc, colour: str) -> None:
    """The curve, piece by piece; beyond its last point every second dash is left out."""
    steps = np.geomspace(RATES[0], RATES[-1], STEPS)
    points = [(_x(rate), _y(found)) for rate, found in zip(steps, curve.at(steps), strict=True)]
    beyond = int(np.searchsorted(steps, curve.false_per_scan[-1], "right"))
    for k in range(STEPS - 1):
        if k < beyond or (k - beyond) // DASH % 2:
            pen.line(points[k : k + 2], colour, 2)


def _x(rate: float) -> float:
    share = np.log(rate / RATES[0]) / np.log(RATES[-1] / RATES[0])
    return LEFT + float(share) * (WIDTH - LEFT - RIGHT)


def _y(sensitivity: float) -> float:
    return HEIGHT - BOTTOM - float(sensitivity) * (HEIGHT - TOP - BOTTOM)
