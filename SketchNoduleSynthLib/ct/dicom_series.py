"""A folder of DICOM slices as one CT volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import CTImageStorage

from SketchNoduleSynthLib.ct.volume import Volume, check_ct
from SketchNoduleSynthLib.errors import InputError

# Scanners write positions rounded to 0.1 mm (1.25 mm steps as 1.2, 1.3, 1.2): less than this is no gap and no shift.
POSITION_TOLERANCE_MM = 0.1
# Half a millimetre over a whole chest: what is left of directions that were written with three decimals.
TILT_TOLERANCE_DEG = 0.1
SAME_POSITION_MM = 0.01

HEADER = [
    "ImageType",
    "Modality",
    "SeriesInstanceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "SamplesPerPixel",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "RescaleIntercept",
    "RescaleSlope",
]


def read_dicom_folder(folder: Path) -> Volume:
    """The one CT series in `folder` and its subfolders, in HU: int16 or int32, float32 if the rescale is not whole.

    Slices are sorted along the normal of ImageOrientationPatient (row direction x column direction); the columns
    of `direction` are row direction, column direction and normal. Files that are not DICOM, objects of other
    modalities and localizers are passed over. A slice may lie up to 0.1 mm from its place in an even, straight
    stack, since scanners round positions. The pixels are decoded by GDCM, so all its compressions are read.

    Raises :class:`InputError` if there is no CT or more than one series; if the slices are colour, multi-frame,
    damaged or of unequal size; and if slices are doubled, missing, unevenly spaced or sheared (gantry tilt).
    """
    slices = sorted_slices(folder)
    array = _stack(slices)
    check_ct(array)
    first, last = slices[0], slices[-1]
    between_rows, between_columns = first.grid[:2]
    between_slices = (last.position - first.position) @ first.direction[:, 2] / (len(slices) - 1)
    return Volume(array, np.array([between_columns, between_rows, between_slices]), first.position, first.direction)


def sorted_slices(folder: Path) -> list[Slice]:
    """The slices of the one CT series in `folder`, in the order of :func:`read_dicom_folder`; raises what it raises."""
    headers = _ct_headers(folder)
    series = {header.SeriesInstanceUID for header in headers.values() if "SeriesInstanceUID" in header}
    if len(series) > 1:
        raise InputError(f"{folder} holds {len(series)} CT series; give a folder with one series.")
    slices = [Slice.of(path, header) for path, header in headers.items()]
    if len(slices) < 2:
        raise InputError(f"{folder} holds a single CT slice; give a folder with the whole series.")
    if any(s.shape != slices[0].shape or not np.allclose(s.grid, slices[0].grid, atol=1e-3) for s in slices):
        raise InputError(f"The slices in {folder} differ in size, pixel spacing or orientation; export one series.")
    normal = slices[0].direction[:, 2]
    slices.sort(key=lambda s: float(s.position @ normal))
    _check_even_steps(slices, normal)
    return slices


@dataclass(frozen=True)
class Slice:
    """What the header of one CT slice says.

    `shape`: rows, columns; `grid`: PixelSpacing (mm) and then ImageOrientationPatient; `position`: of the first pixel's
    centre, LPS mm; `rescale`: slope and intercept from stored values to HU.
    """

    path: Path
    shape: tuple[int, int]
    grid: NDArray[np.float64]
    position: NDArray[np.float64]
    rescale: tuple[float, float]

    @classmethod
    def of(cls, path: Path, header: Dataset) -> Slice:
        """Raises :class:`InputError` if the slice is colour, multi-frame or lacks its place in the patient."""
        if (header.get("SamplesPerPixel") or 1) != 1:
            raise InputError(f"{path} is a colour image; give a CT, which has one value in HU a voxel.")
        if int(header.get("NumberOfFrames") or 1) > 1:
            raise InputError(f"{path} is a multi-frame CT, which is not supported; export it as single slices.")
        try:
            grid = np.array([*header.PixelSpacing, *header.ImageOrientationPatient], float)
            position = np.array(header.ImagePositionPatient, float)
            shape = int(header.Rows), int(header.Columns)
            rescale = float(header.get("RescaleSlope", 1)), float(header.get("RescaleIntercept", 0))
        except (AttributeError, TypeError, ValueError) as error:
            raise InputError(f"{path} lacks a size, spacing, position or rescale; export the series again.") from error
        row, column = grid[2:5], grid[5:8]
        plausible = grid.shape == (8,) and position.shape == (3,) and np.isfinite([*grid, *position]).all()
        if not plausible or not np.allclose([row @ row, column @ column, row @ column], [1, 1, 0], atol=1e-3):
            raise InputError(f"{path} has no valid position and orientation; export the series again.")
        return cls(path, shape, grid, position, rescale)

    @property
    def direction(self) -> NDArray[np.float64]:
        """Columns: row direction, column direction, normal; LPS, of length 1."""
        row, column = (axis / np.linalg.norm(axis) for axis in (self.grid[2:5], self.grid[5:8]))
        normal = np.cross(row, column)
        return np.stack([row, column, normal / np.linalg.norm(normal)], axis=1)


def _ct_headers(folder: Path) -> dict[Path, FileDataset]:
    """The headers of all CT images under `folder` but localizers."""
    headers: dict[Path, FileDataset] = {}
    passed_over: set[str] = set()
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.name.upper() == "DICOMDIR" or not path.is_file():
            continue
        if (header := _header(path)) is None:
            continue
        # A slice that was cut short within its header still says in its file meta what it is.
        is_ct_slice = header.file_meta.get("MediaStorageSOPClassUID") == CTImageStorage
        modality = str(header.get("Modality") or "unknown")
        if "LOCALIZER" in (header.get("ImageType") or ()):
            passed_over.add("a localizer")
        elif (modality == "CT" and "Rows" in header) or (is_ct_slice and modality in ("CT", "unknown")):
            headers[path] = header
        else:
            passed_over.add("objects of modality " + modality)
    if not headers and passed_over:
        raise InputError(f"{folder} holds no CT images, only {', '.join(sorted(passed_over))}; give a CT series.")
    if not headers:
        raise InputError(f"{folder} holds no DICOM files; give a folder with one CT series.")
    return headers


def _header(path: Path) -> FileDataset | None:
    """The header of a DICOM file; None if it is another file, unless it calls itself .dcm."""
    damaged = InputError(f"{path} is empty, damaged or not DICOM; copy or export it again.")
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=HEADER)
    except InvalidDicomError:
        if path.suffix.lower() == ".dcm":
            raise damaged from None
        return None
    except Exception as error:  # pydicom meets a broken header with errors of every kind
        raise damaged from error
    if "Modality" not in header and "MediaStorageSOPClassUID" not in header.file_meta:
        raise damaged
    return header


def _check_even_steps(slices: list[Slice], normal: NDArray[np.float64]) -> None:
    """Raise :class:`InputError` if the slices, sorted along `normal`, are no even and straight stack."""
    positions = np.array([s.position for s in slices])
    along = positions @ normal
    steps = np.diff(along)
    twin = int(steps.argmin())
    if steps[twin] < SAME_POSITION_MM:
        names = f"{slices[twin].path.name} and {slices[twin + 1].path.name}"
        raise InputError(f"{names} lie at the same position, {along[twin]:.2f} mm; remove the doubled slices.")

    across = positions - np.outer(along, normal)
    sideways = np.linalg.norm(across - across[0], axis=1)
    far = int(sideways.argmax())
    tilt = float(np.degrees(np.arctan2(sideways[far], along[far] - along[0])))
    if sideways[far] > POSITION_TOLERANCE_MM and tilt > TILT_TOLERANCE_DEG:
        raise InputError(
            f"The slices are sheared by {tilt:.1f} degrees (gantry tilt): the one at {along[far]:.2f} mm lies "
            f"{sideways[far]:.2f} mm to the side; straighten the CT first, as Slicer's DICOM module does."
        )

    if np.abs(along - np.linspace(along[0], along[-1], len(along))).max() > POSITION_TOLERANCE_MM:
        usual = float(np.median(steps))
        gap = int(np.abs(steps - usual).argmax())
        raise InputError(
            f"The slices at {along[gap]:.2f} and {along[gap + 1]:.2f} mm are {steps[gap]:.2f} mm apart, most others "
            f"{usual:.2f} mm: slices are missing or unevenly spaced; export the whole series again."
        )


def _stack(slices: list[Slice]) -> NDArray:
    """The slices' voxels in HU (z, y, x), each with its own rescale."""
    planes = [read_plane(s) for s in slices]
    if not all(value.is_integer() for s in slices for value in s.rescale):
        return np.stack(planes, dtype=np.float32, casting="unsafe")
    limits = np.iinfo(np.int16)
    fits = min(p.min() for p in planes) >= limits.min and max(p.max() for p in planes) <= limits.max
    return np.stack(planes, dtype=np.int16 if fits else np.int32, casting="unsafe")


def read_plane(one: Slice) -> NDArray:
    """One slice in HU (rows, columns); float64 where its rescale is not whole."""
    import SimpleITK as sitk

    try:
        # pydicom finds no pixels where compressed ones are cut short; GDCM would first ask for 4 GB.
        if "PixelData" not in dcmread(one.path, specific_tags=["PixelData"]):
            raise EOFError("no pixels")
        image = sitk.ReadImage(str(one.path), sitk.sitkUnknown, "GDCMImageIO")
    except (RuntimeError, EOFError, OSError) as error:
        raise InputError(f"The pixels of {one.path} are damaged or cut short; copy or export it again.") from error
    return sitk.GetArrayFromImage(image).reshape(one.shape)
