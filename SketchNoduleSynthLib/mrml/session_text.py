"""The text node that holds a session, and refers to all its other nodes."""

from __future__ import annotations

import slicer
import slicer.util

from SketchNoduleSynthLib.mrml.nodes import new_helper

SESSION_ATTRIBUTE = "SketchNoduleSynth.Case"
"""Marks the text node of a session; as the role of a reference, it leads to it from a curve."""
SOURCE = "Source"


def saved_session(source: slicer.vtkMRMLScalarVolumeNode) -> slicer.vtkMRMLTextNode | None:
    """The text node of the session of `source` that is in its scene, if there is one."""
    if source is None:
        return None
    for node in slicer.util.getNodesByClass("vtkMRMLTextNode", source.GetScene()):
        is_sessions = node.GetAttribute(SESSION_ATTRIBUTE) and node.GetText()
        if is_sessions and node.GetNodeReferenceID(SOURCE) == source.GetID():
            return node
    return None


def new_session_text(source: slicer.vtkMRMLScalarVolumeNode) -> slicer.vtkMRMLTextNode:
    """An empty one for the CT `source`, kept with the scene."""
    node = new_helper("vtkMRMLTextNode", f"{source.GetName()} session", source.GetScene())
    node.SetAttribute(SESSION_ATTRIBUTE, "1")
    node.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeAlways)
    node.SetNodeReferenceID(SOURCE, source.GetID())
    return node
