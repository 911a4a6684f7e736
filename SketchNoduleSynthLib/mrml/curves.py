"""The draft's lines as curve nodes, one a stroke: seen, not touched; the pen and the eraser change them."""

from __future__ import annotations

import slicer
import slicer.util

from SketchNoduleSynthLib.cases.draft import Draft
from SketchNoduleSynthLib.drawing.recipe import Voi
from SketchNoduleSynthLib.drawing.sketch import Stroke
from SketchNoduleSynthLib.mrml import scene as drawing

FOLDER = "Synthetic nodules"
CASE_ATTRIBUTE = "SketchNoduleSynth.Case"
"""Marks a case's text node; as the role of a reference, it leads from a curve to its case."""
COLORS = {"nodule": (1.0, 0.85, 0.1), "vessel": (1.0, 0.35, 0.3), "wall": (0.3, 0.75, 1.0), "other": (0.6, 0.95, 0.6)}
LINE_MM, GLYPH_MM = 0.25, 0.01


class Curves:
    """The curves of the case whose text node is `case`; those that a saved scene brought are drawn anew."""

    def __init__(self, case: slicer.vtkMRMLTextNode) -> None:
        self.case, self.scene = case, case.GetScene()
        self._nodes: dict[Stroke, slicer.vtkMRMLMarkupsCurveNode] = {}
        self._voi: Voi | None = None
        self._views: list[str] = []
        for curve in slicer.util.getNodesByClass("vtkMRMLMarkupsCurveNode", self.scene):
            if curve.GetNodeReferenceID(CASE_ATTRIBUTE) == case.GetID():
                drawing.remove(curve)

    def update(self, draft: Draft) -> None:
        """Bring the curves up to `draft`."""
        strokes = draft.strokes if draft.voi is not None else ()
        for stroke in [stroke for stroke in self._nodes if draft.voi != self._voi or stroke not in strokes]:
            drawing.remove(self._nodes.pop(stroke))
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

    def _shown(self) -> list[slicer.vtkMRMLMarkupsCurveNode]:
        """Without those that someone deleted."""
        return [curve for curve in self._nodes.values() if self.scene.IsNodePresent(curve)]

    def _add(self, stroke: Stroke, voi: Voi) -> slicer.vtkMRMLMarkupsCurveNode:
        display = self.scene.CreateNodeByClass("vtkMRMLMarkupsDisplayNode")
        display.UnRegister(None)
        display.SetViewNodeIDs(self._views)
        display.SetSelectedColor(*COLORS[stroke.label])
        display.SetColor(*COLORS[stroke.label])
        display.SetPropertiesLabelVisibility(False)
        display.SetPointLabelsVisibility(False)
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(GLYPH_MM)
        display.SetCurveLineSizeMode(display.UseLineDiameter)
        display.SetLineDiameter(LINE_MM)
        curve = drawing.curve_from_stroke(stroke, voi.frame(1), self.scene, self.scene.AddNode(display))
        curve.SetNodeReferenceID(CASE_ATTRIBUTE, self.case.GetID())
        curve.SetLocked(True)
        drawing.put_in_folder(FOLDER, [curve], self.scene)
        return curve
