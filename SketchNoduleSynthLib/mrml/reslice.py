"""The sketch view: a slice view that shows the VOI's oblique reslice, and the preview on it."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util

from SketchNoduleSynthLib.cases.work import Preview
from SketchNoduleSynthLib.drawing.recipe import Voi
from SketchNoduleSynthLib.mrml import scene as drawing
from SketchNoduleSynthLib.mrml.case import SceneCase


class SketchView:
    """Turns `slice_node` onto the draft's VOI, and back to what it showed when closed."""

    def __init__(self, case: SceneCase, slice_node: slicer.vtkMRMLSliceNode) -> None:
        self.case, self.slice_node = case, slice_node
        self._voi: Voi | None = None
        self._before: tuple[np.ndarray, tuple[float, float, float]] | None = None

    def update(self) -> None:
        """Follow the draft's VOI."""
        voi = self.case.session.draft.voi
        if voi == self._voi:
            return
        if self._before is None:
            pose = slicer.util.arrayFromVTKMatrix(self.slice_node.GetSliceToRAS()).copy()
            self._before = pose, self.slice_node.GetFieldOfView()
        self._voi = voi
        if voi is None:
            self._turn_back()
        else:
            drawing.show_frame(self.slice_node, voi.frame(1))

    def show_preview(self, preview: Preview) -> None:
        """The generated plane over the reslice."""
        node = self.case.show_preview(preview)
        composite = drawing.composite_of(self.slice_node)
        if composite is not None:
            composite.SetForegroundVolumeID(node.GetID())
            composite.SetForegroundOpacity(1.0)

    def hide_preview(self) -> None:
        """The reslice of the CT alone."""
        composite = drawing.composite_of(self.slice_node)
        if composite is not None and composite.GetForegroundVolumeID():
            composite.SetForegroundVolumeID("")
            composite.SetForegroundOpacity(0.0)

    def close(self) -> None:
        """Leave the view as it was found."""
        self.hide_preview()
        self._turn_back()

    def _turn_back(self) -> None:
        if self._before is None:
            return
        pose, view = self._before
        self._before = None
        with slicer.util.NodeModify(self.slice_node):
            slicer.util.updateVTKMatrixFromArray(self.slice_node.GetSliceToRAS(), pose)
            self.slice_node.SetFieldOfView(*view)
            self.slice_node.UpdateMatrices()
