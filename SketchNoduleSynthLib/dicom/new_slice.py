"""A CT slice from nothing: for a source whose headers are not at hand, or whose patient nobody shall know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataset import FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import DSfloat

import SketchNoduleSynthLib
from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.ct.origin import Origin
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.identifiers import Identifiers
from SketchNoduleSynthLib.dicom.marks import MARK, PRODUCT, code_item
from SketchNoduleSynthLib.dicom.stored_values import StoredValues
from SketchNoduleSynthLib.errors import InputError

NUMBERS = (
    *("InstanceNumber", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"),
    *("SliceThickness", "SpacingBetweenSlices", "SliceLocation", "WindowCenter", "WindowWidth"),
    *("KVP", "DataCollectionDiameter", "ReconstructionDiameter", "DistanceSourceToDetector"),
    *("DistanceSourceToPatient", "GantryDetectorTilt", "TableHeight", "ExposureTime", "XRayTubeCurrent", "Exposure"),
    *("GeneratorPower", "FocalSpots", "RevolutionTime", "SingleCollimationWidth", "TotalCollimationWidth"),
    *("TableSpeed", "TableFeedPerRotation", "SpiralPitchFactor", "CTDIvol", "LossyImageCompressionRatio"),
)
"""What an anonymous slice keeps of its source: numbers, none of which Table E.1-1 of PS3.15 names."""

WORDS = {
    "PatientPosition": ("HFS", "HFP", "HFDR", "HFDL", "FFS", "FFP", "FFDR", "FFDL"),
    "RotationDirection": ("CW", "CC"),
    "LossyImageCompression": ("00", "01"),
    "LossyImageCompressionMethod": ("ISO_10918_1", "ISO_14495_1", "ISO_15444_1", "ISO_15444_15"),
    "RescaleType": ("HU",),
    "PhotometricInterpretation": ("MONOCHROME1", "MONOCHROME2"),
    "BurnedInAnnotation": ("NO",),
}
"""And these words, where they are the standard's own."""

PATIENT_NAME = f"{MARK}^NODULES"

DEIDENTIFICATION = (
    "Made from voxels, geometry and acquisition numbers alone",
    "No text, date or UID of the source is kept",
    "Text burned into the pixels is not looked for",
)


def new_slice(
    volume: Volume, index: int, values: StoredValues, identifiers: Identifiers, source: Dataset | None
) -> Dataset:
    """A CT Image (PS3.3, A.3) without pixels: slice `index` of a right-handed `volume`, in a study of its own.

    Attributes of type 2 that are not known are empty, dates among them. Of a DICOM `source` only `NUMBERS` and `WORDS`
    are kept: this satisfies the Basic Application Level Confidentiality Profile (PS3.15, E.2), whose Table E.1-1 lists
    what must go; here also goes what such a list may not know. That the patient's identity is removed, from attributes
    and pixels (PS3.3, C.7.1.1), is said only where the source's slices were asked for text in their pixels. Raises
    :class:`InputError` if they say that there is some.
    """
    origin = volume.origin if source is None else Origin.of([source])
    check_not_burned_in(origin)
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = identifiers.uid(f"slice {index}")
    _patient(dataset, identifiers, origin)
    _study_and_series(dataset, identifiers)
    _place(dataset, volume.grid, index)
    _pixels(dataset, volume, values)
    dataset.KVP, dataset.AcquisitionNumber = None, None
    dataset.WindowCenter, dataset.WindowWidth = [-600, 40], [1600, 400]
    dataset.RescaleType, dataset.PatientPosition = "HU", ""
    if source is not None:
        _keep(dataset, source)
    return dataset


def _patient(dataset: Dataset, identifiers: Identifiers, origin: Origin) -> None:
    dataset.PatientName, dataset.PatientID = PATIENT_NAME, identifiers.patient_id()
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.DeidentificationMethod = list(DEIDENTIFICATION)
    if origin.format == "DICOM":
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethodCodeSequence = [code_item(codes.cid7050.BasicApplicationConfidentialityProfile)]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


def _study_and_series(dataset: Dataset, identifiers: Identifiers) -> None:
    dataset.StudyInstanceUID, dataset.StudyID = identifiers.uid("study"), "1"
    dataset.StudyDate = dataset.StudyTime = dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.Modality, dataset.BodyPartExamined = "CT", "CHEST"
    dataset.SeriesInstanceUID, dataset.SeriesNumber = identifiers.uid("series"), 1
    dataset.FrameOfReferenceUID, dataset.PositionReferenceIndicator = identifiers.uid("frame of reference"), ""
    dataset.Manufacturer = dataset.ManufacturerModelName = PRODUCT
    dataset.SoftwareVersions = SketchNoduleSynthLib.__version__


def _place(dataset: Dataset, grid: Grid, index: int) -> None:
    """The image plane (PS3.3, C.7.6.2)."""
    position = grid.to_lps([0, 0, index])
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [decimal(value) for value in position]
    dataset.ImageOrientationPatient = [decimal(value) for value in grid.direction[:, :2].T.ravel()]
    dataset.PixelSpacing = [decimal(grid.spacing[1]), decimal(grid.spacing[0])]
    dataset.SliceThickness = decimal(grid.spacing[2])
    dataset.SliceLocation = decimal(float(position @ grid.direction[:, 2]))


def _pixels(dataset: Dataset, volume: Volume, values: StoredValues) -> None:
    """The image pixel and CT image modules' description of the pixels (PS3.3, C.7.6.3 and C.8.2.1)."""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    _, dataset.Rows, dataset.Columns = volume.array.shape
    dataset.BitsAllocated, dataset.BitsStored = 8 * values.kind.itemsize, values.bits
    dataset.HighBit, dataset.PixelRepresentation = values.bits - 1, int(values.kind.kind == "i")
    dataset.RescaleSlope, dataset.RescaleIntercept = decimal(values.slope), decimal(values.intercept)
    if values.padding is not None:
        dataset.PixelPaddingValue, last = values.padding
        if last != dataset.PixelPaddingValue:
            dataset.PixelPaddingRangeLimit = last


def check_not_burned_in(origin: Origin) -> None:
    """Raise :class:`InputError` if the source says of itself that its pixels may name the patient."""
    if origin.is_burned_in:
        raise InputError(
            "The source says that text is burned into its pixels; no DICOM without its patient can be made of it, "
            "but an NRRD can."
        )


def _keep(dataset: Dataset, source: Dataset) -> None:
    for keyword in NUMBERS:
        if (kept := numbers(source, keyword)) is not None:
            setattr(dataset, keyword, kept)
    for keyword, known in WORDS.items():
        if (word := str(source.get(keyword))) in known:
            setattr(dataset, keyword, word)


def numbers(source: Dataset, keyword: str) -> Any:
    """A source's value, written anew as numbers; None if there is none or it is no number."""
    converters: dict[str, Callable[[Any], Any]] = {"DS": decimal, "IS": int}
    convert = converters.get(dictionary_VR(keyword), float)
    try:
        value = source[keyword].value
        return [convert(number) for number in value] if source[keyword].VM > 1 else convert(value)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def decimal(value: float) -> DSfloat:
    """A decimal string (PS3.5, 6.2), of the 16 characters that it may have."""
    return DSfloat(float(value), auto_format=True)
