"""A CT of a tilted gantry in Slicer, under an acquisition transform as its DICOM module makes one: a straight copy."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
import vtk
from console_fixtures import transformed
from phantom import chest
from reader import Reader
from refusal import refused
from vtk.util.numpy_support import vtk_to_numpy

from SketchNoduleSynthLib.ct.grid import Sheared, turned
from SketchNoduleSynthLib.ct.straighten import straightened

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytest_plugins = ["slicer_host", "standin"]
volumes = importlib.import_module("SketchNoduleSynthLib.mrml.volumes")
TILT_DEG = 12.0


def acquired(node: Any, tilt_deg: float = TILT_DEG, bend_mm: float = 0.0) -> np.ndarray:
    """Put `node` under a grid of one vector a slice's corner, as Slicer does; where its voxels are then (IJK to RAS).

    `bend_mm`: the middle slice lies off the others' line.
    """
    matrix = volumes.ijk_to_world(node)
    columns, rows, slices = node.GetImageData().GetDimensions()
    spacing = np.array(node.GetSpacing())
    grid = vtk.vtkImageData()
    grid.SetOrigin(node.GetOrigin())
    grid.SetDimensions(2, 2, slices)
    grid.SetSpacing(spacing * (columns, rows, 1))
    grid.AllocateScalars(vtk.VTK_DOUBLE, 3)
    slip = matrix[:3, 1] / spacing[1] * spacing[2] * np.tan(np.radians(tilt_deg))
    vectors = vtk_to_numpy(grid.GetPointData().GetScalars()).reshape(slices, 4, 3)
    vectors[:] = np.arange(slices)[:, None, None] * slip
    vectors[slices // 2] += bend_mm
    direction = vtk.vtkMatrix4x4()
    node.GetIJKToRASDirectionMatrix(direction)
    displacement = slicer.vtkOrientedGridTransform()
    displacement.SetGridDirectionMatrix(direction)
    displacement.SetDisplacementGridData(grid)
    transform = node.GetScene().AddNewNodeByClass("vtkMRMLGridTransformNode", "acquisition")
    transform.SetAndObserveTransformToParent(displacement)
    node.SetAndObserveTransformNodeID(transform.GetID())
    matrix[:3, 2] += slip
    return matrix


def straightened_copy(node: Any) -> Any:
    """As the panel makes it."""
    straight = volumes.straightening(node)()
    return volumes.node_from_volume(straight, f"{node.GetName()} straightened", node.GetScene())


@pytest.mark.parametrize("turn_deg", [None, 25.0], ids=["alone", "under a second, linear transform"])
def test_the_copy_is_what_the_command_line_makes_of_it(scene: Any, turn_deg: float | None) -> None:
    volume = chest()
    node = volumes.node_from_volume(volume, "CT", scene)
    matrix = acquired(node)
    if turn_deg is not None:
        under = node.GetParentTransformNode()
        outer = transformed(under, 12.0, turn_deg)
        matrix = slicer.util.arrayFromVTKMatrix(outer.GetMatrixTransformToParent()) @ matrix
    with pytest.raises(Sheared, match=r"sheared by 12\.0 degrees"):
        volumes.volume_from_node(node)
    copy = straightened_copy(node)
    array, grid = straightened(volume.array, turned(matrix))
    read = volumes.volume_from_node(copy)
    np.testing.assert_array_equal(read.array, array)
    assert read.grid.matches(grid) and copy.GetParentTransformNode() is None
    assert (
        copy.GetName() == "CT straightened" and read.straightened == "straightened from a gantry tilt of 12.0 degrees"
    )
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(node), volume.array)
    assert node.GetParentTransformNode() is not None, "the source stays as it is"


def test_it_lies_where_slicer_itself_puts_the_voxels(scene: Any) -> None:
    volume = chest()
    node = volumes.node_from_volume(volume, "CT", scene)
    acquired(node)
    copy = volumes.volume_from_node(straightened_copy(node))
    node.HardenTransform()
    hardened = volumes.volume_from_node(node)
    z, y, x = (axis.ravel() for axis in np.indices(hardened.array.shape)[:, 2:-2, 8:-8:4, 8:-8:4])
    index = np.rint(copy.grid.to_index(hardened.grid.to_lps(np.stack([x, y, z], -1)))).astype(int)
    inside = ((index >= 0) & (index < copy.grid.size)).all(1)
    ours, theirs = copy.array[tuple(index[inside].T[::-1])], hardened.array[z, y, x][inside]
    assert np.corrcoef(ours, theirs)[0, 1] > 0.97


@pytest.mark.parametrize(("tilt_deg", "bend_mm"), [(0.0, 0.0), (TILT_DEG, 3.0)], ids=["no tilt", "bent"])
def test_what_is_not_a_tilt_is_not_straightened(scene: Any, tilt_deg: float, bend_mm: float) -> None:
    node = volumes.node_from_volume(chest(), "CT", scene)
    acquired(node, tilt_deg, bend_mm)
    for act in (volumes.volume_from_node, straightened_copy):
        with refused("not linear; harden it first"):
            act(node)


def test_the_panel_asks_and_goes_on_with_the_copy(desktop: Any) -> None:
    reader = Reader(desktop)
    node = reader.show(chest(), (0, 0, 0))
    assert not reader.ui.straighten.visible
    acquired(node)
    reader.desktop.process_events(0.5)
    assert reader.editor is None and "sheared by 12.0 degrees" in reader.ui.statusLabel.text
    before = slicer.util.arrayFromVolume(node).copy()
    reader.click(reader.ui.straighten)
    assert reader.ui.taskLabel.isVisible() and "Straightening" in reader.ui.taskLabel.text
    reader.wait()
    assert reader.editor.nodes.source.GetName() == "CT straightened" and not reader.ui.straighten.visible
    assert reader.session.source.straightened_deg == pytest.approx(TILT_DEG, abs=0.01)
    assert np.array_equal(slicer.util.arrayFromVolume(node), before)
    reader.ui.inputSelector.setCurrentNode(node)
    assert reader.ui.straighten.visible, "asked again"
    reader.ui.inputSelector.setCurrentNode(None)
    assert not reader.ui.straighten.visible
