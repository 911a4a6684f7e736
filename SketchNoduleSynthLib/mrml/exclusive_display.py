"""A CT alone in the views: what else a scene shows is put aside for a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import slicer
import slicer.util

from SketchNoduleSynthLib.mrml.nodes import composite_of
from SketchNoduleSynthLib.mrml.view import View

LAYERS = ("Background", "Foreground", "Label")


class ExclusiveDisplay:
    """Shows `ct` in `views`, and of the rest of its scene nothing, in 3D neither; :meth:`end` brings it back."""

    def __init__(self, ct: slicer.vtkMRMLScalarVolumeNode, views: Sequence[View]) -> None:
        self.scene = ct.GetScene()
        self._hidden = [
            display
            for display in slicer.util.getNodesByClass("vtkMRMLDisplayNode", self.scene)
            if display is not ct.GetDisplayNode() and display.GetVisibility()
        ]
        for display in self._hidden:
            display.SetVisibility(False)
        self._before = [_Shown.of(view.slice_node) for view in views]
        for view in views:
            composite = composite_of(view.slice_node)
            for layer, volume in zip(LAYERS, (ct.GetID(), None, None), strict=True):
                getattr(composite, f"Set{layer}VolumeID")(volume)
            view.fit()

    def end(self) -> None:
        """Show again what was shown before, as far as it is still there."""
        for display in self._hidden:
            if self.scene.IsNodePresent(display):
                display.SetVisibility(True)
        for shown in self._before:
            shown.restore()


@dataclass(frozen=True)
class _Shown:
    """What a slice view showed: which volumes, and which plane of them."""

    slice_node: slicer.vtkMRMLSliceNode
    volumes: tuple[str | None, ...]
    slice_to_ras: np.ndarray
    field_of_view: tuple[float, float, float]
    xyz_origin: tuple[float, float, float]

    @classmethod
    def of(cls, node: slicer.vtkMRMLSliceNode) -> _Shown:
        composite = composite_of(node)
        volumes = tuple(getattr(composite, f"Get{layer}VolumeID")() for layer in LAYERS)
        pose = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()).copy()
        return cls(node, volumes, pose, node.GetFieldOfView(), node.GetXYZOrigin())

    def restore(self) -> None:
        scene = self.slice_node.GetScene()
        composite = composite_of(self.slice_node) if scene is not None else None
        if composite is None:
            return
        for layer, volume in zip(LAYERS, self.volumes, strict=True):
            is_there = volume and scene.GetNodeByID(volume) is not None
            getattr(composite, f"Set{layer}VolumeID")(volume if is_there else None)
        with slicer.util.NodeModify(self.slice_node):
            slicer.util.updateVTKMatrixFromArray(self.slice_node.GetSliceToRAS(), self.slice_to_ras)
            self.slice_node.SetFieldOfView(*self.field_of_view)
            self.slice_node.SetXYZOrigin(*self.xyz_origin)
            self.slice_node.UpdateMatrices()
