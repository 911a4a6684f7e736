"""A screen of more pixels than the page counts: what lies over a CT is as large under the hand there as elsewhere.

The page counts in CSS pixels, of which a view's picture has `ratio` times as many.
"""

from __future__ import annotations

import slicer
import slicer.util

SLICER_SCALE = 0.2
"""Of a new view of Slicer's: handles, points, texts and how near a grab must be go by it."""


class Screen:
    """How many pixels of a picture are one of the page's, in the views of `scene`."""

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self.scene, self.ratio = scene, 1.0
        scene.AddObserver(scene.NodeAddedEvent, lambda *_event: self._show())

    def use(self, ratio: float) -> None:
        self.ratio = ratio
        self._show()

    def _show(self) -> None:
        """Markups go by their views, the outlines of segments by their own width, which Slicer counts in pixels."""
        for node in slicer.util.getNodesByClass("vtkMRMLSliceNode", self.scene):
            node.SetScreenScaleFactor(SLICER_SCALE * self.ratio)
        for display in slicer.util.getNodesByClass("vtkMRMLSegmentationDisplayNode", self.scene):
            display.SetSliceIntersectionThickness(round(self.ratio))
