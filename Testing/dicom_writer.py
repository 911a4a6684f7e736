"""Synthetic CT series, written slice by slice as a scanner would, with what can go wrong in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    LegacyConvertedEnhancedCTImageStorage,
    generate_uid,
)

from SketchNoduleSynthLib.ct.volume import Volume

Edit = Callable[[Dataset, int], None]


def ct_volume(
    shape: tuple[int, int, int] = (6, 8, 10),
    spacing: tuple[float, float, float] = (0.7, 0.8, 2.5),
    origin: tuple[float, float, float] = (-100.0, -90.0, 40.0),
    direction: NDArray | None = None,
) -> Volume:
    """Noise from -1000 to 400 HU; `shape` is z, y, x, `spacing` and `origin` x, y, z in LPS mm."""
    array = np.random.default_rng(0).integers(-1000, 401, shape).astype(np.int16)
    return Volume.of(array, np.array(spacing), np.array(origin), np.eye(3) if direction is None else direction)


def write_series(
    folder: Path,
    volume: Volume,
    slope: float | list[float] = 1.0,
    intercept: float | list[float] = -1024.0,
    skip: tuple[int, ...] = (),
    shear: tuple[float, float, float] = (0.0, 0.0, 0.0),
    positions_rounded_to: int = 6,
    series_uid: str | None = None,
    edit: Edit | None = None,
    transfer_syntax: UID = ExplicitVRLittleEndian,
) -> list[Path]:
    """Write `volume` (HU) as CT slices with shuffled names; the paths returned are in the order of the slices.

    `slope` and `intercept` may differ from slice to slice; the stored values are HU turned back and rounded.
    `shear` (mm, LPS) is added to the position from each slice to the next; `edit` is called with each dataset
    and its slice index before it is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    count = len(volume.array)
    slopes, intercepts = np.broadcast_to(slope, count), np.broadcast_to(intercept, count)
    names = np.random.default_rng(1).permutation(count)
    series_uid, study_uid, frame_uid = series_uid or generate_uid(), generate_uid(), generate_uid()
    paths = []
    for index in (i for i in range(count) if i not in skip):
        stored = np.rint((volume.array[index] - intercepts[index]) / slopes[index])
        position = volume.grid.to_lps([0, 0, index]) + index * np.array(shear)
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = CTImageStorage
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        dataset.Modality = "CT"
        dataset.PatientName, dataset.PatientID = "Synthetic^", "0"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = (
            study_uid,
            series_uid,
            frame_uid,
        )
        dataset.InstanceNumber = int(names[index]) + 1
        dataset.ImagePositionPatient = [f"{p:.{positions_rounded_to}f}" for p in position]
        dataset.ImageOrientationPatient = [f"{d:.8f}" for d in volume.grid.direction[:, :2].T.ravel()]
        dataset.PixelSpacing = [f"{volume.grid.spacing[1]:.6f}", f"{volume.grid.spacing[0]:.6f}"]
        dataset.SliceThickness = f"{volume.grid.spacing[2]:.6f}"
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
        dataset.Rows, dataset.Columns = stored.shape
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
        dataset.PixelRepresentation = int(stored.min() < 0)
        dataset.RescaleSlope, dataset.RescaleIntercept = str(slopes[index]), str(intercepts[index])
        dataset.PixelData = stored.astype(np.int16 if dataset.PixelRepresentation else np.uint16).tobytes()
        if edit is not None:
            edit(dataset, index)
        if transfer_syntax != ExplicitVRLittleEndian:
            dataset.compress(transfer_syntax, generate_instance_uid=False)
        paths.append(folder / f"IM{names[index]:04d}.dcm")
        dataset.save_as(paths[-1], enforce_file_format=True)
    return paths


def write_enhanced(path: Path, volume: Volume, order: Sequence[int] = (), legacy: bool = False) -> Path:
    """`volume` (HU) as one enhanced multi-frame CT, a rescale a frame; `order`: which slice each frame is."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = LegacyConvertedEnhancedCTImageStorage if legacy else EnhancedCTImageStorage
    dataset.SOPInstanceUID, dataset.SeriesInstanceUID, dataset.StudyInstanceUID = (generate_uid() for _ in range(3))
    dataset.FrameOfReferenceUID, dataset.Modality, dataset.ImageType = generate_uid(), "CT", ["ORIGINAL", "PRIMARY"]
    dataset.PatientName, dataset.PatientID, dataset.SeriesNumber, dataset.InstanceNumber = "Synthetic^", "0", 3, 1
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = volume.array.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    measures, turn, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [f"{volume.grid.spacing[1]:.6f}", f"{volume.grid.spacing[0]:.6f}"]
    measures.SliceThickness = f"{volume.grid.spacing[2]:.6f}"
    turn.ImageOrientationPatient = [f"{d:.8f}" for d in volume.grid.direction[:, :2].T.ravel()]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [turn]
    dataset.SharedFunctionalGroupsSequence = [shared]
    frames, pixels = [], b""
    for number, index in enumerate(order or range(len(volume.array))):
        place, rescale, frame = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [f"{p:.6f}" for p in volume.grid.to_lps([0, 0, index])]
        intercept = -1024 - number
        rescale.RescaleSlope, rescale.RescaleIntercept, rescale.RescaleType = 1, intercept, "HU"
        frame.PlanePositionSequence, frame.PixelValueTransformationSequence = [place], [rescale]
        frames.append(frame)
        pixels += (volume.array[index] - intercept).astype("<u2").tobytes()
    dataset.PerFrameFunctionalGroupsSequence, dataset.PixelData = frames, pixels
    dataset["PixelData"].VR = "OW"
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
