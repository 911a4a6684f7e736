"""Enhanced multi-frame CT: each frame as the single slice that it would be."""

from __future__ import annotations

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage

from SketchNoduleSynthLib.ct.dicom_file import without_unreadable

MULTI_FRAME = (EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)
SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
MACROS = (
    *("PixelMeasuresSequence", "PlanePositionSequence", "PlaneOrientationSequence", "PixelValueTransformationSequence"),
    *("FrameVOILUTSequence", "CTReconstructionSequence", "CTExposureSequence", "CTXRayDetailsSequence"),
)
"""Functional groups (PS3.3, C.7.6.16 and C.8.15.3) whose attributes a CT Image has of its own."""
OF_ALL_FRAMES = (
    *(SHARED, PER_FRAME, "DimensionOrganizationSequence", "DimensionIndexSequence", "NumberOfFrames", "PixelData"),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths", "DimensionOrganizationType"),
)


def frame_count(header: Dataset) -> int:
    return len(header.get(PER_FRAME) or ())


def single_slice(whole: Dataset, frame: int) -> Dataset:
    """Frame `frame`, from 0, of an enhanced CT as a CT Image, with its pixels if `whole` has any.

    It keeps the SOP Instance UID of the whole. Raises AttributeError, IndexError, TypeError or ValueError if the whole
    is damaged.
    """
    slice_ = Dataset()
    slice_.file_meta = FileMetaDataset()
    slice_.file_meta.TransferSyntaxUID = syntax = whole.file_meta.TransferSyntaxUID
    for element in whole:
        if element.keyword not in OF_ALL_FRAMES:
            slice_.add(element)
    for groups in (*(whole.get(SHARED) or ()), whole[PER_FRAME][frame]):
        for macro in MACROS:
            for item in groups.get(macro) or ():
                slice_.update(without_unreadable(item))
    slice_.SOPClassUID, slice_.InstanceNumber = CTImageStorage, frame + 1
    if "PixelData" in whole:
        if syntax.is_encapsulated:
            count = int(whole.NumberOfFrames)
            slice_.PixelData = encapsulate([get_frame(whole.PixelData, frame, number_of_frames=count)])
            slice_["PixelData"].is_undefined_length = True
        else:
            size = whole.Rows * whole.Columns * whole.BitsAllocated // 8
            slice_.PixelData = whole.PixelData[frame * size : (frame + 1) * size]
        slice_["PixelData"].VR = "OW"
    return slice_
