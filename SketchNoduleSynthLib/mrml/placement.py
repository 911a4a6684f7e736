"""What is made in a CT lies where the CT lies: apart, it would show nodules elsewhere than they are."""

from __future__ import annotations

import slicer
import vtk

from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.opened_ct import OpenedCt
from SketchNoduleSynthLib.mrml.segments import Segments
from SketchNoduleSynthLib.signals import Signal


class Placement:
    """Of the CT with the nodules, and of their `segments`, in the CT that was `opened`.

    `moved`: one of those that are watched may lie elsewhere.
    """

    def __init__(self, opened: OpenedCt, segments: Segments) -> None:
        self._opened, self._segments = opened, segments
        self.moved: Signal[[]] = Signal()
        self._observed: list[tuple[slicer.vtkMRMLNode, int]] = []

    def watch(self, result: slicer.vtkMRMLScalarVolumeNode) -> None:
        self.close()
        for node in filter(None, (result, self._segments.node)):
            for event in (vtk.vtkCommand.ModifiedEvent, node.TransformModifiedEvent):
                self._observed.append((node, node.AddObserver(event, lambda *_event: self.moved.emit())))

    def restore(self, result: slicer.vtkMRMLScalarVolumeNode) -> list[slicer.vtkMRMLNode]:
        """Put both back where the CT lies, if that lies where it was opened; those that had been moved.

        Not within the event of the one who moved it, as Slicer's transforms do not bear that.
        """
        if not self._opened.is_place_of(self._opened.source):
            return []
        moved: list[slicer.vtkMRMLNode] = []
        if not self._opened.is_place_of(result):
            volumes.lay_like(result, self._opened.source)
            moved.append(result)
        if self._segments.put_beside(result):
            moved.append(self._segments.node)
        return moved

    def close(self) -> None:
        """Watch no longer."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []
