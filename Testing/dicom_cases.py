"""What the tests of DICOM export start from: sources as scanners write them, and results to be exported."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from dicom_writer import write_series
from numpy.typing import NDArray
from phantom import LUNG_RAS_MM, chest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid
from scipy.spatial.transform import Rotation
from sphere import report_of

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.result import Result, carry_out, of_nodules

OBLIQUE = tuple(Rotation.from_euler("xyz", [20, -15, 40], degrees=True).as_matrix().ravel())
TURNS = {
    "axial": (1, 0, 0, 0, 1, 0, 0, 0, 1),
    "head to feet": (1, 0, 0, 0, 1, 0, 0, 0, -1),
    "prone": (-1, 0, 0, 0, -1, 0, 0, 0, 1),
    "oblique": OBLIQUE,
    "oblique, left-handed": tuple(np.array(OBLIQUE) * ([1, 1, -1] * 3)),
}
"""Directions (row after row) of the phantom's axes."""
OUTLINE = Stroke(np.array([[-4.0, 0], [-1, 4.5], [3.5, 3], [4, -2], [0, -4]]), "nodule", True)


def nodules_in(volume: Volume, *centers_xyz: tuple[float, float, float], diameter_mm: float = 12.0) -> Result:
    """`volume` with a nodule at each of the voxels `centers_xyz`, by turns in a box and drawn."""
    nodules = []
    for number, center in enumerate(centers_xyz):
        x, y, z = volume.grid.to_lps(center) * (-1, -1, 1)
        voi = Voi((x, y, z), diameter_mm)
        if number % 2 == 0:
            nodules.append(NoduleRecipe(voi, "mcgan", seed=number))
        else:
            nodules.append(NoduleRecipe(voi, "pix2pix", number, "part-solid", (OUTLINE,)))
    return carry_out(volume, Recipe(tuple(nodules)))


@cache
def phantom_result(turn: tuple[float, ...] = TURNS["axial"]) -> Result:
    """The phantom, its axes turned by a matrix, with two nodules one below the other; one result for all tests."""
    upright = chest((96, 80, 20), (2.0, 2.2, 3.0))
    # A 12 bit scanner holds no less, and marks what lies outside its round field of view.
    hu = np.maximum(upright.array, -1023)
    y, x = np.ogrid[:80, :96]
    hu[:, (x - 47.5) ** 2 / 47**2 + (y - 39.5) ** 2 / 39**2 > 1] = -1024
    direction = np.array(turn).reshape(3, 3)
    volume = Volume.of(hu, upright.grid.spacing, direction @ upright.grid.origin, direction)
    x, y, z = upright.grid.to_index(np.array(LUNG_RAS_MM) * (-1, -1, 1))
    return nodules_in(volume, (x, y, z - 4), (x + 5, y + 10, z + 4))


def with_values(volume: Volume, box: tuple[slice, slice, slice], hu: NDArray) -> Result:
    """`volume` with a nodule that is no more than the values `hu` in `box` (z, y, x)."""
    before = volume.array[box].copy()
    after = np.broadcast_to(hu, before.shape).astype(before.dtype)
    recipe = NoduleRecipe(Voi((0.0, 0.0, 0.0), 10.0), "mcgan", weights_sha256="0" * 64)
    return of_nodules(
        volume, [Insertion(Box(*box), before, after, after != before, recipe, report_of(recipe, Box(*box)))]
    )


def on(result: Result, source: Volume) -> Result:
    """The same nodules in another reading of the same CT."""
    changed = result.synthetic.array != result.source.array
    array = source.array.copy()
    array[changed] = result.synthetic.array[changed]
    return replace(result, source=source, synthetic=source.with_array(array))


def scanned(dataset: Dataset, index: int) -> None:
    """Fill in what a scanner writes beside the pixels: a whole CT header, private attributes, copies of the pixels."""
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL", "CT_SOM5 SPI"]
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.PatientID = "Müller^Erna", "4711-0815"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = "19540321", "F", "068Y"
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20220518"
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = "101530"
    dataset.AccessionNumber, dataset.StudyID = "A-77123", "5512"
    dataset.StudyDescription, dataset.SeriesDescription = "Thorax nativ", "Thorax 1.0 B70f"
    dataset.ReferringPhysicianName, dataset.OperatorsName = "Haus^Ärztin", "MTRA Schmidt"
    dataset.InstitutionName, dataset.StationName = "Klinikum am See", "CT-RAUM-3"
    dataset.Manufacturer, dataset.ManufacturerModelName = "SIEMENS", "Sensation 64"
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "SN-54321", "VB42B"
    dataset.SeriesNumber, dataset.AcquisitionNumber, dataset.PatientPosition = 4, 2, "HFS"
    dataset.KVP, dataset.Exposure, dataset.ConvolutionKernel = "120", 50, "B70f"
    dataset.PositionReferenceIndicator, dataset.BodyPartExamined = "", "CHEST"
    dataset.WindowCenter, dataset.WindowWidth = [-600, 40], [1500, 350]
    dataset.PatientComments = dataset.ImageComments = "Frau Müller hustet"
    dataset.SmallestImagePixelValue, dataset.LargestImagePixelValue = 0, 4095
    icon = Dataset()
    icon.SamplesPerPixel, icon.PhotometricInterpretation, icon.Rows, icon.Columns = 1, "MONOCHROME2", 2, 2
    icon.BitsAllocated, icon.BitsStored, icon.HighBit, icon.PixelRepresentation = 8, 8, 7, 0
    icon.PixelData = bytes([0, 80, 160, 240])
    dataset.IconImageSequence = [icon]
    dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True).add_new(0x10, "OB", b"Erna Mueller\0\0")
    dataset.preamble = b"Erna Mueller, SN-54321".ljust(128)


def twelve_bits(dataset: Dataset, index: int) -> None:
    """:func:`scanned`, 12 bits unsigned, padded with 0."""
    scanned(dataset, index)
    dataset.BitsStored, dataset.HighBit = 12, 11
    dataset.PixelPaddingValue = 0


def write_scanned(folder: Path, volume: Volume) -> list[Path]:
    """`volume` as a scanner's series of 12 bits, -1024 HU being 0."""
    return write_series(folder, volume, intercept=-1024, edit=twelve_bits)


def write_real_header(folder: Path, volume: Volume) -> list[Path]:
    """`volume` under the header of a real scanner's slice with all its private attributes (pydicom's CT_small)."""
    folder.mkdir(parents=True)
    series, paths = generate_uid(), []
    for index, hu in enumerate(volume.array):
        dataset = dcmread(get_testdata_file("CT_small.dcm"))
        dataset.SeriesInstanceUID = series
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.InstanceNumber = index + 1
        dataset.ImagePositionPatient = volume.grid.to_lps([0, 0, index]).round(6).tolist()
        dataset.PixelSpacing = [volume.grid.spacing[1], volume.grid.spacing[0]]
        dataset.Rows, dataset.Columns = hu.shape
        dataset.PixelData = (hu + 1024).astype("<i2").tobytes()
        paths.append(folder / f"i{index}")
        dataset.save_as(paths[-1])
    return paths
