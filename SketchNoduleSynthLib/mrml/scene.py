"""MRML nodes to the library's objects and back: volumes, VOIs, strokes, results.

The only room that turns RAS (MRML) into LPS (the library). Works in desktop Slicer and in slicer-core
alike: no Qt, no `slicer.app`, no `slicer.modules`. Nodes may lie under linear transforms; what the
library sees is where they stand in the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import permutations
from typing import Protocol

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame, tilted_axes
from SketchNoduleSynthLib.ct.volume import Volume, check_ct
from SketchNoduleSynthLib.ct.window import LUNG_LEVEL_HU, LUNG_WIDTH_HU
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.errors import InputError

Matrix = NDArray[np.float64]
LABEL_ATTRIBUTE = "SketchNoduleSynth.Label"
SYNTHETIC_ATTRIBUTE = "SketchNoduleSynth.Synthetic"
RAS_LPS = np.array([-1.0, -1.0, 1.0])
CURVE_STEP_MM = 0.25
TILT_TOLERANCE_DEG = 0.5
NOT_CT_CLASSES = ("vtkMRMLTensorVolumeNode", "vtkMRMLLabelMapVolumeNode")


class Insertion(Protocol):
    """A change of a CT's voxels that can be undone."""

    def apply(self, array: NDArray) -> object:
        """Change `array` (z, y, x) in place."""

    def revert(self, array: NDArray) -> object:
        """Undo :meth:`apply`."""


def volume_from_node(node: slicer.vtkMRMLScalarVolumeNode) -> Volume:
    """The CT in `node`, placed in world LPS mm; its array is a read-only view of the node's voxels.

    Raises :class:`InputError` for no voxels, a colour, vector or label volume, a parent transform
    that is not linear or shears, or voxels that cannot be a CT's.
    """
    image = node.GetImageData() if node is not None and node.IsA("vtkMRMLScalarVolumeNode") else None
    if image is None or image.GetPointData().GetScalars() is None or image.GetNumberOfPoints() == 0:
        raise InputError("There is no CT: choose a volume that has voxels.")
    if image.GetNumberOfScalarComponents() != 1 or any(map(node.IsA, NOT_CT_CLASSES)):
        raise InputError(f"{node.GetName()} is a colour, vector or label volume; a CT has one value in HU a voxel.")
    array = slicer.util.arrayFromVolume(node).view()
    array.flags.writeable = False
    check_ct(array)
    ijk_to_node = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_node)
    matrix = _flip(_node_to_world(node) @ slicer.util.arrayFromVTKMatrix(ijk_to_node))
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    return Volume(array, spacing, matrix[:3, 3], matrix[:3, :3] / spacing)


def node_from_volume(volume: Volume, name: str, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLScalarVolumeNode:
    """A new volume node with a copy of `volume`'s voxels, shown in the lung window.

    Its geometry is the volume's; whole numbers of 64 bits, which Slicer does not show, become 32.
    """
    array = volume.array
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        array = array.astype(np.int32)
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(_flip(volume.index_to_lps)))
    slicer.util.updateVolumeFromArray(node, array)
    _show_lung_window(node)
    return node


def frame_from_roi(roi: slicer.vtkMRMLMarkupsROINode, samples: int | tuple[int, int, int]) -> Frame:
    """The frame of the box that `roi` shows, `samples` along u, v, w, in world LPS mm.

    A box has no first axis: whatever way round the node holds its axes, u, v, w are those nearest to
    patient left, posterior and head. Raises :class:`InputError` if the box has no size or its parent
    transform is not linear.
    """
    _node_to_world(roi)
    matrix = _flip(slicer.util.arrayFromVTKMatrix(roi.GetObjectToWorldMatrix()))
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    extent = np.array(roi.GetSize()) * lengths
    if not (extent > 0).all():
        raise InputError(f"The VOI {roi.GetName()} has no size; place it on the CT first.")
    axes = (matrix[:3, :3] / lengths).T
    order = list(max(permutations(range(3)), key=lambda order: np.abs(axes[list(order)]).trace()))
    u, v, _ = np.where(np.diag(axes[order]) < 0, -1.0, 1.0)[:, None] * axes[order]
    counts = (samples,) * 3 if isinstance(samples, int) else samples
    return Frame(matrix[:3, 3], np.array([u, v, np.cross(u, v)]), tuple(extent[order].tolist()), counts)


def roi_from_frame(frame: Frame, name: str, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLMarkupsROINode:
    """A new ROI node that shows the box of `frame`."""
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", name)
    update_roi(roi, frame)
    return roi


def update_roi(roi: slicer.vtkMRMLMarkupsROINode, frame: Frame) -> None:
    """Make `roi` show the box of `frame`, wherever its parent transform puts the node.

    Raises :class:`InputError` if the parent transform is not linear, or shears so that no box fits.
    """
    frame_to_world = np.eye(4)
    frame_to_world[:3, :3], frame_to_world[:3, 3] = frame.axes.T, frame.center
    pose = np.linalg.inv(_node_to_world(roi)) @ _flip(frame_to_world)
    lengths = np.linalg.norm(pose[:3, :3], axis=0)
    axes = pose[:3, :3] / lengths
    if not np.allclose(axes.T @ axes, np.eye(3), atol=1e-4):
        raise InputError(f"The transform of the VOI {roi.GetName()} shears it; remove it from the transform.")
    # Slicer makes a left-handed matrix right-handed in the world but keeps it as it is in the node.
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    pose[:3, :3] = axes
    with slicer.util.NodeModify(roi):
        roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(pose))
        roi.SetSize(*(np.asarray(frame.extent) * lengths))


def voi_from_roi(roi: slicer.vtkMRMLMarkupsROINode) -> dict[str, float | list[float]]:
    """The recipe's `voi` for the box of `roi`: centre in RAS mm, diameter (half its longest side) and tilts in degrees.

    Raises :class:`InputError` if the two tilts cannot say how the box is turned.
    """
    frame = frame_from_roi(roi, 1)
    u, v, w = frame.axes
    tilts = np.degrees([np.arctan2(u[2], u[0]), np.arctan2(-w[1], v[1])])
    rest = frame.axes @ tilted_axes(*tilts).T
    if np.degrees(np.arccos(np.clip((np.trace(rest) - 1) / 2, -1, 1))) > TILT_TOLERANCE_DEG:
        raise InputError(f"The VOI {roi.GetName()} is turned in its own plane; tilt it left-right and head-foot only.")
    if np.abs(tilts).max() > MAX_TILT_DEG + 1e-3:
        raise InputError(f"The VOI {roi.GetName()} is tilted by more than {MAX_TILT_DEG:g} degrees; tilt it less.")
    # Rounded so that the noise of the matrices does not reach the recipe; + 0.0 makes -0.0 plain.
    tilt_lr, tilt_hf = (np.clip(tilts, -MAX_TILT_DEG, MAX_TILT_DEG).round(6) + 0.0).tolist()
    return {
        "center_ras_mm": ((frame.center * RAS_LPS).round(6) + 0.0).tolist(),
        "diameter_mm": round(max(frame.extent) / 2, 6),
        "tilt_lr_deg": tilt_lr,
        "tilt_hf_deg": tilt_hf,
    }


def strokes_from_curves(curves: Iterable[slicer.vtkMRMLMarkupsCurveNode], frame: Frame) -> list[Stroke]:
    """The strokes that markups curves show, as u, v mm on the sketch plane; what lies off it is projected along w.

    Linear curves give their control points, others the interpolated curve every 0.25 mm. Curves
    without a placed point are passed over. Raises :class:`InputError` for a label that is unknown.
    """
    strokes = []
    for curve in curves:
        path = _path_world(curve)
        if len(path):
            uv = frame.to_local(path * RAS_LPS)[:, :2]
            strokes.append(Stroke(uv, curve.GetAttribute(LABEL_ATTRIBUTE) or "nodule", _is_closed(curve)))
    return strokes


def curve_from_stroke(stroke: Stroke, frame: Frame, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLMarkupsCurveNode:
    """A new linear (closed) curve node through the points of `stroke` on the sketch plane of `frame`."""
    kind = "vtkMRMLMarkupsClosedCurveNode" if stroke.closed else "vtkMRMLMarkupsCurveNode"
    curve = scene.AddNewNodeByClass(kind, stroke.label)
    curve.SetCurveTypeToLinear()
    curve.SetAttribute(LABEL_ATTRIBUTE, stroke.label)
    local = np.pad(stroke.points_mm, ((0, 0), (0, 1)))
    slicer.util.updateMarkupsControlPointsFromArray(curve, frame.to_lps(local) * RAS_LPS, world=True)
    return curve


def show_frame(slice_node: slicer.vtkMRMLSliceNode, frame: Frame) -> None:
    """Show the sketch plane of `frame` in a slice view: u right, v down, the box filling the view."""
    u, v, w = frame.axes * RAS_LPS
    slice_to_ras = np.eye(4)
    # A slice view's y points up. Left-handed as Slicer's own axial view, so that scrolling up goes to the head.
    slice_to_ras[:3] = np.stack([u, -v, w, frame.center * RAS_LPS], axis=1)
    width, height = np.maximum(slice_node.GetDimensions()[:2], 1).tolist()
    pixel_mm = max(frame.extent[0] / width, frame.extent[1] / height)
    with slicer.util.NodeModify(slice_node):
        slicer.util.updateVTKMatrixFromArray(slice_node.GetSliceToRAS(), slice_to_ras)
        slice_node.SetXYZOrigin(0.0, 0.0, 0.0)
        slice_node.SetFieldOfView(pixel_mm * width, pixel_mm * height, slice_node.GetFieldOfView()[2])
        slice_node.UpdateMatrices()


def result_from_source(source: slicer.vtkMRMLScalarVolumeNode, name: str) -> slicer.vtkMRMLScalarVolumeNode:
    """A copy of the CT node `source` that is to receive nodules: voxels, geometry, transform; in the lung window."""
    result = slicer.vtkSlicerVolumesLogic.CloneVolume(source.GetScene(), source, name)
    # The clone is no longer the series that these attributes name.
    for attribute in result.GetAttributeNames():
        if attribute.startswith("DICOM."):
            result.RemoveAttribute(attribute)
    result.SetAttribute(SYNTHETIC_ATTRIBUTE, "1")
    _show_lung_window(result)
    return result


def insert(result: slicer.vtkMRMLScalarVolumeNode, insertion: Insertion) -> None:
    """Apply `insertion` to the voxels of a node that :func:`result_from_source` made, and show it.

    Raises :class:`InputError` for any other node, so that a source is never written.
    """
    _change(result, insertion.apply)


def revert(result: slicer.vtkMRMLScalarVolumeNode, insertion: Insertion) -> None:
    """Undo :func:`insert`, bit for bit."""
    _change(result, insertion.revert)


def segmentation_from_labels(
    labels: NDArray[np.uint8], names: Sequence[str], volume_node: slicer.vtkMRMLScalarVolumeNode
) -> slicer.vtkMRMLSegmentationNode:
    """A segmentation beside `volume_node`, on its grid and under its transform: label i is the segment names[i - 1].

    Raises :class:`InputError` if `labels` (z, y, x) has another size than the volume or a label without a name.
    """
    if labels.shape != slicer.util.arrayFromVolume(volume_node).shape:
        raise InputError("The label map has another size than the volume that it belongs to.")
    if labels.max(initial=0) > len(names):
        raise InputError(f"The label map has the label {labels.max()} but only {len(names)} names are given.")
    node = volume_node.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", f"{volume_node.GetName()} nodules")
    node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    node.CreateDefaultDisplayNodes()
    ijk_to_node = vtk.vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(ijk_to_node)
    for label, name in enumerate(names, start=1):
        voxels = np.argwhere(labels == label)
        if not len(voxels):
            node.GetSegmentation().AddEmptySegment("", name)
            continue
        first, last = voxels.min(0), voxels.max(0)
        z, y, x = (slice(a, b + 1) for a, b in zip(first, last, strict=True))
        image = slicer.vtkOrientedImageData()
        image.SetExtent(*np.stack([first, last])[:, ::-1].T.ravel().tolist())
        image.GetPointData().SetScalars(numpy_to_vtk((labels[z, y, x] == label).astype(np.uint8).ravel(), deep=True))
        image.SetGeometryFromImageToWorldMatrix(ijk_to_node)
        node.AddSegmentFromBinaryLabelmapRepresentation(image, name)
    return node


def put_in_folder(name: str, nodes: Iterable[slicer.vtkMRMLNode], scene: slicer.vtkMRMLScene) -> int:
    """Put `nodes` in the top folder `name` of the subject hierarchy, made if need be; return the folder's item."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    top = hierarchy.GetSceneItemID()
    folder = hierarchy.GetItemChildWithName(top, name)
    if not folder or hierarchy.GetItemDataNode(folder) is not None:
        folder = hierarchy.CreateFolderItem(top, name)
    for node in nodes:
        hierarchy.CreateItem(folder, node)
    return folder


def _flip(matrix: Matrix) -> Matrix:
    """A 4 x 4 matrix into RAS as one into LPS, or back."""
    return np.append(RAS_LPS, 1.0)[:, None] * matrix


def _node_to_world(node: slicer.vtkMRMLTransformableNode) -> Matrix:
    parent = node.GetParentTransformNode()
    matrix = vtk.vtkMatrix4x4()
    if parent is not None:
        if not parent.IsTransformToWorldLinear():
            raise InputError(f"{node.GetName()} lies under a transform that is not linear; harden or remove it first.")
        parent.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def _is_closed(curve: slicer.vtkMRMLMarkupsCurveNode) -> bool:
    return bool(curve.IsA("vtkMRMLMarkupsClosedCurveNode"))


def _path_world(curve: slicer.vtkMRMLMarkupsCurveNode) -> NDArray[np.float64]:
    """The line that `curve` shows, (n, 3) in world RAS mm, the first point not repeated if it is closed."""
    status = map(curve.GetNthControlPointPositionStatus, range(curve.GetNumberOfControlPoints()))
    placed = np.array([s == curve.PositionDefined for s in status], bool)
    points = slicer.util.arrayFromMarkupsControlPoints(curve, world=True)[placed]
    if len(points) < 2 or curve.GetCurveTypeAsString(curve.GetCurveType()) == "linear":
        return points
    path = slicer.util.arrayFromMarkupsCurvePoints(curve, world=True).astype(float)
    along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1)))
    steps = max(int(np.ceil(along[-1] / CURVE_STEP_MM)), 1)
    at = np.linspace(0.0, along[-1], steps + 1)[: steps if _is_closed(curve) else None]
    return np.stack([np.interp(at, along, coordinate) for coordinate in path.T], axis=1)


def _show_lung_window(node: slicer.vtkMRMLScalarVolumeNode) -> None:
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(LUNG_WIDTH_HU, LUNG_LEVEL_HU)


def _change(result: slicer.vtkMRMLScalarVolumeNode, change: Callable[[NDArray], object]) -> None:
    if result.GetAttribute(SYNTHETIC_ATTRIBUTE) is None:
        raise InputError(f"{result.GetName()} is not a result volume; nodules are only put into a copy of the CT.")
    change(slicer.util.arrayFromVolume(result))
    slicer.util.arrayFromVolumeModified(result)
