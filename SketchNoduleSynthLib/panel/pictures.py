"""Arrays and colours as Qt's pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import qt
from numpy.typing import NDArray

ICON_PIXELS = 12


def pixmap_of(picture: NDArray[np.uint8], pixels: int) -> Any:
    """A picture (rows, columns) or (rows, columns, 3) as a pixmap of `pixels` width."""
    rgb = np.repeat(picture[..., None], 3, -1) if picture.ndim == 2 else picture
    rows, columns, _ = rgb.shape
    header = f"P6 {columns} {rows} 255\n".encode()
    pixmap = qt.QPixmap()
    # By way of PPM: PythonQt and PySide differ in how they take raw pixels.
    pixmap.loadFromData(qt.QByteArray(header + np.ascontiguousarray(rgb, np.uint8).tobytes()))
    return pixmap.scaledToWidth(pixels, qt.Qt.SmoothTransformation)


def icon_of(color: Sequence[float]) -> Any:
    """A square of `color` (RGB, 0 to 1)."""
    square = np.full((ICON_PIXELS, ICON_PIXELS, 3), np.rint(255 * np.array(color)), np.uint8)
    return qt.QIcon(pixmap_of(square, ICON_PIXELS))
