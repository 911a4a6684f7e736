"""How our nodes come into a scene that others look at, and go."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from phantom import chest
from test_changed_ct import console, draw  # noqa: F401

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["slicer_host"]
nodes = importlib.import_module("SketchNoduleSynthLib.mrml.nodes")
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")


@pytest.fixture
def seen(scene: Any) -> Any:
    """What the host is told in order: class and name of nodes that came (+; "!": selectors offer it) and went (-)."""
    import vtk
    from vtkmodules.util.misc import calldata_type

    log: list[str] = []

    @calldata_type(vtk.VTK_OBJECT)
    def came(_scene: Any, _event: str, node: Any) -> None:
        log.append(f"+{node.GetClassName()} {node.GetName()}{'' if node.GetHideFromEditors() else '!'}")

    @calldata_type(vtk.VTK_OBJECT)
    def went(_scene: Any, _event: str, node: Any) -> None:
        log.append(f"-{node.GetClassName()} {node.GetName()}")

    tags = [scene.AddObserver(scene.NodeAddedEvent, came), scene.AddObserver(scene.NodeRemovedEvent, went)]
    yield log
    for tag in tags:
        scene.RemoveObserver(tag)


def test_helpers_are_hidden_before_they_come(console: Any, seen: list[str]) -> None:  # noqa: F811
    draw(console)
    console.nodes.show_preview(console.session.preview()())
    for helper in ("Sketch plane", "Long diameter"):
        assert any(helper in line for line in seen)
        assert not any(helper in line and line.endswith("!") for line in seen)
    assert any(line.endswith("VOI!") for line in seen), "the box is the user's to drag"


def test_nodes_go_before_what_displays_and_stores_them(console: Any, seen: list[str]) -> None:  # noqa: F811
    draw(console)
    console.nodes.roi.AddDefaultStorageNode()
    seen.clear()
    while console.session.undoable:
        console.undo()
    went = [line.split()[0] for line in seen if line.startswith("-")]
    for kind in ("ClosedCurve", "Fiducial", "ROI"):
        at = went.index(f"-vtkMRMLMarkups{kind}Node")
        assert "Display" in went[at + 1], went
    assert "Storage" in went[went.index("-vtkMRMLMarkupsROINode") + 2]


def test_nothing_of_a_removed_node_is_left(scene: Any) -> None:
    before = scene.GetNumberOfNodes()
    node = volumes.node_from_volume(chest(), "CT", scene)
    node.AddDefaultStorageNode()
    nodes.put_in_folder("folder", [node], scene)
    nodes.remove_node(node)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    assert not hierarchy.GetItemByDataNode(node)
    assert scene.GetNumberOfNodes() - before <= 1, "the subject hierarchy's own node"
