"""What Slicer's plugins do to the subject hierarchy, without Qt: qSlicerSubjectHierarchyPluginLogic, in short."""

from __future__ import annotations

from typing import Any

import slicer
import vtk
from vtkmodules.util.misc import calldata_type


def install(scene: Any) -> None:
    """The item of a node goes before it."""

    @calldata_type(vtk.VTK_OBJECT)
    def goes(_scene: Any, _event: str, node: Any) -> None:
        if not scene.IsClosing() and not node.IsA("vtkMRMLSubjectHierarchyNode"):
            hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
            item = hierarchy.GetItemByDataNode(node)
            if item:
                hierarchy.RemoveItem(item, False, False)

    scene.AddObserver(scene.NodeAboutToBeRemovedEvent, goes)
