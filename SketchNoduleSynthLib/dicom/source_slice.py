"""A slice of a DICOM source: what of it a synthetic slice keeps."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from SketchNoduleSynthLib.ct.dicom_pixels import stored_words
from SketchNoduleSynthLib.ct.dicom_slice import Slice
from SketchNoduleSynthLib.dicom.identifiers import Identifiers
from SketchNoduleSynthLib.dicom.stored_values import StoredValues
from SketchNoduleSynthLib.errors import InputError

SERIES_NUMBER = 9000
"""Beyond a scanner's own, so that a viewer lists the new series behind them."""

OUTDATED = (
    # statistics and copies of the old pixels
    *("SmallestImagePixelValue", "LargestImagePixelValue", "SmallestPixelValueInSeries", "LargestPixelValueInSeries"),
    "IconImageSequence",
    # statements about the old instance alone: signatures, its release for diagnosis, where it was stored
    *("InstanceCreatorUID", "DigitalSignaturesSequence", "MACParametersSequence", "EncryptedAttributesSequence"),
    *("SOPInstanceStatus", "SOPAuthorizationDateTime", "SOPAuthorizationComment", "DataSetTrailingPadding"),
    *("AuthorizationEquipmentCertificationNumber", "StorageMediaFileSetID", "StorageMediaFileSetUID"),
    # parts of a compressed pixel stream
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)


@dataclass(frozen=True)
class SourceSlice:
    """A source's dataset, its pixels as they are stored (rows, columns) and how they hold HU.

    `reference`: its SOP class and instance; `decompressed`: the name of the compression that the pixels were read
    from, or an empty text.
    """

    dataset: Dataset
    reference: tuple[str, str]
    stored: NDArray
    values: StoredValues
    decompressed: str

    @classmethod
    def read(cls, one: Slice) -> SourceSlice:
        """Raises :class:`InputError` if it is damaged or not supported."""
        dataset, syntax, reference, values = described(one)
        try:
            stored = stored_words(dataset)
        except Exception as error:  # as ct.dicom_slice.read_plane
            raise InputError(f"{one.path} is damaged or not whole; copy or export it again.") from error
        return cls(dataset, reference, stored, values, syntax.name if syntax.is_encapsulated else "")

    def derived(self, identifiers: Identifiers, index: int) -> Dataset:
        """The source's dataset, itself changed into that of slice `index` of a new series in its study.

        All standard attributes stay but those that tell of the old pixels or the old instance. Private attributes go:
        nobody but their maker can say whether they still describe these pixels; some hold copies of them.
        """
        dataset = self.dataset
        for tag in [tag for tag in list(dataset.keys()) if tag.is_private]:
            del dataset[tag]
        for keyword in OUTDATED:
            dataset.pop(keyword, None)
        syntax = ExplicitVRLittleEndian if self.decompressed else dataset.file_meta.TransferSyntaxUID
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.preamble = None
        dataset.SOPInstanceUID = identifiers.uid(f"slice {index}")
        dataset.SeriesInstanceUID = identifiers.uid("series")
        dataset.SeriesNumber = SERIES_NUMBER
        for keyword in ("StudyInstanceUID", "FrameOfReferenceUID"):
            if not dataset.get(keyword):
                setattr(dataset, keyword, identifiers.uid(keyword))
        return dataset


def described(one: Slice, *, only_header: bool = False) -> tuple[Dataset, UID, tuple[str, str], StoredValues]:
    """A slice's dataset, transfer syntax, SOP class and instance, and how it holds HU.

    Raises :class:`InputError` if no synthetic slice can be made of it.
    """
    try:
        dataset = one.dataset(only_header)
        if not all(one.reference):
            raise ValueError("no SOP class or instance")
        values = StoredValues.of_slice(dataset, one.rescale)
        return dataset, dataset.file_meta.TransferSyntaxUID, one.reference, values
    except InputError:
        raise
    except Exception as error:  # as ct.dicom_slice.read_plane
        raise InputError(f"{one.path} is damaged or not whole; copy or export it again.") from error
