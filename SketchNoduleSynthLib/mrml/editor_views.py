"""What the host's views show of the CT that is edited, and where they look; the rest of them is the user's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray

from SketchNoduleSynthLib.mrml.nodes import composite_of
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.mrml.view import View, jump, render
from SketchNoduleSynthLib.mrml.volumes import show_window

NEAR_MM = 60.0
"""What a view that is near shows, across its shorter side."""
SLABS_MM = (0.0, 5.0, 10.0, 20.0)
"""How thick the slab is whose maximum is shown; 0: a slice."""


class EditorViews:
    """Of the CT of `nodes`; all views show it from now on, the first of `views` is drawn in."""

    def __init__(self, views: Sequence[View], nodes: SessionNodes) -> None:
        self.all: list[View] = []
        self.nodes = nodes
        self.is_near = False
        """Whether the views beside the sketch view zoom to what they look at; else their zoom is the user's."""
        self.slab_mm = SLABS_MM[0]
        self._slabs: dict[slicer.vtkMRMLSliceNode, tuple[bool, int, float]] = {}
        """What views had before a slab was asked for."""
        self._at: Sequence[float] | None = None
        self._volume = nodes.shown_volume
        self.add(views)

    @property
    def sketch(self) -> View:
        return self.all[0]

    def add(self, views: Iterable[View]) -> list[View]:
        """Those of `views` that are new; they show the whole CT, unless they show it already."""
        known = [view.slice_node for view in self.all]
        new = [view for view in views if view.slice_node not in known]
        for view in new:
            self.all.append(view)
            composite = composite_of(view.slice_node)
            if composite is not None and composite.GetBackgroundVolumeID() not in self._ours():
                composite.SetBackgroundVolumeID(self._volume.GetID())
                view.fit()
        return new

    def show_window(self, level_hu: float, width_hu: float) -> None:
        show_window(self._volume, level_hu, width_hu)  # All that share its window follow.
        render(self.all)

    def show(self, volume: slicer.vtkMRMLScalarVolumeNode) -> None:
        """Show `volume`, the CT or its copy, wherever one of them was shown, or one that is gone."""
        self._volume, scene = volume, self.nodes.scene
        for view in self.all:
            composite = composite_of(view.slice_node)
            if composite is None:
                continue
            shown = composite.GetBackgroundVolumeID()
            if shown != volume.GetID() and (shown in self._ours() or not shown or scene.GetNodeByID(shown) is None):
                composite.SetBackgroundVolumeID(volume.GetID())

    def show_in_sketch(self) -> None:
        """What is drawn on is under the pen, whatever the user showed there, or alone instead of it."""
        if not self.sketch.is_seen():
            self.sketch.reveal()
        composite = composite_of(self.sketch.slice_node)
        if composite is not None and composite.GetBackgroundVolumeID() != self._volume.GetID():
            composite.SetBackgroundVolumeID(self._volume.GetID())

    @property
    def crossing_ras(self) -> tuple[float, float, float]:
        """Where the slices of the last three views cross, RAS mm; of fewer, the point of them nearest to the middle."""
        x, y, z = crossing([slicer.util.arrayFromVTKMatrix(view.slice_node.GetSliceToRAS()) for view in self.all[-3:]])
        return x, y, z

    def look_at(self, point_ras_mm: Sequence[float], but_sketch: bool = True) -> None:
        """Slices through the point, in 3D the point in the middle; in the sketch view too with `but_sketch` False."""
        jump(self.all[1:], point_ras_mm)
        if not but_sketch:
            self.sketch.slice_node.JumpSliceByCentering(*point_ras_mm)
        self._at = point_ras_mm
        if self.is_near:
            self._zoom_to(point_ras_mm)
        for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode", self.nodes.scene):
            shift = np.subtract(point_ras_mm, camera.GetFocalPoint())
            with slicer.util.NodeModify(camera):
                camera.SetPosition(*(np.add(camera.GetPosition(), shift)))
                camera.SetFocalPoint(*point_ras_mm)
            camera.ResetClippingRange()

    @property
    def are_near(self) -> bool:
        """Whether they are zoomed to something now."""
        return self.is_near and self._at is not None

    def show_near(self, is_near: bool) -> None:
        """Zoom all but the sketch view to what was last looked at, or back to all of the CT.

        Before there is anything to look at, all views show all of it.
        """
        self.is_near = is_near
        if is_near and self._at is not None:
            self._zoom_to(self._at)
        else:
            is_placed = self.nodes.session.draft.voi is not None
            for view in self.all[is_placed:]:
                offset_mm = view.slice_node.GetSliceOffset()
                view.fit()
                view.slice_node.SetSliceOffset(offset_mm)

    def _zoom_to(self, point_ras_mm: Sequence[float]) -> None:
        for node in [view.slice_node for view in self.all[1:]]:
            width, height = np.maximum(node.GetDimensions()[:2], 1).tolist()
            pixel_mm = NEAR_MM / min(width, height)
            node.SetFieldOfView(pixel_mm * width, pixel_mm * height, node.GetFieldOfView()[2])
            node.JumpSliceByCentering(*point_ras_mm)

    def show_next_slab(self) -> None:
        """The next of SLABS_MM, as maximum intensity projection, in all views but the one that is drawn in."""
        self.slab_mm = SLABS_MM[(SLABS_MM.index(self.slab_mm) + 1) % len(SLABS_MM)]
        for node in [view.slice_node for view in self.all[1:]]:
            was = node.GetSlabReconstructionEnabled(), node.GetSlabReconstructionType()
            self._slabs.setdefault(node, (*was, node.GetSlabReconstructionThickness()))
            _show_slab(node, self.slab_mm > 0, vtk.VTK_IMAGE_SLAB_MAX, self.slab_mm)

    def close(self) -> None:
        """Slabs are the user's again."""
        for node, slab in self._slabs.items():
            _show_slab(node, *slab)

    def follow(self, point_ras_mm: Sequence[float]) -> None:
        """Slices through a point that the user drags, without a shift under his hand."""
        for view in self.all[1:]:
            view.slice_node.JumpSliceByOffsetting(*point_ras_mm)

    def _ours(self) -> set[str]:
        return {node.GetID() for node in (self.nodes.source, self.nodes.result) if node is not None}


def _show_slab(node: slicer.vtkMRMLSliceNode, is_shown: bool, kind: int, thickness_mm: float) -> None:
    node.SetSlabReconstructionType(kind)
    node.SetSlabReconstructionThickness(thickness_mm)
    node.SetSlabReconstructionEnabled(is_shown)


def crossing(planes_to_ras: Sequence[NDArray[np.float64]]) -> list[float]:
    """The point that planes, each given as a slice's matrix to RAS, have in common, nearest to the middle of the first.

    Where they have none, the point that is nearest to them all.
    """
    middle = planes_to_ras[0][:3, 3]
    normals = np.array([plane[:3, 2] for plane in planes_to_ras])
    away = [normal @ (plane[:3, 3] - middle) for normal, plane in zip(normals, planes_to_ras, strict=True)]
    return (middle + np.linalg.lstsq(normals, np.array(away), rcond=None)[0]).tolist()
