"""A reader's findings as one list of points: a cross with its number each, to be seen and dragged in every view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import slicer
import slicer.util

from SketchNoduleSynthLib.mrml.nodes import new_helper, remove_node
from SketchNoduleSynthLib.reading.findings import Finding
from SketchNoduleSynthLib.signals import Signal

NAME = "Findings"
COLOR, ACTIVE_COLOR = (1.0, 0.85, 0.1), (0.3, 0.9, 1.0)
GLYPH_SCALE, TEXT_SCALE = 2.5, 3.5
LEAST_MM = 1e-3
"""A point that lies less far from its finding was not dragged."""


class FindingPoints:
    """The findings of a reading in `scene`; `moved` gives the number and the place (RAS mm) of one that was dragged.

    The points are the reader's file made visible, not a place to keep them: the node is hidden from other modules'
    lists, is not saved with the scene, and where someone removes it, it comes back with the next change.
    """

    def __init__(self, scene: slicer.vtkMRMLScene) -> None:
        self.scene = scene
        self.moved: Signal[int, tuple[float, float, float]] = Signal()
        self.node: slicer.vtkMRMLMarkupsFiducialNode | None = None
        self._tags: list[int] = []
        self._is_busy = False
        """True while the points are set here, or while one is still being dragged."""
        self._findings: Sequence[Finding] = ()

    def update(self, findings: Sequence[Finding], active: int | None, is_finished: bool) -> None:
        """Show `findings`, the one with the number `active` in another colour; none can be dragged if `is_finished`."""
        if self.node is None or not self.scene.IsNodePresent(self.node):
            self.node, self._findings = self._new_node(), ()
        node = self.node
        with self._setting(), slicer.util.NodeModify(node):
            if [finding.number for finding in findings] != [finding.number for finding in self._findings]:
                node.SetFixedNumberOfControlPoints(False)
                node.RemoveAllControlPoints()
                for finding in findings:
                    node.AddControlPointWorld(*finding.at_ras_mm, str(finding.number))
                node.SetFixedNumberOfControlPoints(True)
            for index, finding in enumerate(findings):
                node.SetNthControlPointPositionWorld(index, *finding.at_ras_mm)
                node.SetNthControlPointSelected(index, finding.number == active)
            node.SetLocked(is_finished)
        self._findings = findings

    def close(self) -> None:
        if self.node is not None:
            for tag in self._tags:
                self.node.RemoveObserver(tag)
            remove_node(self.node)
            self.node = None

    def _new_node(self) -> slicer.vtkMRMLMarkupsFiducialNode:
        node = new_helper("vtkMRMLMarkupsFiducialNode", NAME, self.scene)
        node.SetSaveWithScene(False)
        node.SetFixedNumberOfControlPoints(True)
        node.CreateDefaultDisplayNodes()
        display = node.GetDisplayNode()
        display.SetSaveWithScene(False)
        display.SetGlyphType(display.Cross2D)
        display.SetGlyphScale(GLYPH_SCALE)
        display.SetTextScale(TEXT_SCALE)
        display.SetColor(*COLOR)
        display.SetSelectedColor(*ACTIVE_COLOR)
        display.SetPointLabelsVisibility(True)
        display.SetPropertiesLabelVisibility(False)
        events = {
            node.PointStartInteractionEvent: self._on_start,
            node.PointModifiedEvent: self._on_moved,
            node.PointEndInteractionEvent: self._on_end,
        }
        self._tags = [node.AddObserver(event, action) for event, action in events.items()]
        return node

    def _on_start(self, *_event: object) -> None:
        self._is_busy = True

    def _on_end(self, *_event: object) -> None:
        self._is_busy = False
        self._on_moved()

    def _on_moved(self, *_event: object) -> None:
        """Tell of all points that are not where their findings are."""
        if self._is_busy:
            return
        places = slicer.util.arrayFromMarkupsControlPoints(self.node, world=True)
        for finding, place in zip(self._findings, places, strict=True):
            if np.abs(place - finding.at_ras_mm).max() > LEAST_MM:
                self.moved.emit(finding.number, tuple(place.tolist()))

    @contextmanager
    def _setting(self) -> Iterator[None]:
        was, self._is_busy = self._is_busy, True
        try:
            yield
        finally:
            self._is_busy = was
