"""What the CT in a node was read from."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import slicer

from SketchNoduleSynthLib.ct.origin import BURNED_IN, SYNTHETIC, UNKNOWN, Origin
from SketchNoduleSynthLib.ct.synthetic_mark import says_synthetic

ORIGIN_ATTRIBUTE = "SketchNoduleSynth.Origin"
INSTANCES_ATTRIBUTE = "DICOM.instanceUIDs"
"""Of nodes that Slicer's DICOM module loaded; a space between two."""


def tell_origin(node: slicer.vtkMRMLScalarVolumeNode, origin: Origin) -> None:
    """Keep it in the node, whose voxels come from no file that Slicer knows."""
    if origin != UNKNOWN:
        node.SetAttribute(ORIGIN_ATTRIBUTE, json.dumps(asdict(origin)))


def origin_of(node: slicer.vtkMRMLScalarVolumeNode) -> Origin:
    """As :func:`tell_origin` was told, or as its files say that are in Slicer's DICOM database.

    The format of any other volume is not known: a file that Slicer reads may have been DICOM before.
    """
    if told := node.GetAttribute(ORIGIN_ATTRIBUTE):
        return Origin(**json.loads(told))
    instances = (node.GetAttribute(INSTANCES_ATTRIBUTE) or "").split()
    if instances and hasattr(slicer, "dicomDatabase"):
        return _of_slices(tuple(slicer.dicomDatabase.fileForInstance(instance) for instance in instances))
    storage = node.GetStorageNode()
    return _of_file(Path((storage and storage.GetFileName()) or ""))


@lru_cache(maxsize=8)
def _of_slices(paths: tuple[str, ...]) -> Origin:
    from SketchNoduleSynthLib.ct.dicom_file import read_dicom

    try:
        return Origin.of(read_dicom(Path(path), True, [BURNED_IN, SYNTHETIC]) for path in paths)
    except Exception:  # Files that are gone since; pydicom meets a broken header with errors of every kind.
        return UNKNOWN


@lru_cache(maxsize=8)
def _of_file(path: Path) -> Origin:
    return Origin(is_synthetic=path.is_file() and says_synthetic(path))
