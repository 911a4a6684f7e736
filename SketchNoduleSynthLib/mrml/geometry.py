"""Where a node stands in the world."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray

from SketchNoduleSynthLib.errors import InputError


def node_to_world(node: slicer.vtkMRMLTransformableNode) -> NDArray[np.float64]:
    """The 4 x 4 matrix from the node's own RAS to world RAS; raises :class:`InputError` if it is not linear."""
    parent = node.GetParentTransformNode()
    matrix = vtk.vtkMatrix4x4()
    if parent is not None:
        if not parent.IsTransformToWorldLinear():
            raise InputError(f"{node.GetName()} lies under a transform that is not linear; harden or remove it first.")
        parent.GetMatrixTransformToWorld(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)
