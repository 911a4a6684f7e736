"""What the CT in a node was read from."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import slicer

from SketchNoduleSynthLib.ct.origin import Origin

ORIGIN_ATTRIBUTE = "SketchNoduleSynth.Origin"
INSTANCES_ATTRIBUTE = "DICOM.instanceUIDs"
"""Of nodes that Slicer's DICOM module loaded; a space between two."""


def origin_of(node: slicer.vtkMRMLScalarVolumeNode) -> Origin:
    """As :func:`volumes.node_from_volume` was told, or as its files say that are in Slicer's DICOM database.

    Any other volume's is not known: a file that Slicer reads may have been DICOM before.
    """
    if (told := node.GetAttribute(ORIGIN_ATTRIBUTE)) in list(Origin):
        return Origin(told)
    instances = (node.GetAttribute(INSTANCES_ATTRIBUTE) or "").split()
    if not instances or not hasattr(slicer, "dicomDatabase"):
        return Origin.UNKNOWN
    return _of_files(tuple(slicer.dicomDatabase.fileForInstance(instance) for instance in instances))


@lru_cache(maxsize=8)
def _of_files(paths: tuple[str, ...]) -> Origin:
    from SketchNoduleSynthLib.ct.dicom_file import read_dicom

    try:
        return Origin.of(read_dicom(Path(path), True, ["BurnedInAnnotation"]) for path in paths)
    except Exception:  # Files that are gone since; pydicom meets a broken header with errors of every kind.
        return Origin.UNKNOWN
