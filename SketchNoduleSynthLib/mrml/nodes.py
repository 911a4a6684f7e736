"""What every node needs: a place in the world and in the subject hierarchy, an end, and the views' volumes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray

from SketchNoduleSynthLib.errors import InputError

OURS = "SketchNoduleSynth.Display"
"""An attribute of what displays our nodes."""


def composite_of(slice_node: slicer.vtkMRMLSliceNode) -> slicer.vtkMRMLSliceCompositeNode | None:
    """The node that says which volumes a slice view shows."""
    for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode", slice_node.GetScene()):
        if node.GetLayoutName() == slice_node.GetLayoutName():
            return node
    return None


def node_to_world(node: slicer.vtkMRMLTransformableNode) -> NDArray[np.float64]:
    """The 4 x 4 matrix from the node's own RAS to world RAS; raises :class:`InputError` if it is not linear."""
    parent = node.GetParentTransformNode()
    matrix = vtk.vtkMatrix4x4()
    if parent is not None:
        if not parent.IsTransformToWorldLinear():
            what = "harden or remove it first"
            if node.IsA("vtkMRMLVolumeNode"):  # Slicer's acquisition transform: without it a tilted CT lies wrong.
                what = "harden it first, in the Data module, since it may be what straightens a tilted CT"
            raise InputError(f"{node.GetName()} lies under a transform that is not linear; {what}.")
        parent.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def put_in_folder(name: str, nodes: Iterable[slicer.vtkMRMLDisplayableNode], scene: slicer.vtkMRMLScene) -> int:
    """Put `nodes` in the top folder `name` of the subject hierarchy, made if need be; return the folder's item."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    top = hierarchy.GetSceneItemID()
    folder = hierarchy.GetItemChildWithName(top, name)
    if not folder or hierarchy.GetItemDataNode(folder) is not None:
        folder = hierarchy.CreateFolderItem(top, name)
    for node in nodes:
        hierarchy.CreateItem(folder, node)
        for number in range(node.GetNumberOfDisplayNodes()):
            node.GetNthDisplayNode(number).SetAttribute(OURS, "1")
    return folder


def remove_orphans(scene: slicer.vtkMRMLScene) -> None:
    """Display nodes of ours whose nodes someone deleted: MRML keeps them."""
    for display in slicer.util.getNodesByClass("vtkMRMLDisplayNode", scene):
        if display.GetAttribute(OURS) and display.GetDisplayableNode() is None:
            scene.RemoveNode(display)


def new_helper(kind: str, name: str, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLNode:
    """A new node of the class `kind` that no selector offers: it is hidden before it is in the scene.

    Selectors keep, and may choose, what they once listed.
    """
    node = scene.CreateNodeByClass(kind)
    node.UnRegister(None)
    node.SetName(scene.GetUniqueNameByString(name))
    node.SetHideFromEditors(True)
    return scene.AddNode(node)


def remove_node(node: slicer.vtkMRMLNode) -> None:
    """Take `node`, with what displays and stores it, out of its scene and of the subject hierarchy, which else keep it.

    The node goes first: the subject hierarchy's plugins miss a display node that goes before.
    """
    scene = node.GetScene()
    if scene is None:
        return
    own = []
    if isinstance(node, slicer.vtkMRMLDisplayableNode):
        own += [node.GetNthDisplayNode(number) for number in range(node.GetNumberOfDisplayNodes())]
    if isinstance(node, slicer.vtkMRMLStorableNode):
        own += [node.GetNthStorageNode(number) for number in range(node.GetNumberOfStorageNodes())]
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = hierarchy.GetItemByDataNode(node)
    scene.RemoveNode(node)
    if item and hierarchy.GetItemByDataNode(node) == item:  # Desktop Slicer has done so already.
        hierarchy.RemoveItem(item, False)
    for one in own:
        if one is not None and scene.IsNodePresent(one):
            scene.RemoveNode(one)
