"""The sketch view: a slice view that shows the VOI's oblique reslice, and the preview on it."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.sketch import ACROSS
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.work import Preview
from SketchNoduleSynthLib.mrml.layer import Layer
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.mrml.view import Plane
from SketchNoduleSynthLib.synthesis.site import Reslice

EDGES_OPACITY = 0.6
ON_PLANE_MM = 1e-3


class SketchView:
    """Turns `slice_node` onto the draft's VOI, and back to what it showed when closed."""

    def __init__(self, nodes: SessionNodes, slice_node: slicer.vtkMRMLSliceNode) -> None:
        self.nodes, self.slice_node = nodes, slice_node
        self.edges_are_shown = False
        self.is_in_front = True
        """Whether the user works here; nothing lies on the CT while he is elsewhere."""
        self._preview, self._edges = Layer(slice_node, "Foreground"), Layer(slice_node, "Label")
        self.is_across = False
        """Whether it shows the plane at right angles to the sketch plane."""
        self._voi: Voi | None = None
        self._before: Plane | None = None
        self._size = slice_node.GetDimensions()
        self._tag = slice_node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_event: self._on_resized())

    def update(self) -> None:
        voi = self.nodes.session.draft.voi
        if voi == self._voi:
            return
        if self._before is None:
            self._before = Plane.of(self.slice_node)
        self._voi = voi
        if voi is None:
            self._turn_back()
        else:
            show_frame(self.slice_node, self._frame(voi))
        self._update_edges()

    def _frame(self, voi: Voi) -> Frame:
        return voi.plane(ACROSS if self.is_across else "nodule")

    def turn_to_plane(self, is_across: bool = False) -> None:
        """Back onto the plane that is drawn on, from wherever the user went; zoom and shift on it are his."""
        self.is_across = is_across
        if self._voi is None:
            return
        frame = self._frame(self._voi)
        shown = slicer.util.arrayFromVTKMatrix(self.slice_node.GetSliceToRAS())
        if not np.allclose(shown[:3, :3], slice_axes(frame), atol=1e-4):
            show_frame(self.slice_node, frame)
        elif abs(self.off_plane_mm) > ON_PLANE_MM:
            self.slice_node.JumpSliceByOffsetting(*ras_of_lps(frame.center))

    def fit(self) -> None:
        """The box fills the view again."""
        if self._voi is not None:
            show_frame(self.slice_node, self._frame(self._voi))

    @property
    def off_plane_mm(self) -> float:
        """How far the view was scrolled from the plane that is drawn on."""
        if self._voi is None:
            return 0.0
        frame = self._frame(self._voi)
        shown = slicer.util.arrayFromVTKMatrix(self.slice_node.GetSliceToRAS())[:3, 3]
        return float(ras_of_lps(frame.axes[2]) @ (shown - ras_of_lps(frame.center)))

    def show_preview(self, preview: Preview) -> None:
        self._preview.show(self.nodes.show_preview(preview), 1.0)

    def hide_preview(self) -> None:
        self._preview.hide()

    def come_to_front(self, is_in_front: bool) -> None:
        self.is_in_front = is_in_front
        self._update_edges()

    def show_edges(self, is_shown: bool) -> None:
        """The CT's edges on the sketch plane as a label layer; it follows the VOI."""
        self.edges_are_shown = is_shown
        self._update_edges()

    def _update_edges(self) -> None:
        if not self.edges_are_shown or self._voi is None or not self.is_in_front:
            self._edges.hide()
            return
        reslice = Reslice(self.nodes.session.source, self._voi)
        node = self.nodes.show_edges(Volume(reslice.edges[None].astype(np.uint8), reslice.frame.plane().grid))
        self._edges.show(node, EDGES_OPACITY)

    def close(self) -> None:
        self.slice_node.RemoveObserver(self._tag)
        self.show_edges(False)
        self.hide_preview()
        self._turn_back()

    def _on_resized(self) -> None:
        """The box fills the view whatever its size; otherwise zoom and shift, and the place, are the user's."""
        node = self.slice_node
        size = node.GetDimensions()
        if size != self._size:
            self._size = size
            if self._voi is not None and self._is_at(self._voi):
                self.fit()
        elif not np.isclose(node.GetXYToSlice().GetElement(0, 0), node.GetFieldOfView()[0] / max(size[0], 1)):
            node.UpdateMatrices()  # It does nothing while the node itself does it, as when its logic gives it a size.

    def _is_at(self, voi: Voi) -> bool:
        """Whether the middle of the view is that of its box."""
        shown = slicer.util.arrayFromVTKMatrix(self.slice_node.GetSliceToRAS())[:3, 3]
        return bool(np.allclose(shown, voi.center_ras_mm, atol=ON_PLANE_MM))

    def _turn_back(self) -> None:
        if self._before is not None:
            self._before.restore()
            self._before = None


def slice_axes(frame: Frame) -> NDArray[np.float64]:
    """The columns of a slice view's matrix that shows the sketch plane of `frame`.

    A slice view's y points up. Left-handed as Slicer's own axial view, so that scrolling up goes to the head.
    """
    u, v, w = ras_of_lps(frame.axes)
    return np.stack([u, -v, w], axis=1)


def show_frame(slice_node: slicer.vtkMRMLSliceNode, frame: Frame) -> None:
    """Show the sketch plane of `frame` in a slice view: u right, v down, the box filling the view."""
    slice_to_ras = np.eye(4)
    slice_to_ras[:3, :3], slice_to_ras[:3, 3] = slice_axes(frame), ras_of_lps(frame.center)
    width, height = np.maximum(slice_node.GetDimensions()[:2], 1).tolist()
    pixel_mm = max(frame.extent[0] / width, frame.extent[1] / height)
    with slicer.util.NodeModify(slice_node):
        slicer.util.updateVTKMatrixFromArray(slice_node.GetSliceToRAS(), slice_to_ras)
        slice_node.SetXYZOrigin(0.0, 0.0, 0.0)
        slice_node.SetFieldOfView(pixel_mm * width, pixel_mm * height, slice_node.GetFieldOfView()[2])
        slice_node.UpdateMatrices()
