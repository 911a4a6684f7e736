"""Slicer's acquisition transform: a grid transform that puts each slice of a tilted gantry where it was taken."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import TILT_TOLERANCE_DEG, shear_deg

STRAIGHT_MM = 0.1
"""Lines that a transform bends by more are not straight."""
ACROSS = 5


def acquired_ijk_to_world(
    node: slicer.vtkMRMLScalarVolumeNode, ijk_to_node: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """The sheared 4 x 4 matrix from voxel indices to world RAS mm that the transforms above a CT come to.

    They are looked at on every slice. None where they are linear by kind, bend, or shear nothing.
    """
    parent, image = node.GetParentTransformNode(), node.GetImageData()
    if parent is None or parent.IsTransformToWorldLinear() or image is None:
        return None
    to_world = vtk.vtkGeneralTransform()
    parent.GetTransformToWorld(to_world)
    columns, rows, slices = image.GetDimensions()
    edges = np.linspace(0, columns - 1, ACROSS), np.linspace(0, rows - 1, ACROSS), np.arange(slices)
    index = np.stack([*(axis.ravel() for axis in np.meshgrid(*edges)), np.ones(ACROSS * ACROSS * slices)])
    there = np.array([to_world.TransformPoint(*point) for point in (ijk_to_node @ index)[:3].T])
    affine = np.linalg.lstsq(index.T, there)[0]
    if np.abs(index.T @ affine - there).max() > STRAIGHT_MM or shear_deg(affine.T[:, :3]) <= TILT_TOLERANCE_DEG:
        return None
    return np.vstack([affine.T, [0, 0, 0, 1]])
