"""What a CT was read from, as far as that decides what may be said of its patient."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import Dataset


class Origin(StrEnum):
    """`UNKNOWN`: as of a volume in Slicer whose files are not known; a `FILE` has no patient's header.

    `BURNED_IN`: DICOM of which a slice says that text in its pixels may name the patient (BurnedInAnnotation, PS3.3,
    C.7.6.1); where all say nothing of that, as nearly all CTs do, it is `DICOM`.
    """

    UNKNOWN = "unknown"
    FILE = "file"
    DICOM = "DICOM"
    BURNED_IN = "DICOM with text in its pixels"

    @classmethod
    def of(cls, headers: Iterable[Dataset]) -> Origin:
        """Of slices in DICOM."""
        is_burned_in = any(str(header.get("BurnedInAnnotation") or "").strip() == "YES" for header in headers)
        return cls.BURNED_IN if is_burned_in else cls.DICOM

    @property
    def sentence(self) -> str:
        if self is Origin.UNKNOWN:
            return "The format of the source is not known."
        return f"The source was {'not ' if self is Origin.FILE else ''}DICOM."
