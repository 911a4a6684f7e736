"""The slices of a synthetic CT: from nothing, in the source's study, or of an anonymous case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom import DataElement, Dataset
from pydicom.uid import CTImageStorage

from SketchNoduleSynthLib.ct.dicom_pixels import in_hu
from SketchNoduleSynthLib.ct.dicom_slice import Slice
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.dicom.burned_in import WORD, burned_in_hu
from SketchNoduleSynthLib.dicom.identifiers import Identifiers
from SketchNoduleSynthLib.dicom.new_slice import new_slice
from SketchNoduleSynthLib.dicom.source_slice import SourceSlice
from SketchNoduleSynthLib.dicom.stored_values import StoredValues
from SketchNoduleSynthLib.errors import InputError


@dataclass(frozen=True)
class SyntheticSlice:
    """A slice to be written: `dataset` without pixels, the `stored` pixels (rows, columns), how they hold HU.

    `origin`: a sentence on where the pixels outside the nodules are from; `source`: SOP class and instance of the
    slice that it is made from.
    """

    dataset: Dataset
    stored: NDArray
    values: StoredValues
    origin: str
    source: tuple[str, str] | None

    def burned_in(self) -> SyntheticSlice:
        hu = burned_in_hu(*self.stored.shape)
        self.stored[: hu.shape[0], : hu.shape[1]] = self.values.encode(hu)
        self.dataset.BurnedInAnnotation = "YES"
        return replace(self, origin=f"{self.origin} {WORD} is written over the upper left.")

    def save(self, path: Path) -> None:
        pixels = self.stored.tobytes()
        representation = "OW" if self.stored.itemsize > 1 else "OB"
        # A new element: one that held compressed pixels would keep its undefined length.
        self.dataset["PixelData"] = DataElement("PixelData", representation, pixels + b"\0" * (len(pixels) % 2))
        self.dataset.save_as(path, enforce_file_format=True)


def from_nothing(synthetic: Volume, identifiers: Identifiers) -> Iterator[SyntheticSlice]:
    values = StoredValues.of_volume(synthetic.array)
    straightened = f" It was {synthetic.straightened}." if synthetic.straightened else ""
    origin = f"{synthetic.origin.sentence}{straightened}"
    for index, hu in enumerate(synthetic.array):
        dataset = new_slice(synthetic, index, values, identifiers, None)
        yield SyntheticSlice(dataset, values.encode(hu), values, origin, None)


def in_source_study(
    slices: Sequence[Slice], source: Volume, synthetic: Volume, identifiers: Identifiers
) -> Iterator[SyntheticSlice]:
    for index, (old, stored) in enumerate(_with_nodules(slices, source, synthetic)):
        yield SyntheticSlice(old.derived(identifiers, index), stored, old.values, _origin(old), old.reference)


def anonymous(
    slices: Sequence[Slice], source: Volume, synthetic: Volume, identifiers: Identifiers
) -> Iterator[SyntheticSlice]:
    """The slices of an anonymous study; they refer to their source by other identifiers than its own."""
    for index, (old, stored) in enumerate(_with_nodules(slices, source, synthetic)):
        dataset = new_slice(synthetic, index, old.values, identifiers, old.dataset)
        reference = CTImageStorage, identifiers.uid(f"source slice {index}")
        yield SyntheticSlice(dataset, old.values.without_spare_bits(stored), old.values, _origin(old), reference)


def _with_nodules(slices: Sequence[Slice], source: Volume, synthetic: Volume) -> Iterator[tuple[SourceSlice, NDArray]]:
    """Each slice of the source, and its stored pixels with what differs between `source` and `synthetic`."""
    for one, before, after in zip(slices, source.array, synthetic.array, strict=True):
        old = SourceSlice.read(one)
        hu = in_hu(old.stored, old.dataset, one.rescale)
        if not np.array_equal(hu.astype(before.dtype), before):
            raise InputError(
                f"{one.path} is not a slice of the CT that the nodules were made in; "
                "give the folder that the CT was read from."
            )
        stored = old.stored.copy()
        changed = before != after
        stored[changed] = old.values.encode(after[changed])
        yield old, stored


def _origin(old: SourceSlice) -> str:
    decompressed = f" They were decompressed from {old.decompressed}." if old.decompressed else ""
    return f"All other pixels are the source's.{decompressed}"
