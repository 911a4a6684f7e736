"""A slice's pixels: as they are stored, and in HU."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage

from SketchNoduleSynthLib.ct.itk_path import itk_path
from SketchNoduleSynthLib.errors import InputError

GREY = ("MONOCHROME1", "MONOCHROME2")
"""They differ in how they are shown, not in their HU (PS3.3, C.7.6.3.1.2)."""
NO_HU = ("OD", "MGML", "Z_EFF", "ED", "EDW", "PCT")
"""Rescale types (C.11.1.1.2) of what is computed from spectral CT."""
DESCRIPTION = ("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")


def check_grey_hu(header: Dataset, what: str) -> None:
    """Raise :class:`InputError` that names `what` is in the pixels of a slice other than grey values in HU."""
    photometric = str(header.get("PhotometricInterpretation") or GREY[1])
    if (header.get("SamplesPerPixel") or 1) != 1 or photometric.startswith(("RGB", "YBR", "PALETTE")):
        raise InputError(f"{what} is a colour image; give a CT, which has one value in HU a voxel.")
    if photometric not in GREY:
        raise InputError(f"{what} has pixels of the kind {photometric}; a CT's are MONOCHROME2.")
    if header.get("BitsAllocated") not in (None, 8, 16, 32):
        raise InputError(f"{what} has {header.BitsAllocated} bits a pixel, which is not supported; use 16.")
    if "ModalityLUTSequence" in header:
        raise InputError(f"{what} has a table in place of a rescale to HU, which is not supported; export it again.")
    if (kind := header.get("RescaleType")) in NO_HU:
        raise InputError(f"{what} has values of the kind {kind}, not HU; give the CT that they were computed from.")


def stored_words(dataset: Dataset) -> NDArray:
    """The pixels (rows, columns) as they are stored, in the type that the header says, with all its bits.

    Raises AttributeError, EOFError, KeyError, RuntimeError, TypeError or ValueError if they are damaged.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    kind = np.dtype(f"{'i' if dataset.get('PixelRepresentation') else 'u'}{dataset.BitsAllocated // 8}")
    shape = dataset.Rows, dataset.Columns
    if syntax.is_encapsulated:
        words = _decompressed(dataset).reshape(shape)
        if not np.array_equal(words, words.astype(kind)):
            raise ValueError("the decoded pixels are not what the header says")
        return words.astype(kind)
    order = kind.newbyteorder("<" if syntax.is_little_endian else ">")
    return np.frombuffer(dataset.PixelData, order, count=shape[0] * shape[1]).reshape(shape)


def in_hu(words: NDArray, header: Dataset, rescale: tuple[float, float]) -> NDArray:
    """Stored words in HU: whole numbers of 16 bits where these hold them, float64 where the rescale is not whole.

    Bits above the high bit, in which old scanners hid overlays, and below the stored ones do not count (PS3.5, 8.1.1).
    """
    allocated = 8 * words.itemsize
    high = int(header.get("HighBit", allocated - 1))
    bits = int(header.get("BitsStored") or high + 1)
    if not 0 < bits <= high + 1 <= allocated:
        raise ValueError(f"{bits} bits up to bit {high} of {allocated}")
    values = (words.astype(words.dtype.newbyteorder("=")) << (allocated - 1 - high)) >> (allocated - bits)
    slope, intercept = rescale
    if not (float(slope).is_integer() and float(intercept).is_integer()):
        return values * np.float64(slope) + intercept
    hu = values.astype(np.int64) * int(slope) + int(intercept)
    limits = np.iinfo(np.int16)
    return hu.astype(np.int16) if limits.min <= hu.min() and hu.max() <= limits.max else hu


def _decompressed(dataset: Dataset) -> NDArray:
    """By GDCM, which knows more compressions than pydicom, and is told no more than they need."""
    import SimpleITK as sitk

    plain = Dataset()
    plain.file_meta = FileMetaDataset()
    plain.file_meta.TransferSyntaxUID = dataset.file_meta.TransferSyntaxUID
    plain.SOPClassUID, plain.SOPInstanceUID = CTImageStorage, "2.25.1"
    plain.SamplesPerPixel, plain.PhotometricInterpretation = 1, GREY[1]
    for keyword in DESCRIPTION:
        setattr(plain, keyword, dataset[keyword].value)
    plain["PixelData"] = dataset["PixelData"]
    with tempfile.TemporaryDirectory(prefix="SketchNoduleSynth-") as folder:
        path = Path(folder, "slice.dcm")
        plain.save_as(path, enforce_file_format=True)
        with itk_path(path) as name:
            return sitk.GetArrayFromImage(sitk.ReadImage(name, sitk.sitkUnknown, "GDCMImageIO"))
