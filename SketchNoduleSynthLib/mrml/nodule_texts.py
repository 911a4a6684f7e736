"""The made nodules with their voxels as text nodes, one each, so that only those that changed are written."""

from __future__ import annotations

from collections.abc import Sequence

import slicer

from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.session_file import nodule_to_json
from SketchNoduleSynthLib.mrml.nodes import new_helper, remove_node
from SketchNoduleSynthLib.synthesis.insertion import Insertion

NODULE_TEXTS = "NoduleTexts"
"""The role of the nodes among those that the session's text node refers to."""
KEY_ATTRIBUTE = "SketchNoduleSynth.Nodule"


class NoduleTexts:
    """Of the session whose text node is `text_node`."""

    def __init__(self, text_node: slicer.vtkMRMLTextNode) -> None:
        self.text_node = text_node
        self._written: dict[int, Insertion | None] = {}

    def read(self) -> list[str]:
        return [node.GetText() for node in self._nodes().values()]

    def update(self, nodules: Sequence[Nodule]) -> None:
        nodes = self._nodes()
        keys = [nodule.key for nodule in nodules]
        for key in nodes.keys() - keys:
            remove_node(nodes.pop(key))
        self._written = {key: insertion for key, insertion in self._written.items() if key in nodes}
        for nodule in nodules:
            is_written = nodule.key in nodes and nodule.key in self._written
            if not is_written or self._written[nodule.key] is not nodule.insertion:
                node = nodes.get(nodule.key) or self._add(nodule.key)
                node.SetText(nodule_to_json(nodule))
                nodes[nodule.key], self._written[nodule.key] = node, nodule.insertion
        self.text_node.RemoveNodeReferenceIDs(NODULE_TEXTS)
        for key in keys:
            self.text_node.AddNodeReferenceID(NODULE_TEXTS, nodes[key].GetID())

    def _nodes(self) -> dict[int, slicer.vtkMRMLTextNode]:
        count = self.text_node.GetNumberOfNodeReferences(NODULE_TEXTS)
        nodes = (self.text_node.GetNthNodeReference(NODULE_TEXTS, index) for index in range(count))
        return {int(node.GetAttribute(KEY_ATTRIBUTE)): node for node in nodes if node is not None}

    def _add(self, key: int) -> slicer.vtkMRMLTextNode:
        scene = self.text_node.GetScene()
        node = new_helper("vtkMRMLTextNode", f"{self.text_node.GetName()} nodule {key}", scene)
        node.SetAttribute(KEY_ATTRIBUTE, str(key))
        node.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeAlways)
        return node
