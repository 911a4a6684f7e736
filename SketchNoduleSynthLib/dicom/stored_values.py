"""How HU are stored in a slice's pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from SketchNoduleSynthLib.errors import InputError

FINEST_STEP_HU = 2.0**-8


@dataclass(frozen=True)
class StoredValues:
    """HU = `slope` x stored value + `intercept` (PS3.3, C.11.1.1.2), the stored value in `bits` of a `kind`.

    `padding`: the lowest and highest stored value that mark pixels outside the CT's field of view (C.7.5.1.1.2).
    """

    kind: np.dtype
    bits: int
    slope: float
    intercept: float
    padding: tuple[int, int] | None = None

    @classmethod
    def of_slice(cls, dataset: Dataset, rescale: tuple[float, float]) -> StoredValues:
        """As a slice's header says; raises :class:`InputError` if it makes no sense or is not supported."""
        allocated, bits = dataset.get("BitsAllocated"), dataset.get("BitsStored") or 0
        if allocated not in (8, 16, 32) or dataset.get("HighBit") != bits - 1 or rescale[0] == 0:
            raise InputError("The source's pixels are stored in a way that is not supported; export the CT as NRRD.")
        kind = np.dtype(f"<{'i' if dataset.get('PixelRepresentation') else 'u'}{allocated // 8}")
        padding = None
        if "PixelPaddingValue" in dataset:
            given = (dataset.PixelPaddingValue, dataset.get("PixelPaddingRangeLimit", dataset.PixelPaddingValue))
            # Some scanners write the padding of signed pixels as an unsigned number.
            low, high = sorted(int(np.array(value % 2**allocated).astype(kind)) for value in given)
            padding = low, high
        return cls(kind, bits, *rescale, padding)

    @classmethod
    def of_volume(cls, array: NDArray) -> StoredValues:
        """For a CT that was not DICOM: whole HU exactly, others in the finest steps that 16 bits allow.

        The steps are powers of two of at most 1 HU: decimal strings hold these exactly. Raises :class:`InputError` if
        16 bits do not hold the CT's range.
        """
        low, high = float(np.floor(array.min())), float(np.ceil(array.max()))
        limits = np.iinfo(np.int16)
        whole = array.dtype.kind in "iu" or np.array_equal(array, np.rint(array))
        if whole and limits.min <= low and high <= limits.max:
            return cls(np.dtype("<i2"), 16, 1.0, 0.0)
        step = 1.0 if whole else FINEST_STEP_HU
        while (high - low) / step > np.iinfo(np.uint16).max:
            step *= 2
        if step > 1:
            raise InputError(f"The CT's values, {low:g} to {high:g}, do not fit into DICOM's 16 bits; give a CT in HU.")
        return cls(np.dtype("<u2"), 16, step, low)

    @property
    def limits(self) -> tuple[int, int]:
        return (-(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1) if self.kind.kind == "i" else (0, 2**self.bits - 1)

    def encode(self, hu: NDArray) -> NDArray:
        """HU as the nearest stored values that `bits` hold, beside the padding."""
        low, high = self.limits
        stored = np.clip(np.rint((hu.astype(float) - self.intercept) / self.slope), low, high)
        if self.padding is not None:
            first, last = self.padding
            stored[(stored >= first) & (stored <= last)] = last + 1 if last < high else first - 1
        return stored.astype(self.kind)

    def without_spare_bits(self, stored: NDArray) -> NDArray:
        """Stored values alone: bits above `bits`, in which old scanners hid overlays, follow the sign."""
        spare = 8 * self.kind.itemsize - self.bits
        return stored.astype(self.kind) << spare >> spare
