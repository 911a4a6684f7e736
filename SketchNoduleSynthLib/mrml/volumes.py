"""Volume nodes: the CT that is read, the copy that receives nodules, the nodules as a segmentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.grid import Grid, shear_deg, turned
from SketchNoduleSynthLib.ct.straighten import straightened
from SketchNoduleSynthLib.ct.volume import Volume, check_ct
from SketchNoduleSynthLib.ct.window import LUNG_LEVEL_HU, LUNG_WIDTH_HU
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.acquisition import acquired_ijk_to_world
from SketchNoduleSynthLib.mrml.nodes import new_helper, node_to_world
from SketchNoduleSynthLib.mrml.source_files import origin_of, tell_origin

SYNTHETIC_ATTRIBUTE = "SketchNoduleSynth.Synthetic"
STRAIGHTENED_ATTRIBUTE = "SketchNoduleSynth.StraightenedDeg"
LUNG_WINDOW_HU = LUNG_LEVEL_HU, LUNG_WIDTH_HU
MEDIASTINAL_WINDOW_HU = 40.0, 400.0
BONE_WINDOW_HU = 400.0, 1800.0
"""Level and width."""
KIND = "vtkMRMLScalarVolumeNode"
NOT_CT_CLASSES = ("vtkMRMLTensorVolumeNode", "vtkMRMLLabelMapVolumeNode")


def volume_from_node(node: slicer.vtkMRMLScalarVolumeNode) -> Volume:
    """The CT in `node`, placed in world LPS mm; its array is a read-only view of the node's voxels.

    Raises :class:`InputError` for no voxels, a colour, vector or label volume, a parent transform that is not linear,
    or voxels that cannot be a CT's, :class:`Sheared` for a tilted gantry's, see :func:`straightening`.
    """
    array = _voxels_of(node)
    straightened_deg = float(node.GetAttribute(STRAIGHTENED_ATTRIBUTE) or 0)
    grid = Grid.of_matrix(array.shape[::-1], turned(ijk_to_world(node)))
    return Volume(array, grid, origin_of(node), straightened_deg)


def straightening(node: slicer.vtkMRMLScalarVolumeNode) -> Callable[[], Volume]:
    """What gives the voxels of `node` on the straight grid of :func:`straightened`, in the world, on any thread.

    Raises :class:`InputError` as :func:`volume_from_node`, and when called for a shear beyond measure.
    """
    array, index_to_lps, origin = _voxels_of(node), turned(ijk_to_world(node)), origin_of(node)
    return lambda: Volume(*straightened(array, index_to_lps), origin, shear_deg(index_to_lps[:3, :3]))


def _voxels_of(node: slicer.vtkMRMLScalarVolumeNode) -> NDArray:
    image = node.GetImageData() if node is not None and node.IsA("vtkMRMLScalarVolumeNode") else None
    if image is None or image.GetPointData().GetScalars() is None or image.GetNumberOfPoints() == 0:
        raise InputError("There is no CT: choose a volume that has voxels.")
    if image.GetNumberOfScalarComponents() != 1 or any(map(node.IsA, NOT_CT_CLASSES)):
        raise InputError(f"{node.GetName()} is a colour, vector or label volume; a CT has one value in HU a voxel.")
    array = slicer.util.arrayFromVolume(node).view()
    array.flags.writeable = False
    check_ct(array)
    return array


def ijk_to_world(node: slicer.vtkMRMLScalarVolumeNode) -> NDArray[np.float64]:
    """The 4 x 4 matrix from voxel indices to world RAS mm; raises :class:`InputError` as :func:`node_to_world`."""
    ijk_to_node = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_node)
    matrix = slicer.util.arrayFromVTKMatrix(ijk_to_node)
    acquired = acquired_ijk_to_world(node, matrix)
    return node_to_world(node) @ matrix if acquired is None else acquired


def observe_ct(node: slicer.vtkMRMLScalarVolumeNode, changed: Callable[[], object]) -> Callable[[], None]:
    """Call `changed` whenever the voxels of `node` or where they lie may have changed; returns what ends that."""
    events = (vtk.vtkCommand.ModifiedEvent, node.TransformModifiedEvent, node.ImageDataModifiedEvent)
    tags = [node.AddObserver(event, lambda *_event: changed()) for event in events]

    def stop() -> None:
        for tag in tags:
            node.RemoveObserver(tag)

    return stop


def first_ct() -> slicer.vtkMRMLScalarVolumeNode | None:
    """The first volume of Slicer's scene that is not one of our own."""
    for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode"):
        is_ours = node.GetAttribute(SYNTHETIC_ATTRIBUTE) is not None or node.GetHideFromEditors()
        if not is_ours and node.GetImageData() is not None:
            return node
    return None


def node_from_volume(
    volume: Volume, name: str, scene: slicer.vtkMRMLScene, is_helper: bool = False
) -> slicer.vtkMRMLScalarVolumeNode:
    """A new volume node with a copy of `volume`'s voxels, shown in the lung window; see :func:`update_node`."""
    node = new_helper(KIND, name, scene) if is_helper else scene.AddNewNodeByClass(KIND, name)
    tell_origin(node, volume.origin)
    if volume.straightened_deg:
        node.SetAttribute(STRAIGHTENED_ATTRIBUTE, f"{volume.straightened_deg:.2f}")
    update_node(node, volume)
    show_window(node, *LUNG_WINDOW_HU)
    return node


def update_node(node: slicer.vtkMRMLScalarVolumeNode, volume: Volume) -> None:
    """Give `node` the geometry and a copy of the voxels of `volume`.

    Whole numbers of 64 bits, which Slicer does not show, become 32.
    """
    array = volume.array
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        array = array.astype(np.int32)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(turned(volume.grid.index_to_lps)))
    slicer.util.updateVolumeFromArray(node, array)


def result_from_source(source: slicer.vtkMRMLScalarVolumeNode, name: str) -> slicer.vtkMRMLScalarVolumeNode:
    """A copy of the CT node `source` that is to receive nodules: voxels, geometry, transform; in the lung window."""
    result = slicer.vtkSlicerVolumesLogic.CloneVolume(source.GetScene(), source, name)
    # The clone is no longer the series that these attributes name.
    for attribute in result.GetAttributeNames():
        if attribute.startswith("DICOM."):
            result.RemoveAttribute(attribute)
    result.SetAttribute(SYNTHETIC_ATTRIBUTE, "1")
    show_window(result, *LUNG_WINDOW_HU)
    return result


def lay_like(result: slicer.vtkMRMLScalarVolumeNode, source: slicer.vtkMRMLScalarVolumeNode) -> None:
    """Give `result` the transform and the geometry of `source`."""
    ijk_to_node = vtk.vtkMatrix4x4()
    source.GetIJKToRASMatrix(ijk_to_node)
    result.SetAndObserveTransformNodeID(source.GetTransformNodeID())
    result.SetIJKToRASMatrix(ijk_to_node)


def rewrite(result: slicer.vtkMRMLScalarVolumeNode, voxels: Iterable[tuple[Box, NDArray]]) -> None:
    """Write `voxels` into their boxes (z, y, x) of a node that :func:`result_from_source` made, and show it.

    Raises :class:`InputError` for any other node, so that a source is never written.
    """
    if result.GetAttribute(SYNTHETIC_ATTRIBUTE) is None:
        raise InputError(f"{result.GetName()} is not a result volume; nodules are only put into a copy of the CT.")
    array = slicer.util.arrayFromVolume(result)
    for box, values in voxels:
        array[box] = values
    slicer.util.arrayFromVolumeModified(result)


def segmentation_beside(volume_node: slicer.vtkMRMLScalarVolumeNode, name: str) -> slicer.vtkMRMLSegmentationNode:
    """An empty segmentation on the grid of `volume_node` and under its transform."""
    node = volume_node.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    return node


def add_segment(
    node: slicer.vtkMRMLSegmentationNode,
    volume_node: slicer.vtkMRMLScalarVolumeNode,
    name: str,
    box: Box,
    mask: NDArray[np.bool_],
) -> str:
    """A new segment: `mask` on `box` (z, y, x) of the volume's voxels; returns its ID."""
    ijk_to_node = vtk.vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(ijk_to_node)
    image = slicer.vtkOrientedImageData()
    image.SetExtent(*(edge for part in box[::-1] for edge in (int(part.start), int(part.stop) - 1)))
    image.GetPointData().SetScalars(numpy_to_vtk(mask.astype(np.uint8).ravel(), deep=True))
    image.SetGeometryFromImageToWorldMatrix(ijk_to_node)
    return node.AddSegmentFromBinaryLabelmapRepresentation(image, name)


def show_picture(node: slicer.vtkMRMLScalarVolumeNode, grey: NDArray[np.uint8]) -> None:
    """Give `node` a picture (rows, columns) as its only slice, upright in an axial view, black to white as it is."""
    update_node(node, Volume.of(grey[None]))
    show_window(node, 127.5, 255.0)


def show_window(node: slicer.vtkMRMLScalarVolumeNode, level: float, width: float) -> None:
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(width, level)
