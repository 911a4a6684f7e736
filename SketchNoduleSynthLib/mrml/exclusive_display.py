"""A CT or a picture alone in the views: what else a scene shows is put aside for a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import slicer
import slicer.util

from SketchNoduleSynthLib.mrml.nodes import composite_of, remove_node
from SketchNoduleSynthLib.mrml.view import Plane, View

LAYERS = ("Background", "Foreground", "Label")


class ExclusiveDisplay:
    """Shows the volume `node` in `views`, and of the rest of its scene nothing, in 3D neither; :meth:`end` undoes it.

    The node, a helper, is there for that time only: no scene is saved with it.
    """

    def __init__(self, node: slicer.vtkMRMLScalarVolumeNode, views: Sequence[View]) -> None:
        self.node, self.scene = node, node.GetScene()
        node.SetSaveWithScene(False)
        node.GetDisplayNode().SetSaveWithScene(False)
        self._hidden = [
            display
            for display in slicer.util.getNodesByClass("vtkMRMLDisplayNode", self.scene)
            if display is not node.GetDisplayNode() and display.GetVisibility()
        ]
        for display in self._hidden:
            display.SetVisibility(False)
        self._before: list[_Shown] = []
        self.add(views)

    def add(self, views: Sequence[View]) -> None:
        """Show it in these views too, one slice on the axes of the body, whatever was shown in them before."""
        for view in views:
            self._before.append(_Shown.of(view.slice_node))
            composite = composite_of(view.slice_node)
            for layer, volume in zip(LAYERS, (self.node.GetID(), None, None), strict=True):
                getattr(composite, f"Set{layer}VolumeID")(volume)
            if view.slice_node.GetDefaultOrientation():
                view.slice_node.SetOrientationToDefault()
            view.slice_node.SetSlabReconstructionEnabled(False)
            view.fit()

    def end(self) -> None:
        """Show again what was shown before, as far as it is still there; the node goes."""
        for display in self._hidden:
            if self.scene.IsNodePresent(display):
                display.SetVisibility(True)
        for shown in self._before:
            shown.restore()
        remove_node(self.node)


@dataclass(frozen=True)
class _Shown:
    volumes: tuple[str | None, ...]
    plane: Plane
    is_slab: bool

    @classmethod
    def of(cls, node: slicer.vtkMRMLSliceNode) -> _Shown:
        composite = composite_of(node)
        volumes = tuple(getattr(composite, f"Get{layer}VolumeID")() for layer in LAYERS)
        return cls(volumes, Plane.of(node), node.GetSlabReconstructionEnabled())

    def restore(self) -> None:
        node = self.plane.slice_node
        scene = node.GetScene()
        composite = composite_of(node) if scene is not None else None
        if composite is None:
            return
        for layer, volume in zip(LAYERS, self.volumes, strict=True):
            is_there = volume and scene.GetNodeByID(volume) is not None
            getattr(composite, f"Set{layer}VolumeID")(volume if is_there else None)
        self.plane.restore()
        node.SetSlabReconstructionEnabled(self.is_slab)
