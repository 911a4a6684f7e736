"""The widgets of Slicer that know the scene; the names and properties are Slicer's."""

from __future__ import annotations

from typing import Any

import vtk
from PySide6.QtCore import Property, QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget
from vtkmodules.util.misc import calldata_type


class qMRMLWidget(QWidget):
    """The root of a panel: hands the scene on."""

    mrmlSceneChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._scene: Any = None

    def mrmlScene(self) -> Any:
        """The scene."""
        return self._scene

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene, here and wherever the signal is connected to."""
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


def _setting(kind: Any, name: str) -> Any:
    """A property that changes what a combo box lists."""

    def put(self: Any, value: Any) -> None:
        setattr(self, name, value)
        self._list()

    return Property(kind, lambda self: getattr(self, name), put)


class qMRMLNodeComboBox(qMRMLWidget):
    """Chooses one of the scene's nodes of some types."""

    currentNodeChanged = Signal((object,), (bool,))
    currentNodeIDChanged = Signal(str)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._types: list[str] = []
        self._none, self._add, self._remove = False, True, True
        self._scene_tags: list[int] = []
        self._node_tags: list[tuple[Any, int]] = []
        self._entries: list[tuple[str | None, str]] = []  # node IDs and names, as listed
        self._current: str | None = None
        self._box = QComboBox(self)
        self._box.activated.connect(lambda index: self._choose(self._entries[index][0]))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)

    nodeTypes = _setting("QStringList", "_types")
    noneEnabled, addEnabled, removeEnabled = (_setting(bool, name) for name in ("_none", "_add", "_remove"))

    @Slot(object)
    def setMRMLScene(self, scene: Any) -> None:
        """List the nodes of this scene, as they come and go."""
        self.let_go()
        super().setMRMLScene(scene)
        events = ("NodeAddedEvent", "NodeRemovedEvent", "EndBatchProcessEvent", "EndCloseEvent") if scene else ()
        self._scene_tags = [scene.AddObserver(getattr(scene, event), lambda *_: self._list()) for event in events]
        if scene is not None:
            self._scene_tags.append(scene.AddObserver(scene.NodeAboutToBeRemovedEvent, self._goes))
        self._list()

    def let_go(self) -> None:
        """Observe nothing any more."""
        for tag in self._scene_tags:
            self.mrmlScene().RemoveObserver(tag)
        self._scene_tags = []
        self._follow([])

    def currentNode(self) -> Any:
        """The chosen node."""
        return self._node(self._current)

    @Slot(object)
    def setCurrentNode(self, node: Any) -> None:
        """Choose a node, or its ID, or none."""
        self.setCurrentNodeID(node if isinstance(node, str) or node is None else node.GetID())

    def setCurrentNodeID(self, node_id: str | None) -> None:
        """Choose a node by its ID; one that is not listed chooses none."""
        self._choose(node_id if node_id in self._node_ids() else None)

    currentNodeID = Property(str, lambda self: self._current or "", setCurrentNodeID, notify=currentNodeIDChanged)

    def _node(self, node_id: str | None) -> Any:
        return self.mrmlScene().GetNodeByID(node_id) if self.mrmlScene() and node_id else None

    def _node_ids(self) -> list[str]:
        return [node_id for node_id, _ in self._entries if node_id]

    def _of_type(self, node: Any) -> bool:
        return any(map(node.IsA, self._types))

    def _list(self) -> None:
        """List the scene's nodes anew; what is chosen stays chosen while it can be."""
        scene = self.mrmlScene()
        if scene is not None and scene.IsBatchProcessing():
            return
        nodes = [scene.GetNthNode(i) for i in range(scene.GetNumberOfNodes())] if scene else []
        nodes = [node for node in nodes if self._of_type(node)]
        self._follow(nodes)
        entries = [(node.GetID(), node.GetName() or "") for node in nodes if not node.GetHideFromEditors()]
        before, first = self._node_ids(), entries[0][0] if entries and not self._none else None
        self._entries = ([(None, "None")] if self._none else []) + entries
        chosen = self._current
        if chosen not in self._node_ids() and (chosen or not before):
            chosen = first
        self._choose(chosen)

    def _choose(self, node_id: str | None) -> None:
        """Show the list with this node chosen, and tell if it is another."""
        texts, ids = [name for _, name in self._entries], [one for one, _ in self._entries]
        with QSignalBlocker(self._box):
            self._box.clear()
            self._box.addItems(texts)
            self._box.setCurrentIndex(ids.index(node_id) if node_id in ids else -1)
        if node_id != self._current:
            self._current = node_id
            self.currentNodeChanged[object].emit(self.currentNode())
            self.currentNodeChanged[bool].emit(node_id is not None)
            self.currentNodeIDChanged.emit(node_id or "")

    @calldata_type(vtk.VTK_OBJECT)
    def _goes(self, _scene: Any, _event: str, node: Any) -> None:
        """While the chosen node is still in the scene, the next one takes its place, or the last, as in Qt's boxes."""
        if node.GetID() == self._current and not self.mrmlScene().IsClosing():
            at = self._entries.index((node.GetID(), node.GetName() or ""))
            left = self._entries[:at] + self._entries[at + 1 :]
            self._choose(left[min(at, len(left) - 1)][0] if left else None)

    def _follow(self, nodes: list[Any]) -> None:
        """Observe these nodes, and no others: their names and attributes decide what is listed."""
        kept = [(node, tag) for node, tag in self._node_tags if any(node is one for one in nodes)]
        for node, tag in self._node_tags:
            if (node, tag) not in kept:
                node.RemoveObserver(tag)
        new = [node for node in nodes if not any(node is one for one, _ in kept)]
        self._node_tags = kept + [(node, node.AddObserver("ModifiedEvent", self._node_modified)) for node in new]

    def _node_modified(self, node: Any, _event: str) -> None:
        """List anew only where it changes something: voxels change a volume all the time."""
        if ((node.GetID(), node.GetName() or "") in self._entries) == bool(node.GetHideFromEditors()):
            self._list()
