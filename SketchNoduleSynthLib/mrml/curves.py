"""The draft's lines as curve nodes, one a stroke, and the VOI's long diameter: seen, not touched.

The pen and the eraser change the lines; the diameter is a circle of dots around the centre, to draw by.
"""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.drawing.recipe import Voi
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.editing.draft import Draft
from SketchNoduleSynthLib.mrml import scene as drawing

FOLDER = "Synthetic nodules"
CASE_ATTRIBUTE = "SketchNoduleSynth.Case"
"""Marks a case's text node; as the role of a reference, it leads from a curve to its case."""
COLORS = {"nodule": (1.0, 0.85, 0.1), "vessel": (1.0, 0.35, 0.3), "wall": (0.3, 0.75, 1.0), "other": (0.6, 0.95, 0.6)}
LINE_MM, GLYPH_MM = 0.25, 0.01
DOTS, DOT_SCALE, DOT_COLOR = 48, 0.4, (0.2, 0.8, 0.8)


class Curves:
    """The curves of the case whose text node is `case`; those that a saved scene brought are drawn anew."""

    def __init__(self, case: slicer.vtkMRMLTextNode) -> None:
        self.case, self.scene = case, case.GetScene()
        self._nodes: dict[Stroke, slicer.vtkMRMLMarkupsCurveNode] = {}
        self._circle: slicer.vtkMRMLMarkupsFiducialNode | None = None
        self._voi: Voi | None = None
        self._views: list[str] = []
        for curve in slicer.util.getNodesByClass("vtkMRMLMarkupsNode", self.scene):
            if curve.GetNodeReferenceID(CASE_ATTRIBUTE) == case.GetID():
                drawing.remove(curve)

    def update(self, draft: Draft) -> None:
        """Bring the curves up to `draft`."""
        strokes = draft.strokes if draft.voi is not None else ()
        for stroke in [stroke for stroke in self._nodes if draft.voi != self._voi or stroke not in strokes]:
            drawing.remove(self._nodes.pop(stroke))
        if draft.voi != self._voi:
            self._draw_circle(draft.voi)
        self._voi = draft.voi
        for stroke in strokes:
            if stroke not in self._nodes:
                self._nodes[stroke] = self._add(stroke, draft.placed())

    def lay_out(self, view: slicer.vtkMRMLSliceNode) -> None:
        """Show the curves in `view` only."""
        self._views = [view.GetID()]
        for curve in self._shown():
            curve.GetDisplayNode().SetViewNodeIDs(self._views)

    def show(self, is_shown: bool) -> None:
        """Show the curves, or not."""
        for curve in self._shown():
            curve.SetDisplayVisibility(is_shown)

    def _shown(self) -> list[slicer.vtkMRMLMarkupsNode]:
        """Lines and circle, without those that someone deleted."""
        nodes = [*self._nodes.values(), *([self._circle] if self._circle else [])]
        return [node for node in nodes if self.scene.IsNodePresent(node)]

    def _add(self, stroke: Stroke, voi: Voi) -> slicer.vtkMRMLMarkupsCurveNode:
        display = self._new_display(COLORS[stroke.label])
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(GLYPH_MM)
        display.SetCurveLineSizeMode(display.UseLineDiameter)
        display.SetLineDiameter(LINE_MM)
        curve = drawing.curve_from_stroke(stroke, voi.frame(1), self.scene, self.scene.AddNode(display))
        self._keep(curve)
        return curve

    def _draw_circle(self, voi: Voi | None) -> None:
        """The circle of the long diameter of `voi`; none if there is no VOI."""
        if self._circle is not None and (voi is None or not self.scene.IsNodePresent(self._circle)):
            drawing.remove(self._circle)
            self._circle = None
        if voi is None:
            return
        turns = np.linspace(0.0, 2 * np.pi, DOTS, endpoint=False)
        circle_mm = voi.diameter_mm / 2 * np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
        points = ras_of_lps(voi.frame(1).to_lps(circle_mm))
        if self._circle is None:
            self._circle = self._add_circle(points)
        else:
            drawing.set_points(self._circle, points)

    def _add_circle(self, points: NDArray[np.float64]) -> slicer.vtkMRMLMarkupsFiducialNode:
        display = self._new_display(DOT_COLOR)
        display.SetGlyphType(display.Vertex2D)
        display.SetGlyphScale(DOT_SCALE)
        circle = self.scene.CreateNodeByClass("vtkMRMLMarkupsFiducialNode")
        circle.UnRegister(None)
        circle.SetName("Long diameter")
        drawing.set_points(circle, points)
        circle.SetAndObserveDisplayNodeID(self.scene.AddNode(display).GetID())
        # Only now into the scene, as a curve.
        self._keep(self.scene.AddNode(circle))
        return circle

    def _new_display(self, color: tuple[float, float, float]) -> slicer.vtkMRMLMarkupsDisplayNode:
        display = self.scene.CreateNodeByClass("vtkMRMLMarkupsDisplayNode")
        display.UnRegister(None)
        display.SetViewNodeIDs(self._views)
        display.SetSelectedColor(*color)
        display.SetColor(*color)
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(False)
        return display

    def _keep(self, node: slicer.vtkMRMLMarkupsNode) -> None:
        node.SetNodeReferenceID(CASE_ATTRIBUTE, self.case.GetID())
        node.SetLocked(True)
        drawing.put_in_folder(FOLDER, [node], self.scene)
