"""NIfTI files as converters write them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from SketchNoduleSynthLib.ct.grid import turned
from SketchNoduleSynthLib.ct.volume import Volume

ARRAY = np.random.default_rng(0).integers(-1000, 401, (12, 10, 8)).astype(np.int16)


STRAIGHT = np.diag([-2.5, -2.0, 3.0, 1.0])


STRAIGHT[:3, 3] = 200, 160, -40


def write_nifti(
    path: Path,
    sform: np.ndarray | None,
    sform_code: int = 1,
    qform_code: int = 0,
    pixdim: tuple[float, float, float] | None = None,
    units: int | None = None,
    ending: str = ".nii",
) -> Path:
    """`ARRAY` with a qform that is STRAIGHT and this sform (RAS): each where its code is not 0."""
    path = path / f"ct{ending}"
    lps = turned(STRAIGHT)
    image = Volume.of(ARRAY, (2.5, 2.0, 3.0), lps[:3, 3], lps[:3, :3] / (2.5, 2.0, 3.0)).to_image()
    sitk.WriteImage(image, str(path))
    data = bytearray(path.read_bytes())
    data[252:256] = struct.pack("<hh", qform_code, 0 if sform is None else sform_code)
    if sform is not None:
        data[280:328] = np.asarray(sform[:3], "<f4").tobytes()
    if pixdim is not None:
        data[80:92] = np.asarray(pixdim, "<f4").tobytes()
    if units is not None:
        data[123] = units
    path.write_bytes(data)
    return path


def sheared(degrees: float, axis: int = 1) -> np.ndarray:
    matrix = STRAIGHT.copy()
    matrix[axis, 2] = matrix[2, 2] * np.tan(np.radians(degrees))
    return matrix
