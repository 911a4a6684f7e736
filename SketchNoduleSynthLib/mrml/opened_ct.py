"""Whether a CT's node is still what was opened: others move it, change its geometry, or play it as a sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from SketchNoduleSynthLib.ct.grid import turned
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import volumes

SAME_MM = 5e-4
"""A CT that moved by less did not move: matrices are stored and multiplied with rounding."""


class OpenedCt:
    """The node `source` as it was when `session` was opened on it."""

    def __init__(self, source: slicer.vtkMRMLScalarVolumeNode, session: Session) -> None:
        self.source, self.session = source, session
        self._voxels = self._state_of_voxels()

    def holds(self) -> bool:
        """Whether its voxels, and where they lie in the world, are the same; quick unless voxels were written."""
        if not self.is_place_of(self.source):
            return False
        try:
            state = self._state_of_voxels()
            if state != self._voxels:
                if volumes.volume_from_node(self.source).sha256() != self.session.source_sha256:
                    return False
                self._voxels = state
        except InputError:
            return False
        return True

    def is_place_of(self, node: slicer.vtkMRMLScalarVolumeNode) -> bool:
        """Whether the voxels of `node` lie where those of the CT lay when it was opened."""
        try:
            matrix = turned(volumes.ijk_to_world(node))
        except InputError:  # Of a transform that is not linear.
            return False
        return np.allclose(matrix, self.session.source.grid.index_to_lps, atol=SAME_MM)

    def _state_of_voxels(self) -> tuple[Any, ...]:
        """Is the same as long as no voxel was written; the array may be another one, as a sequence's frames are."""
        image = self.source.GetImageData()
        scalars = image.GetPointData().GetScalars() if image is not None else None
        return (scalars, scalars.GetMTime(), image.GetDimensions()) if scalars is not None else ()
