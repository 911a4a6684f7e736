"""DICOM files as they are: with and without their first 132 bytes, and with values that are none."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydicom import Dataset, FileDataset, dcmread
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

D = TypeVar("D", bound=Dataset)
PREAMBLE, PREFIX = 128, b"DICM"
FIRST_GROUPS = (b"\x02\0", b"\x08\0", b"\0\x08")
"""Of a file without preamble, as planning systems and old archives write: meta header, or at once the dataset."""


def is_dicom(path: Path) -> bool:
    """Whether the file at `path` looks like DICOM; raises OSError."""
    with path.open("rb") as file:
        start = file.read(PREAMBLE + len(PREFIX))
    return start[PREAMBLE:] == PREFIX or _is_bare(start)


def read_dicom(path: Path, header_only: bool = False, keywords: list[str] | None = None) -> FileDataset:
    """The dataset at `path`, without its pixels or with no more than `keywords`; it always has a transfer syntax.

    Raises pydicom's InvalidDicomError if the file is something else; of a damaged one whatever pydicom does.
    """
    with path.open("rb") as file:
        bare = _is_bare(file.read(PREAMBLE + len(PREFIX)))
    dataset = dcmread(path, force=bare, stop_before_pixels=header_only, specific_tags=keywords)
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return dataset


def _is_bare(start: bytes) -> bool:
    return start[PREAMBLE:] != PREFIX and len(start) > PREAMBLE and start[:2] in FIRST_GROUPS


def without_unreadable(dataset: D) -> D:
    """`dataset` itself without the elements whose values cannot be parsed, such as a number that is none."""
    for tag in list(dataset.keys()):
        try:
            dataset[tag]
        except Exception:  # pydicom meets a broken value with errors of every kind
            del dataset[tag]
    return dataset
