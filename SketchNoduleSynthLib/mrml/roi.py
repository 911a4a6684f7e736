"""The VOI's box as a markups ROI node and back, in world coordinates: the node may lie under linear transforms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import slicer
import slicer.util
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG, Frame, tilted_axes
from SketchNoduleSynthLib.ct.grid import ras_of_lps, turned
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.nodes import node_to_world

TILT_TOLERANCE_DEG = 0.5
BODY = np.eye(3)


def frame_from_roi(
    roi: slicer.vtkMRMLMarkupsROINode, samples: int | tuple[int, int, int], near: NDArray[np.float64] = BODY
) -> Frame:
    """The frame of the box that `roi` shows, `samples` along u, v, w, in world LPS mm.

    A box has no first axis: whatever way round the node holds its axes, u, v, w are those nearest to the rows of
    `near`; without, to patient left, posterior and head.

    Raises :class:`InputError` if the box has no size or its parent transform is not linear.
    """
    node_to_world(roi)
    matrix = turned(slicer.util.arrayFromVTKMatrix(roi.GetObjectToWorldMatrix()))
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    extent = np.array(roi.GetSize()) * lengths
    if not (extent > 0).all():
        raise InputError(f"The box {roi.GetName()} has no size; place it on the CT first.")
    axes = (matrix[:3, :3] / lengths).T
    along = axes @ near.T
    order = list(max(permutations(range(3)), key=lambda order: np.abs(along[list(order)]).trace()))
    u, v, _ = np.where(np.diag(along[order]) < 0, -1.0, 1.0)[:, None] * axes[order]
    counts = (samples,) * 3 if isinstance(samples, int) else samples
    return Frame(matrix[:3, 3], np.array([u, v, np.cross(u, v)]), tuple(extent[order].tolist()), counts)


def roi_from_frame(frame: Frame, name: str, scene: slicer.vtkMRMLScene) -> slicer.vtkMRMLMarkupsROINode:
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
        raise InputError(f"The transform of the box {roi.GetName()} shears it; remove it from the transform.")
    # Slicer makes a left-handed matrix right-handed in the world but keeps it as it is in the node.
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    pose[:3, :3] = axes
    with slicer.util.NodeModify(roi):
        roi.SetAndObserveObjectToNodeMatrix(slicer.util.vtkMatrixFromArray(pose))
        roi.SetSize(*(np.asarray(frame.extent) * lengths))


def voi_from_roi(roi: slicer.vtkMRMLMarkupsROINode, near: NDArray[np.float64] = BODY) -> Voi:
    """The recipe's `voi` for the box of `roi`: centre in RAS mm, diameter (half its longest side) and tilts in degrees.

    `near`: the axes that it had before it was turned.

    Raises :class:`InputError` if the two tilts cannot say how the box is turned.
    """
    frame = frame_from_roi(roi, 1, near)
    u, v, w = frame.axes
    tilts = np.degrees([np.arctan2(u[2], u[0]), np.arctan2(-w[1], v[1])])
    rest = frame.axes @ tilted_axes(*tilts).T
    if np.degrees(np.arccos(np.clip((np.trace(rest) - 1) / 2, -1, 1))) > TILT_TOLERANCE_DEG:
        raise InputError(f"The box {roi.GetName()} is turned in its own plane; tilt it left-right and head-foot only.")
    if np.abs(tilts).max() > MAX_TILT_DEG + 1e-3:
        raise InputError(f"The box {roi.GetName()} is tilted by more than {MAX_TILT_DEG:g} degrees; tilt it less.")
    # Rounded so that the noise of the matrices does not reach the recipe; + 0.0 makes -0.0 plain.
    tilt_lr, tilt_hf = (np.clip(tilts, -MAX_TILT_DEG, MAX_TILT_DEG).round(6) + 0.0).tolist()
    x, y, z = (ras_of_lps(frame.center).round(6) + 0.0).tolist()
    return Voi((x, y, z), round(max(frame.extent) / 2, 6), tilt_lr, tilt_hf)
