"""What a CT was read from, as far as that decides what may be said of its patient, and of its nodules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pydicom import Dataset

SYNTHETIC, BURNED_IN, YES = "SyntheticData", "BurnedInAnnotation", "YES"
"""Of DICOM: Synthetic Data (0008,001C; PS3.3, C.12.1), and text in the pixels (0028,0301; PS3.3, C.7.6.1)."""


@dataclass(frozen=True)
class Origin:
    """`format`: "" where it is not known, as of a volume in Slicer whose files are not; a file has no patient's header.

    `is_burned_in`: a slice in DICOM says that text in its pixels may name the patient; nearly all say nothing of it.
    `is_synthetic`: a slice, or the NRRD, says that synthetic nodules may be in it.
    """

    format: Literal["", "file", "DICOM"] = ""
    is_burned_in: bool = False
    is_synthetic: bool = False

    @classmethod
    def of(cls, headers: Iterable[Dataset]) -> Origin:
        """Of slices in DICOM."""
        said = [[str(header.get(keyword) or "").strip() for keyword in (BURNED_IN, SYNTHETIC)] for header in headers]
        return cls("DICOM", any(burned == YES for burned, _ in said), any(made == YES for _, made in said))

    @property
    def sentence(self) -> str:
        if not self.format:
            return "The format of the source is not known."
        return f"The source was {'' if self.format == 'DICOM' else 'not '}DICOM."


UNKNOWN = Origin()
