"""DICOM files as they are: what in them can be made out."""

from __future__ import annotations

from typing import TypeVar

from pydicom import Dataset

D = TypeVar("D", bound=Dataset)


def without_unreadable(dataset: D) -> D:
    """`dataset` itself without the elements whose values cannot be parsed, such as a number that is none."""
    for tag in list(dataset.keys()):
        try:
            dataset[tag]
        except Exception:  # pydicom meets a broken value with errors of every kind
            del dataset[tag]
    return dataset
