"""A CT that is moved or changed after it was chosen: what was drawn goes with it, or it is said what must be undone."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from console_fixtures import draw, transformed
from phantom import LUNG_RAS_MM
from refusal import refused

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["console_fixtures"]
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")


def move_by_transform(node: Any) -> None:
    transformed(node, 12.0, 10.0)


def recentre(node: Any) -> None:
    node.SetOrigin(*(np.array(node.GetOrigin()) + 20.6))


def respace(node: Any) -> None:
    node.SetSpacing(*(1.1 * np.array(node.GetSpacing())))


MOVES = (move_by_transform, recentre, respace)


def middle_of_changes_ras(console: Any) -> np.ndarray:
    """Of the voxels that differ between the CT and its copy with nodules, where the copy lies in the world."""
    source, result = console.nodes.source, console.nodes.result
    changed = slicer.util.arrayFromVolume(source) != slicer.util.arrayFromVolume(result)
    index = np.argwhere(changed).mean(0)[::-1]
    return (volumes.ijk_to_world(result) @ (*index, 1.0))[:3]


@pytest.mark.parametrize("move", MOVES)
def test_a_drawing_goes_with_its_ct(console: Any, move: Any) -> None:
    draw(console)
    node = console.nodes.source
    index = np.linalg.inv(volumes.ijk_to_world(node)) @ (*LUNG_RAS_MM, 1.0)
    move(node)
    there = (volumes.ijk_to_world(node) @ index)[:3]
    assert np.allclose(console.session.draft.voi.center_ras_mm, there, atol=1e-5)
    assert len(console.session.draft.strokes) == 1
    assert "check it" in console.nodes.notice
    console.insert()
    assert np.linalg.norm(middle_of_changes_ras(console) - there) < 3.0


@pytest.mark.parametrize("move", MOVES)
def test_nodules_keep_the_ct_where_it_was(console: Any, move: Any) -> None:
    draw(console)
    console.insert()
    nodes = console.nodes
    node, before = (
        nodes.source,
        nodes.source.GetOrigin(),
    )
    spacing = node.GetSpacing()
    move(node)
    with refused("CT was moved or got another geometry after nodules"):
        console.insert()
    node.SetAndObserveTransformNodeID(None)
    node.SetOrigin(*before)
    node.SetSpacing(*spacing)
    assert console.nodes is nodes and len(console.session.nodules) == 1, "as if nothing had been"


def put_and_harden(node: Any) -> None:
    move_by_transform(node)
    node.HardenTransform()


def warp(node: Any) -> None:
    grid = node.GetScene().AddNewNodeByClass("vtkMRMLGridTransformNode", "warp")
    node.SetAndObserveTransformNodeID(grid.GetID())


@pytest.mark.parametrize("move", [*MOVES, put_and_harden, warp])
@pytest.mark.parametrize("is_moved_before", [False, True])
def test_the_copy_with_nodules_stays_where_its_ct_is(console: Any, move: Any, is_moved_before: bool) -> None:
    """Moved apart, it would show nodules elsewhere than they are put."""
    if is_moved_before:
        transformed(console.nodes.source, 5.0)
    draw(console)
    console.insert()
    nodes, told = console.nodes, []
    nodes.refused.connect(told.append)
    there, voxels = middle_of_changes_ras(console), slicer.util.arrayFromVolume(nodes.result).copy()
    move(nodes.result)
    assert console.nodes is nodes
    assert np.allclose(volumes.ijk_to_world(nodes.result), volumes.ijk_to_world(nodes.source))
    assert told == ["CT synthetic lies where CT lies, again: to move it, move a copy of it."]
    assert np.array_equal(slicer.util.arrayFromVolume(nodes.result), voxels)
    console.choose(seed=4)
    console.insert()
    assert np.linalg.norm(middle_of_changes_ras(console) - there) < 3.0 and len(told) == 1


def test_hardening_moves_nothing(console: Any) -> None:
    move_by_transform(console.nodes.source)
    draw(console)
    console.insert()
    nodes = console.nodes
    nodes.source.HardenTransform()
    assert console.nodes is nodes and nodes.source.GetParentTransformNode() is None


@pytest.mark.parametrize("in_place", [True, False])
def test_another_frame_of_a_sequence(console: Any, in_place: bool) -> None:
    import vtk

    draw(console)
    node, first = console.nodes.source, console.nodes
    slicer.util.arrayFromVolumeModified(node)
    assert console.nodes is first, "no voxel is another one"
    if in_place:
        slicer.util.arrayFromVolume(node)[:] += 7
        slicer.util.arrayFromVolumeModified(node)
    else:
        frame = vtk.vtkImageData()
        frame.DeepCopy(node.GetImageData())
        node.SetAndObserveImageData(frame)
        assert console.nodes is first, "the same voxels"
        slicer.util.arrayFromVolume(node)[:] += 7
        slicer.util.arrayFromVolumeModified(node)
    assert console.nodes is not first and console.session.draft.strokes
    console.insert()
    slicer.util.arrayFromVolume(node)[:] += 7
    slicer.util.arrayFromVolumeModified(node)
    with refused("CT was changed after nodules"):
        console.undo()


def test_a_drawing_that_is_left_in_air_is_left_out(console: Any) -> None:
    draw(console)
    slicer.util.arrayFromVolume(console.nodes.source)[:] = -1000
    slicer.util.arrayFromVolumeModified(console.nodes.source)
    assert console.session.draft.voi is None and "is gone" in console.nodes.notice


def test_a_transform_that_is_not_linear_is_named(console: Any) -> None:
    node = console.nodes.source
    warp = node.GetScene().AddNewNodeByClass("vtkMRMLGridTransformNode", "warp")
    node.SetAndObserveTransformNodeID(warp.GetID())
    with refused("not linear"):
        console.place(LUNG_RAS_MM)


def test_a_deleted_ct_is_not_open_any_more(console: Any) -> None:
    console.nodes.scene.RemoveNode(console.nodes.source)
    with refused("No CT is open"):
        console.place(LUNG_RAS_MM)
