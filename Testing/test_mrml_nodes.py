"""How our nodes come into a scene that others look at, and go."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from console_fixtures import draw
from phantom import chest

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["console_fixtures"]
nodes = importlib.import_module("SketchNoduleSynthLib.mrml.nodes")
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")


@pytest.fixture
def seen(scene: Any) -> Any:
    """What the host is told in order: the classes of nodes that went."""
    import vtk
    from vtkmodules.util.misc import calldata_type

    log: list[str] = []

    @calldata_type(vtk.VTK_OBJECT)
    def went(_scene: Any, _event: str, node: Any) -> None:
        log.append(node.GetClassName())

    tag = scene.AddObserver(scene.NodeRemovedEvent, went)
    yield log
    scene.RemoveObserver(tag)


def test_nodes_go_before_what_displays_and_stores_them(console: Any, seen: list[str]) -> None:
    draw(console)
    console.nodes.roi.AddDefaultStorageNode()
    seen.clear()
    while console.session.undoable:
        console.undo()
    for kind in ("ClosedCurve", "Fiducial", "ROI"):
        at = seen.index(f"vtkMRMLMarkups{kind}Node")
        assert "Display" in seen[at + 1], seen
    assert "Storage" in seen[seen.index("vtkMRMLMarkupsROINode") + 2]


def test_nothing_of_a_removed_node_is_left(scene: Any) -> None:
    before = scene.GetNumberOfNodes()
    node = volumes.node_from_volume(chest(), "CT", scene)
    node.AddDefaultStorageNode()
    nodes.put_in_folder("folder", [node], scene)
    nodes.remove_node(node)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    assert not hierarchy.GetItemByDataNode(node)
    assert scene.GetNumberOfNodes() - before <= 1, "the subject hierarchy's own node"
