"""The nodules as a segmentation, one segment each: outlines in the slice views, surfaces in the 3D view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import slicer
import slicer.util
import vtk

from SketchNoduleSynthLib.drawing.recipe import FOUND, REMOVED, SYNTHETIC
from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.rows import color_of
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.curves import FOLDER
from SketchNoduleSynthLib.mrml.nodes import node_to_world, put_in_folder, remove_node
from SketchNoduleSynthLib.mrml.opened_ct import SAME_MM

if TYPE_CHECKING:
    from SketchNoduleSynthLib.synthesis.insertion import Insertion

SEGMENT_NAMES = {SYNTHETIC: "Nodule", FOUND: "Real nodule", REMOVED: "Taken out"}
NODULES = "Nodules"
"""The role of the segmentation among the nodes of the session."""
SMOOTHING = "0.2"
"""With Slicer's 0.5, of the surface of a nodule of 6 mm in voxels of 1.5 mm a sixth of its volume is left."""


class Segments:
    """The segments of the session whose text node is `text_node`."""

    def __init__(self, text_node: slicer.vtkMRMLTextNode) -> None:
        self.text_node = text_node
        self._segments: dict[Insertion, str] = {}
        self.is_wanted = self._is_in_place = True

    @property
    def node(self) -> slicer.vtkMRMLSegmentationNode | None:
        return self.text_node.GetNodeReference(NODULES)

    def update(self, nodules: Sequence[Nodule], result: slicer.vtkMRMLScalarVolumeNode, name: str) -> None:
        """Bring the segments up to `nodules`, on the voxels of `result`; `name`: of a node that is not there yet."""
        node = self.node
        if node is not None and node.GetDisplayNode() is None:
            # Slicer's views end the process at another display node for its segments, and at a new segment without one.
            remove_node(node)
            node = None
        node = node or self._add(result, name)
        segments = node.GetSegmentation()
        self._segments = {made: id for made, id in self._segments.items() if segments.GetSegment(id) is not None}
        wanted = {nodule.insertion: nodule.key for nodule in nodules if nodule.is_shown and nodule.insertion}
        for insertion in [insertion for insertion in self._segments if insertion not in wanted]:
            segments.RemoveSegment(self._segments.pop(insertion))
        for insertion, key in wanted.items():
            if insertion not in self._segments:
                name = f"{SEGMENT_NAMES[insertion.recipe.kind]} {key}"
                segment = volumes.add_segment(node, result, name, insertion.box, insertion.nodule)
                segments.GetSegment(segment).SetColor(*color_of(key))
                self._segments[insertion] = segment
        node.CreateClosedSurfaceRepresentation()

    def show(self, is_in_place: bool) -> None:
        """Show them, where they are wanted, or not while they would be out of place."""
        self._is_in_place = is_in_place
        if self.node is not None:
            self.node.SetDisplayVisibility(is_in_place and self.is_wanted)

    def want(self, is_wanted: bool) -> None:
        self.is_wanted = is_wanted
        self.show(self._is_in_place)

    def put_beside(self, result: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Put them back under the transform of `result` if they were moved away by another one; whether they were."""
        node = self.node
        if node is None or node.GetTransformNodeID() == result.GetTransformNodeID() or self._lie_like(node, result):
            return False
        node.SetAndObserveTransformNodeID(result.GetTransformNodeID())
        return True

    def _lie_like(self, node: slicer.vtkMRMLSegmentationNode, result: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Whether they lie where the voxels of `result` do, by whichever transforms or matrices."""
        matrix, voxels = vtk.vtkMatrix4x4(), volumes.ijk_to_world(result)
        try:
            to_world = node_to_world(node)
        except InputError:  # Of a transform that is not linear.
            return False
        for segment in self._segments.values():
            node.GetBinaryLabelmapInternalRepresentation(segment).GetImageToWorldMatrix(matrix)
            if not np.allclose(to_world @ slicer.util.arrayFromVTKMatrix(matrix), voxels, atol=SAME_MM):
                return False
        return True

    def _add(self, result: slicer.vtkMRMLScalarVolumeNode, name: str) -> slicer.vtkMRMLSegmentationNode:
        node = volumes.segmentation_beside(result, name)
        rule, converter = slicer.vtkBinaryLabelmapToClosedSurfaceConversionRule, slicer.vtkSegmentationConverter
        node.GetSegmentation().SetConversionParameter(rule.GetSmoothingFactorParameterName(), SMOOTHING)
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetVisibility2DFill(False)
        # Cut by the views' planes: of each segment's voxels, each view would keep pictures of its own size.
        display.SetPreferredDisplayRepresentationName2D(converter.GetSegmentationClosedSurfaceRepresentationName())
        self.text_node.SetNodeReferenceID(NODULES, node.GetID())
        put_in_folder(FOLDER, [node], self.text_node.GetScene())
        self._segments = {}
        return node
