"""A slice view as a host gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import slicer
import slicer.util
from numpy.typing import NDArray

from SketchNoduleSynthLib.mrml.pen import Pen, is_seen


@dataclass(frozen=True)
class View:
    """A slice view of the host.

    `render` shows it soon, `fit` turns it back to show all of its CT, `pen` gives it a pen. `is_seen`: whether it is on
    the screen; another one may be there alone. `reveal` brings it back.
    """

    slice_node: slicer.vtkMRMLSliceNode
    render: Callable[[], None]
    fit: Callable[[], None]
    pen: Callable[[], Pen]
    is_seen: Callable[[], bool] = lambda: True
    reveal: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Plane:
    """The plane that a slice view showed, with zoom and shift."""

    slice_node: slicer.vtkMRMLSliceNode
    slice_to_ras: NDArray[np.float64]
    field_of_view: tuple[float, float, float]
    xyz_origin: tuple[float, float, float]

    @classmethod
    def of(cls, node: slicer.vtkMRMLSliceNode) -> Plane:
        pose = slicer.util.arrayFromVTKMatrix(node.GetSliceToRAS()).copy()
        return cls(node, pose, node.GetFieldOfView(), node.GetXYZOrigin())

    def restore(self) -> None:
        with slicer.util.NodeModify(self.slice_node):
            slicer.util.updateVTKMatrixFromArray(self.slice_node.GetSliceToRAS(), self.slice_to_ras)
            self.slice_node.SetFieldOfView(*self.field_of_view)
            self.slice_node.SetXYZOrigin(*self.xyz_origin)
            self.slice_node.UpdateMatrices()


def render(views: Iterable[View]) -> None:
    """Show the views soon: not every host sees that a volume's window has changed."""
    for view in views:
        view.render()


def jump(views: Iterable[View], point_ras_mm: Sequence[float], margin: float = 0.1) -> None:
    """Show the slices through a point, and shift those where it is nearer to the border than that share of the view."""
    for view in views:
        view.slice_node.JumpSliceByOffsetting(*point_ras_mm)
        if not is_seen(view.slice_node, point_ras_mm, margin):
            view.slice_node.JumpSliceByCentering(*point_ras_mm)
