"""The drawing in the scene: VOI, strokes, the oblique reslice, the folder that holds all.

Works in desktop Slicer and in slicer-core alike: no Qt, no `slicer.app`, no `slicer.modules`. Nodes may lie under
linear transforms; what the library sees is where they stand in the world.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame, tilted_axes
from SketchNoduleSynthLib.ct.grid import lps_of_ras, ras_of_lps, turned
from SketchNoduleSynthLib.drawing.recipe import Voi
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.geometry import node_to_world

LABEL_ATTRIBUTE = "SketchNoduleSynth.Label"
CURVE_STEP_MM = 0.25
TILT_TOLERANCE_DEG = 0.5


def frame_from_roi(roi: slicer.vtkMRMLMarkupsROINode, samples: int | tuple[int, int, int]) -> Frame:
    """The frame of the box that `roi` shows, `samples` along u, v, w, in world LPS mm.

    A box has no first axis: whatever way round the node holds its axes, u, v, w are those nearest to
    patient left, posterior and head. Raises :class:`InputError` if the box has no size or its parent
    transform is not linear.
    """
    node_to_world(roi)
    matrix = turned(slicer.util.arrayFromVTKMatrix(roi.GetObjectToWorldMatrix()))
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
    pose = np.linalg.inv(node_to_world(roi)) @ turned(frame_to_world)
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


def voi_from_roi(roi: slicer.vtkMRMLMarkupsROINode) -> Voi:
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
    x, y, z = (ras_of_lps(frame.center).round(6) + 0.0).tolist()
    return Voi((x, y, z), round(max(frame.extent) / 2, 6), tilt_lr, tilt_hf)


def strokes_from_curves(curves: Iterable[slicer.vtkMRMLMarkupsCurveNode], frame: Frame) -> list[Stroke]:
    """The strokes that markups curves show, as u, v mm on the sketch plane; what lies off it is projected along w.

    Linear curves give their control points, others the interpolated curve every 0.25 mm. Curves
    without a placed point are passed over. Raises :class:`InputError` for a label that is unknown.
    """
    strokes = []
    for curve in curves:
        path = _path_world(curve)
        if len(path):
            uv = frame.to_local(lps_of_ras(path))[:, :2]
            strokes.append(Stroke(uv, curve.GetAttribute(LABEL_ATTRIBUTE) or "nodule", _is_closed(curve)))
    return strokes


def curve_from_stroke(
    stroke: Stroke,
    frame: Frame,
    scene: slicer.vtkMRMLScene,
    display: slicer.vtkMRMLMarkupsDisplayNode | None = None,
) -> slicer.vtkMRMLMarkupsCurveNode:
    """A new linear (closed) curve node through the points of `stroke` on the sketch plane of `frame`.

    `display`: how it looks, and in which views; else as the user's settings have it.
    """
    kind = "vtkMRMLMarkupsClosedCurveNode" if stroke.closed else "vtkMRMLMarkupsCurveNode"
    curve = scene.CreateNodeByClass(kind)
    curve.UnRegister(None)
    curve.SetName(stroke.label)
    curve.SetCurveTypeToLinear()
    curve.SetAttribute(LABEL_ATTRIBUTE, stroke.label)
    local = np.pad(stroke.points_mm, ((0, 0), (0, 1)))
    set_points(curve, ras_of_lps(frame.to_lps(local)))
    if display is not None:
        curve.SetAndObserveDisplayNodeID(display.GetID())
    # Only now into the scene: every view that shows it follows each of its points.
    return scene.AddNode(curve)


def set_points(node: slicer.vtkMRMLMarkupsNode, points_ras_mm: NDArray[np.float64]) -> None:
    """Give a markups node these control points, (n, 3) in world RAS mm, all at once."""
    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(points_ras_mm, deep=True))
    node.SetControlPointPositionsWorld(points)


def show_frame(slice_node: slicer.vtkMRMLSliceNode, frame: Frame) -> None:
    """Show the sketch plane of `frame` in a slice view: u right, v down, the box filling the view."""
    u, v, w = ras_of_lps(frame.axes)
    slice_to_ras = np.eye(4)
    # A slice view's y points up. Left-handed as Slicer's own axial view, so that scrolling up goes to the head.
    slice_to_ras[:3] = np.stack([u, -v, w, ras_of_lps(frame.center)], axis=1)
    width, height = np.maximum(slice_node.GetDimensions()[:2], 1).tolist()
    pixel_mm = max(frame.extent[0] / width, frame.extent[1] / height)
    with slicer.util.NodeModify(slice_node):
        slicer.util.updateVTKMatrixFromArray(slice_node.GetSliceToRAS(), slice_to_ras)
        slice_node.SetXYZOrigin(0.0, 0.0, 0.0)
        slice_node.SetFieldOfView(pixel_mm * width, pixel_mm * height, slice_node.GetFieldOfView()[2])
        slice_node.UpdateMatrices()


def composite_of(slice_node: slicer.vtkMRMLSliceNode) -> slicer.vtkMRMLSliceCompositeNode | None:
    """The node that says which volumes a slice view shows."""
    for node in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode", slice_node.GetScene()):
        if node.GetLayoutName() == slice_node.GetLayoutName():
            return node
    return None


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


def remove(node: slicer.vtkMRMLNode) -> None:
    """Take `node`, with how it is displayed, out of its scene and of the subject hierarchy, which else keep it."""
    scene = node.GetScene()
    if scene is None:
        return
    if isinstance(node, slicer.vtkMRMLDisplayableNode):
        for display in [node.GetNthDisplayNode(number) for number in range(node.GetNumberOfDisplayNodes())]:
            scene.RemoveNode(display)
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.RemoveItem(item, False)
    if scene.IsNodePresent(node):
        scene.RemoveNode(node)


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
