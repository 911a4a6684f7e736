"""What the CT in a node was read from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import slicer

from SketchNoduleSynthLib.ct.origin import Origin
from SketchNoduleSynthLib.ct.synthetic_mark import KEYWORD, is_marked, says_synthetic

if TYPE_CHECKING:
    from pydicom import FileDataset

ORIGIN_ATTRIBUTE = "SketchNoduleSynth.Origin"
SAYS_SYNTHETIC_ATTRIBUTE = "SketchNoduleSynth.SaysSynthetic"
INSTANCES_ATTRIBUTE = "DICOM.instanceUIDs"
"""Of nodes that Slicer's DICOM module loaded; a space between two."""


def origin_of(node: slicer.vtkMRMLScalarVolumeNode) -> Origin:
    """As :func:`volumes.node_from_volume` was told, or as its files say that are in Slicer's DICOM database.

    Any other volume's is not known: a file that Slicer reads may have been DICOM before.
    """
    if (told := node.GetAttribute(ORIGIN_ATTRIBUTE)) in list(Origin):
        return Origin(told)
    headers = _headers(_files_of(node))
    return Origin.of(headers) if headers else Origin.UNKNOWN


def may_be_synthetic(node: slicer.vtkMRMLScalarVolumeNode) -> bool:
    """Whether what it was read from says so; see :mod:`ct.synthetic_mark`."""
    if node.GetAttribute(SAYS_SYNTHETIC_ATTRIBUTE) is not None:
        return True
    storage = node.GetStorageNode()
    path = Path((storage and storage.GetFileName()) or "")
    return is_marked(_headers(_files_of(node))) or (path.is_file() and says_synthetic(path))


def _files_of(node: slicer.vtkMRMLScalarVolumeNode) -> tuple[str, ...]:
    """Those in Slicer's DICOM database."""
    instances = (node.GetAttribute(INSTANCES_ATTRIBUTE) or "").split()
    if not instances or not hasattr(slicer, "dicomDatabase"):
        return ()
    return tuple(slicer.dicomDatabase.fileForInstance(instance) for instance in instances)


@lru_cache(maxsize=8)
def _headers(paths: tuple[str, ...]) -> tuple[FileDataset, ...]:
    """What is asked here of each; of none where one cannot be read."""
    from SketchNoduleSynthLib.ct.dicom_file import read_dicom

    try:
        return tuple(read_dicom(Path(path), True, ["BurnedInAnnotation", KEYWORD]) for path in paths)
    except Exception:  # Files that are gone since; pydicom meets a broken header with errors of every kind.
        return ()
