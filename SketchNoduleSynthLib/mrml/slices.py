"""Which of a CT's slices a view shows, by number."""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import Grid, lps_of_ras, ras_of_lps
from SketchNoduleSynthLib.signals import Signal


class Slices:
    """The slices of the CT's `grid` in the view of `slice_node`, from 1, as its voxels are counted across the view.

    `changed`: another one is shown, however the host scrolled.
    """

    def __init__(self, grid: Grid, slice_node: slicer.vtkMRMLSliceNode) -> None:
        self.grid, self.slice_node = grid, slice_node
        self.changed: Signal[[]] = Signal()
        self._last = self.number
        self._tag = slice_node.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda *_event: self._on_modified())

    @property
    def count(self) -> int:
        return int(self.grid.size[self._axis])

    @property
    def number(self) -> int:
        """The one that is shown, or the nearest to it."""
        nearest = np.floor(self._center()[self._axis] + 0.5)  # Halfway, always the same way: none is left out.
        return int(np.clip(nearest + 1, 1, self.count))

    def show(self, number: int) -> None:
        """Show another one; the nearest one where there is none of that number."""
        if number != self.number:
            index = self._center()
            index[self._axis] = np.clip(number, 1, self.count) - 1
            self.slice_node.JumpSliceByOffsetting(*ras_of_lps(self.grid.to_lps(index)))

    def step(self, steps: int) -> None:
        """Some slices on, the way that Slicer's wheel goes forward."""
        self.show(self.number + steps * (1 if self._across[self._axis] > 0 else -1))

    @property
    def step_mm(self) -> float:
        """From one to the next."""
        return float(self.grid.spacing[self._axis])

    @property
    def _across(self) -> NDArray[np.float64]:
        """The view's own axis, along those of the voxels."""
        normal_ras = slicer.util.arrayFromVTKMatrix(self.slice_node.GetSliceToRAS())[:3, 2]
        return self.grid.direction.T @ lps_of_ras(normal_ras)

    @property
    def _axis(self) -> int:
        return int(np.abs(self._across).argmax())

    def close(self) -> None:
        self.slice_node.RemoveObserver(self._tag)

    def _center(self) -> NDArray[np.float64]:
        center_ras = slicer.util.arrayFromVTKMatrix(self.slice_node.GetSliceToRAS())[:3, 3]
        return self.grid.to_index(lps_of_ras(center_ras))

    def _on_modified(self) -> None:
        if self.number != self._last:
            self._last = self.number
            self.changed.emit()
