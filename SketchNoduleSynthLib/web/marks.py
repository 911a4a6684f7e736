"""What stands at the edges of a slice view: sides, a length to compare with, slice, window, zoom and slab."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import slicer.util
from numpy.typing import NDArray

from SketchNoduleSynthLib.mrml.slices import Slices

LETTERS = (("R", "L"), ("A", "P"), ("S", "I"))
"""Of the directions that RAS counts up and down."""
RULERS_MM = (1, 2, 5, 10, 20, 50, 100, 200)
LONGEST_SHARE = 0.3
"""Of the view's width, that the ruler may take."""


def marks_of(slice_node: slicer.vtkMRMLSliceNode, slices: Slices | None = None) -> dict[str, Any]:
    """The letters at the `top`, `right`, `bottom` and `left` of the view, its ruler, and the number of its slice.

    A letter is that of the patient's direction which is nearest to the view's own, however it is turned or flipped.
    `offset_mm`: where along its own axis the view is, which may change within a slice. `zoom`: how many of the view's
    pixels a voxel takes. `ruler_mm`: how long the ruler is; `ruler_share`: the same as a share of the view's width.
    """
    right, top = slicer.util.arrayFromVTKMatrix(slice_node.GetSliceToRAS())[:3, :2].T
    width_mm = slice_node.GetFieldOfView()[0]
    ruler_mm = max((length for length in RULERS_MM if length <= LONGEST_SHARE * width_mm), default=RULERS_MM[0])
    return {
        "top": _letter(top),
        "right": _letter(right),
        "bottom": _letter(-top),
        "left": _letter(-right),
        "ruler_mm": ruler_mm,
        "ruler_share": round(ruler_mm / width_mm, 4),
        "slice": slices.number if slices else 0,
        "slices": slices.count if slices else 0,
        "offset_mm": round(slice_node.GetSliceOffset(), 1),
        "zoom": round(slices.grid.spacing.min() * slice_node.GetDimensions()[0] / width_mm, 1) if slices else 0,
        "slab_mm": slice_node.GetSlabReconstructionThickness() if slice_node.GetSlabReconstructionEnabled() else 0,
    }


def _letter(direction_ras: NDArray[np.float64]) -> str:
    axis = int(np.abs(direction_ras).argmax())
    return LETTERS[axis][0 if direction_ras[axis] > 0 else 1]
