"""The sketch view: a slice view that shows the VOI's oblique reslice, and the preview on it."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
import vtk

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Voi
from SketchNoduleSynthLib.editing.work import Preview
from SketchNoduleSynthLib.mrml import scene as drawing
from SketchNoduleSynthLib.mrml.case import SceneCase
from SketchNoduleSynthLib.synthesis.site import Reslice

EDGES_OPACITY = 0.6


class SketchView:
    """Turns `slice_node` onto the draft's VOI, and back to what it showed when closed."""

    def __init__(self, case: SceneCase, slice_node: slicer.vtkMRMLSliceNode) -> None:
        self.case, self.slice_node = case, slice_node
        self.edges_are_shown = False
        self._voi: Voi | None = None
        self._before: tuple[np.ndarray, tuple[float, float, float]] | None = None
        self._size = slice_node.GetDimensions()
        self._tag = slice_node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_event: self._on_resized())

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
        self._update_edges()

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

    def show_edges(self, is_shown: bool) -> None:
        """The CT's edges on the sketch plane as a label layer; it follows the VOI."""
        self.edges_are_shown = is_shown
        self._update_edges()

    def _update_edges(self) -> None:
        composite = drawing.composite_of(self.slice_node)
        if composite is None:
            return
        if not self.edges_are_shown or self._voi is None:
            composite.SetLabelVolumeID("")
            return
        reslice = Reslice(self.case.session.source, self._voi)
        node = self.case.show_edges(Volume(reslice.edges[None].astype(np.uint8), reslice.frame.plane().grid))
        composite.SetLabelVolumeID(node.GetID())
        composite.SetLabelOpacity(EDGES_OPACITY)

    def close(self) -> None:
        """Leave the view as it was found."""
        self.slice_node.RemoveObserver(self._tag)
        self.show_edges(False)
        self.hide_preview()
        self._turn_back()

    def _on_resized(self) -> None:
        """The box fills the view whatever its size; otherwise zoom and shift are the user's."""
        size = self.slice_node.GetDimensions()
        if size != self._size:
            self._size = size
            if self._voi is not None:
                drawing.show_frame(self.slice_node, self._voi.frame(1))

    def _turn_back(self) -> None:
        if self._before is None:
            return
        pose, view = self._before
        self._before = None
        with slicer.util.NodeModify(self.slice_node):
            slicer.util.updateVTKMatrixFromArray(self.slice_node.GetSliceToRAS(), pose)
            self.slice_node.SetFieldOfView(*view)
            self.slice_node.UpdateMatrices()
