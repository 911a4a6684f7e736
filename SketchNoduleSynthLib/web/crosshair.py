"""The crosshair that is drawn in all slice views at once, and what the CT has under the pointer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer
import slicer.util
import vtk

from SketchNoduleSynthLib.mrml.nodes import composite_of
from SketchNoduleSynthLib.mrml.volumes import ijk_to_world
from SketchNoduleSynthLib.signals import Signal


class Crosshair:
    """Slicer's own crosshair node of `scene`.

    `moved`: a point in RAS mm. `probed`: the name of a view and the HU under the pointer; None outside of the CT.
    """

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self.moved: Signal[Sequence[float]] = Signal()
        self.probed: Signal[str, int | None] = Signal()
        self._node = slicer.util.getNodesByClass("vtkMRMLCrosshairNode", scene)[0]
        self._node.SetCrosshairBehavior(self._node.NoAction)  # Slicer's own would turn the sketch plane away.
        self._node.SetCrosshairColor(0.95, 0.8, 0.3)
        self._at: Sequence[float] = self._node.GetCrosshairRAS()
        self._node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_modified)
        self._node.AddObserver(self._node.CursorPositionModifiedEvent, self._on_cursor)

    def show(self, is_shown: bool) -> None:
        self._node.SetCrosshairMode(self._node.ShowBasic if is_shown else self._node.NoCrosshair)

    def put(self, at_ras_mm: Sequence[float]) -> None:
        self._node.SetCrosshairRAS(*at_ras_mm)

    def _on_modified(self, *_event: object) -> None:
        """It is put somewhere by the page or, with the mouse moved while Shift is down, by Slicer."""
        at = tuple(self._node.GetCrosshairRAS())
        if at != self._at:
            self._at = at
            self.show(True)
            self.moved.emit(at)

    def _on_cursor(self, *_event: object) -> None:
        at = [0.0, 0.0, 0.0]
        if self._node.GetCursorPositionRAS(at):
            slice_node = self._node.GetCursorPositionXYZ([0.0, 0.0, 0.0])
            if slice_node is not None:
                self.probed.emit(slice_node.GetLayoutName(), hu_at(slice_node, at))


def hu_at(slice_node: slicer.vtkMRMLSliceNode, at_ras_mm: Sequence[float]) -> int | None:
    """The HU that a slice view shows at a point: of its uppermost layer there."""
    composite = composite_of(slice_node)
    if composite is None:
        return None
    for id in (composite.GetForegroundVolumeID(), composite.GetBackgroundVolumeID()):
        volume = slice_node.GetScene().GetNodeByID(id or "")
        if volume is None or volume.GetImageData() is None:
            continue
        ijk = np.rint(np.linalg.inv(ijk_to_world(volume)) @ (*at_ras_mm, 1.0))[:3].astype(int)
        image: vtk.vtkImageData = volume.GetImageData()
        if (ijk >= 0).all() and (ijk < image.GetDimensions()).all():
            return round(image.GetScalarComponentAsDouble(*ijk.tolist(), 0))
    return None
