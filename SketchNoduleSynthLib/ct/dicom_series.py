"""A series of DICOM slices as one CT volume."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.dicom_folder import Series, series_at
from SketchNoduleSynthLib.ct.dicom_slice import Slice, read_plane
from SketchNoduleSynthLib.ct.grid import TILT_TOLERANCE_DEG, Grid, Sheared
from SketchNoduleSynthLib.ct.origin import Origin
from SketchNoduleSynthLib.errors import InputError

# Scanners write positions rounded to 0.1 mm (1.25 mm steps as 1.2, 1.3, 1.2): less than this is no gap and no shift.
POSITION_TOLERANCE_MM = 0.1
SAME_POSITION_MM = 0.01


def read_dicom_series(path: Path, choice: str | None = None) -> tuple[NDArray, Grid, Origin]:
    """The CT series at `path` (see :func:`series_at`), in HU: int16 or int32, float32 if the rescale is not whole.

    Slices are sorted along the normal of ImageOrientationPatient (row direction x column direction); the columns
    of `direction` are row direction, column direction and normal. The frames of an enhanced CT are slices, and an
    instance that comes twice with the same content counts once. A slice may lie up to 0.1 mm from its place in an
    even, straight stack, since scanners round positions. What is compressed is decoded by GDCM.

    Raises :class:`InputError` if there is no CT or more than one series; if the slices are colour, damaged, not in HU
    or of unequal size; and if slices are doubled, missing or unevenly spaced; :class:`Sheared` for a gantry tilt.
    """
    series = series_at(path, choice)
    slices, origin = _sorted(series, path), Origin.of(series.headers.values())
    first, last = slices[0], slices[-1]
    try:
        _check_straight(slices)
    except Sheared as sheared:
        sheared.voxels, sheared.origin = lambda: _stack(slices), origin
        sheared.index_to_lps[:3, :2] = first.grid.direction[:, :2] * first.grid.spacing[:2]
        sheared.index_to_lps[:3, 2] = (last.position - first.position) / (len(slices) - 1)
        sheared.index_to_lps[:3, 3] = first.position
        raise
    between_slices = (last.position - first.position) @ first.normal / (len(slices) - 1)
    size, spacing = [*first.grid.size[:2], len(slices)], [*first.grid.spacing[:2], between_slices]
    return _stack(slices), Grid(np.array(size), np.array(spacing), first.position, first.grid.direction), origin


def sorted_slices(path: Path, choice: str | None = None) -> list[Slice]:
    """The slices of the CT series at `path`, in the order of :func:`read_dicom_series`; raises what it raises."""
    slices = _sorted(series_at(path, choice), path)
    _check_straight(slices)
    return slices


def _sorted(series: Series, path: Path) -> list[Slice]:
    slices = series.slices()
    if len(slices) < 2:
        raise InputError(f"{path} holds a single CT slice; give a folder with the whole series.")
    if not all(one.is_like(slices[0]) for one in slices):
        raise InputError(f"The slices in {path} differ in size, pixel spacing or orientation; export one series.")
    normal = slices[0].normal
    slices.sort(key=lambda s: float(s.position @ normal))
    return slices


def are_on(slices: Sequence[Slice], grid: Grid) -> bool:
    """Whether sorted slices are those of a (right-handed) grid: as many, as large, in the same place."""
    if (len(slices), *slices[0].grid.shape[1:]) != grid.shape:
        return False
    corners = np.array([[0, 0, 0], [*(grid.size[:2] - 1), 0]])
    here = [one.grid.to_lps(corners) for one in slices]
    there = [grid.to_lps(np.add(corners, (0, 0, index))) for index in range(len(slices))]
    return bool(np.abs(np.subtract(here, there)).max() <= 2 * POSITION_TOLERANCE_MM)


def _check_straight(slices: list[Slice]) -> None:
    """Raise :class:`Sheared` if the slices are even but for a shear, :class:`InputError` if they are not."""
    normal = slices[0].normal
    positions = np.array([s.position for s in slices])
    along = positions @ normal
    steps = np.diff(along)
    twin = int(steps.argmin())
    if steps[twin] < SAME_POSITION_MM:
        names = f"{slices[twin]} and {slices[twin + 1]}"
        raise InputError(f"{names} lie at the same position, {along[twin]:.2f} mm; remove the doubled slices.")

    across = positions - np.outer(along, normal)
    sideways = np.linalg.norm(across - across[0], axis=1)
    far = int(sideways.argmax())
    tilt = float(np.degrees(np.arctan2(sideways[far], along[far] - along[0])))
    is_sheared = sideways[far] > POSITION_TOLERANCE_MM and tilt > TILT_TOLERANCE_DEG
    uneven = np.abs(along - np.linspace(along[0], along[-1], len(along))).max() > POSITION_TOLERANCE_MM
    if is_sheared:
        where = f"the one at {along[far]:.2f} mm lies {sideways[far]:.2f} mm to the side"
        shares = (along - along[0]) / (along[-1] - along[0])
        aside = np.linalg.norm(across - across[0] - np.outer(shares, across[-1] - across[0]), axis=1).max()
        if uneven or aside > 2 * POSITION_TOLERANCE_MM:
            raise InputError(f"The slices are sheared by {tilt:.1f} degrees, and unevenly: {where}; export them again.")
        raise Sheared(f"The slices are sheared by {tilt:.1f} degrees, {where}", tilt)
    if uneven:
        usual = float(np.median(steps))
        gap = int(np.abs(steps - usual).argmax())
        raise InputError(
            f"The slices at {along[gap]:.2f} and {along[gap + 1]:.2f} mm are {steps[gap]:.2f} mm apart, most others "
            f"{usual:.2f} mm: slices are missing or unevenly spaced; export the whole series again."
        )


def _stack(slices: list[Slice]) -> NDArray:
    planes = [read_plane(s) for s in slices]
    if not all(value.is_integer() for s in slices for value in s.rescale):
        return np.stack(planes, dtype=np.float32, casting="unsafe")
    limits = np.iinfo(np.int16)
    fits = min(p.min() for p in planes) >= limits.min and max(p.max() for p in planes) <= limits.max
    return np.stack(planes, dtype=np.int16 if fits else np.int32, casting="unsafe")
