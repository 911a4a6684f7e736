"""The draft's lines as curve nodes, one a stroke, and the VOI's long diameter.

The pen and the eraser change the lines, and the mouse while their points are edited; the diameter is a circle of dots
around the centre, to draw by.
"""

from __future__ import annotations

import numpy as np
import slicer
import slicer.util
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from SketchNoduleSynthLib.ct.frame import Frame
from SketchNoduleSynthLib.ct.grid import ras_of_lps
from SketchNoduleSynthLib.drawing.recipe import Draft
from SketchNoduleSynthLib.drawing.sketch import COLORS, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.drawing_tools import simplified
from SketchNoduleSynthLib.mrml.curve_points import follow_points, stroke_from_curve
from SketchNoduleSynthLib.mrml.nodes import put_in_folder, remove_node
from SketchNoduleSynthLib.mrml.session_text import SESSION_ATTRIBUTE
from SketchNoduleSynthLib.signals import Signal

FOLDER = "Synthetic nodules"
LABEL_ATTRIBUTE = "SketchNoduleSynth.Label"
LINE_MM, GLYPH_MM = 0.25, 0.01
HANDLE = 0.05
"""A point's glyph over the nodule's diameter."""
DOTS, DOT_SCALE, DOT_COLOR = 48, 1.0, (0.2, 0.8, 0.8)


class Curves:
    """The curves of the session whose text node is `text_node`; those that a saved scene brought are drawn anew.

    `reshaped`: the user changed a line by its points, into another; `gesture`: he begins or ends to do so.
    """

    def __init__(self, text_node: slicer.vtkMRMLTextNode) -> None:
        self.text_node, self.scene = text_node, text_node.GetScene()
        self._nodes: dict[Stroke, slicer.vtkMRMLMarkupsCurveNode] = {}
        self._circle: slicer.vtkMRMLMarkupsFiducialNode | None = None
        self._voi: Voi | None = None
        self._views: list[str] = []
        self._is_edited = False
        self.reshaped: Signal[Stroke, Stroke] = Signal()
        self.gesture: Signal[[]] = Signal()
        for curve in slicer.util.getNodesByClass("vtkMRMLMarkupsNode", self.scene):
            if curve.GetNodeReferenceID(SESSION_ATTRIBUTE) == text_node.GetID():
                remove_node(curve)

    def update(self, draft: Draft) -> None:
        strokes = draft.strokes if draft.voi is not None else ()
        for node in [node for node in self._nodes.values() if not _is_whole(node)]:  # Someone deleted it.
            remove_node(node)
        self._nodes = {stroke: node for stroke, node in self._nodes.items() if _is_whole(node)}
        if self._circle is not None and not _is_whole(self._circle):
            self._draw_circle(None)
        for stroke in [stroke for stroke in self._nodes if draft.voi != self._voi or stroke not in strokes]:
            remove_node(self._nodes.pop(stroke))
        if draft.voi != self._voi or self._circle is None:
            self._draw_circle(draft.voi)
        self._voi = draft.voi
        for stroke in strokes:
            if stroke not in self._nodes:
                self._nodes[stroke] = self._add(stroke, draft.placed())

    def edit(self, is_edited: bool, draft: Draft) -> None:
        """Give the lines points to be dragged, or draw them as they are."""
        if is_edited != self._is_edited:
            self._is_edited = is_edited
            while self._nodes:
                remove_node(self._nodes.popitem()[1])
            self.update(draft)

    @property
    def is_whole(self) -> bool:
        """Whether no line, nor the circle, was deleted by someone."""
        return len(self._shown()) == len(self._nodes) + (self._voi is not None)

    def remove(self) -> None:
        self.update(Draft())

    def lay_out(self, view: slicer.vtkMRMLSliceNode) -> None:
        self._views = [view.GetID()]
        for curve in self._shown():
            curve.GetDisplayNode().SetViewNodeIDs(self._views)

    def show(self, is_shown: bool) -> None:
        for curve in self._shown():
            curve.SetDisplayVisibility(is_shown)

    def _shown(self) -> list[slicer.vtkMRMLMarkupsNode]:
        """Lines and circle, without those that someone deleted."""
        nodes = [*self._nodes.values(), *([self._circle] if self._circle else [])]
        return [node for node in nodes if _is_whole(node)]

    def _add(self, stroke: Stroke, voi: Voi) -> slicer.vtkMRMLMarkupsCurveNode:
        display = self._new_display(COLORS[stroke.label])
        display.SetUseGlyphScale(False)
        display.SetGlyphSize(GLYPH_MM)
        display.SetCurveLineSizeMode(display.UseLineDiameter)
        display.SetLineDiameter(LINE_MM)
        plane = voi.plane(stroke.label)
        if self._is_edited:
            display.SetGlyphSize(voi.diameter_mm * HANDLE)
            drawn = simplified(stroke, HANDLE * voi.diameter_mm / 2)
        curve = curve_from_stroke(drawn if self._is_edited else stroke, plane, self.scene, self.scene.AddNode(display))
        self._keep(curve)
        if self._is_edited:
            curve.SetCurveTypeToCardinalSpline()
            curve.SetLocked(False)
            follow_points(curve, HANDLE * voi.diameter_mm, lambda: self._on_reshaped(curve, plane), self.gesture.emit)
        return curve

    def _on_reshaped(self, curve: slicer.vtkMRMLMarkupsCurveNode, plane: Frame) -> None:
        was = next((stroke for stroke, node in self._nodes.items() if node is curve), None)
        if was is not None:
            stroke = stroke_from_curve(curve, plane, was)
            self._nodes[stroke] = self._nodes.pop(was)
            self.reshaped.emit(was, stroke)

    def _draw_circle(self, voi: Voi | None) -> None:
        if self._circle is not None and (voi is None or not self.scene.IsNodePresent(self._circle)):
            remove_node(self._circle)
            self._circle = None
        if voi is None:
            return
        turns = np.linspace(0.0, 2 * np.pi, DOTS, endpoint=False)
        circle_mm = voi.diameter_mm / 2 * np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
        points = ras_of_lps(voi.frame(1).to_lps(circle_mm))
        if self._circle is None:
            self._circle = self._add_circle(points)
        else:
            set_points(self._circle, points)

    def _add_circle(self, points: NDArray[np.float64]) -> slicer.vtkMRMLMarkupsFiducialNode:
        display = self._new_display(DOT_COLOR)
        display.SetGlyphType(display.Circle2D)
        display.SetGlyphScale(DOT_SCALE)
        circle = self.scene.CreateNodeByClass("vtkMRMLMarkupsFiducialNode")
        circle.UnRegister(None)
        circle.SetName("Long diameter")
        circle.SetHideFromEditors(True)
        set_points(circle, points)
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
        node.SetNodeReferenceID(SESSION_ATTRIBUTE, self.text_node.GetID())
        node.SetLocked(True)
        put_in_folder(FOLDER, [node], self.scene)


def _is_whole(node: slicer.vtkMRMLMarkupsNode) -> bool:
    return node.GetScene() is not None and node.GetDisplayNode() is not None


def curve_from_stroke(
    stroke: Stroke,
    frame: Frame,
    scene: slicer.vtkMRMLScene,
    display: slicer.vtkMRMLMarkupsDisplayNode | None = None,
) -> slicer.vtkMRMLMarkupsCurveNode:
    """A new linear (closed) curve node through the points of `stroke` on the plane of `frame`.

    `display`: how it looks, and in which views; else as the user's settings have it.
    """
    kind = "vtkMRMLMarkupsClosedCurveNode" if stroke.closed else "vtkMRMLMarkupsCurveNode"
    curve = scene.CreateNodeByClass(kind)
    curve.UnRegister(None)
    curve.SetName(stroke.label)
    curve.SetCurveTypeToLinear()
    curve.SetAttribute(LABEL_ATTRIBUTE, stroke.label)
    local = np.pad(stroke.points_mm, ((0, 0), (0, 1)))
    set_points(curve, ras_of_lps(frame.to_lps(local)))
    if display is not None:
        curve.SetAndObserveDisplayNodeID(display.GetID())
    # Only now into the scene: every view that shows it follows each of its points.
    return scene.AddNode(curve)


def set_points(node: slicer.vtkMRMLMarkupsNode, points_ras_mm: NDArray[np.float64]) -> None:
    """Give a markups node these control points, (n, 3) in world RAS mm, all at once."""
    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(points_ras_mm, deep=True))
    node.SetControlPointPositionsWorld(points)
