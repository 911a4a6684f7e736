"""A session in a MRML scene: what it shows as nodes, and what the user drags back into it.

| node | role |
| --- | --- |
| source | the CT; never written |
| result | its copy, with the nodules |
| VOI | a markups ROI, the draft's; dragging it moves the draft |
| curves | the draft's lines, locked: the pen draws them |
| preview | the sketch plane as the network makes it, a volume of one slice |
| nodules | a segmentation, one segment a nodule |
| case | the session as JSON in a text node, which refers to all others; a saved scene holds it |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import slicer
import slicer.util
import vtk

from SketchNoduleSynthLib.cases.draft import Draft
from SketchNoduleSynthLib.cases.session import Session
from SketchNoduleSynthLib.cases.session_file import from_json, to_json
from SketchNoduleSynthLib.ct.frame import Box
from SketchNoduleSynthLib.drawing.recipe import SIDE_PER_DIAMETER
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import scene as drawing
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.curves import CASE_ATTRIBUTE, FOLDER, Curves

if TYPE_CHECKING:
    from SketchNoduleSynthLib.cases.nodule import Nodule
    from SketchNoduleSynthLib.cases.work import Preview
    from SketchNoduleSynthLib.ct.volume import Volume
    from SketchNoduleSynthLib.synthesis.pipeline import Insertion

SOURCE, RESULT, VOI, NODULES = "Source", "Result", "VOI", "Nodules"
PREVIEW, EDGES = "Preview", "Edges"
VOI_COLOR, HANDLE_SCALE = (0.2, 0.8, 0.8), 1.5
LEAST_PULL_MM = 1e-3
"""A side of the box that differs by more was pulled by its handle: the diameter changes, the centre stays."""


def saved_case(source: slicer.vtkMRMLScalarVolumeNode) -> slicer.vtkMRMLTextNode | None:
    """The text node of the case of `source` that is in its scene, if there is one."""
    if source is None:
        return None
    for node in slicer.util.getNodesByClass("vtkMRMLTextNode", source.GetScene()):
        if node.GetAttribute(CASE_ATTRIBUTE) and node.GetNodeReferenceID(SOURCE) == source.GetID() and node.GetText():
            return node
    return None


class SceneCase:
    """The session of one CT in its scene.

    Raises :class:`InputError` if the volume node `source` holds no CT. `case`: the text node of a case that was saved.
    """

    def __init__(self, source: slicer.vtkMRMLScalarVolumeNode, case: slicer.vtkMRMLTextNode | None = None) -> None:
        volume = volumes.volume_from_node(source)
        self.scene = source.GetScene()
        self.session = from_json(volume, case.GetText()) if case else Session(volume)
        self.source, self.case = source, case or self._new_case(source)
        self.told: Callable[[str], None] = lambda message: None
        """Called with a sentence when what the user dragged cannot be."""
        self._voi_views: list[str] = []
        self._segments: dict[Insertion, str] = {}
        self._observed: list[tuple[vtk.vtkObject, int]] = []
        self._is_updating = False
        self._drawn: tuple[Draft | None, tuple[Nodule, ...]] = (None, ())
        self.curves = Curves(self.case)
        self._stop = self.session.observe(self.update)
        if self.roi is not None:
            self._observe_roi(self.roi)
        self.update(())

    # Nodes

    def node(self, role: str) -> slicer.vtkMRMLNode | None:
        """The node of that role; None if it is not made yet or was deleted."""
        return self.case.GetNodeReference(role)

    def is_whole(self) -> bool:
        """Whether the CT and the case's own node are still in the scene."""
        return all(self.scene.IsNodePresent(node) for node in (self.source, self.case))

    @property
    def result(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        """The CT with the nodules, made with the first of them."""
        return self.node(RESULT)

    @property
    def roi(self) -> slicer.vtkMRMLMarkupsROINode | None:
        """The VOI's."""
        return self.node(VOI)

    @property
    def shown_volume(self) -> slicer.vtkMRMLScalarVolumeNode:
        """What the views show: the result, or the source where there is none yet."""
        return self.result or self.source

    # Both ways

    def update(self, boxes: Sequence[Box]) -> None:
        """Bring the nodes up to the session; `boxes` of voxels may have changed."""
        draft, nodules = self.session.draft, self.session.nodules
        with self._updating():
            if nodules is not self._drawn[1]:
                self._update_voxels(boxes)
                self._update_segments(nodules)
            if draft is not self._drawn[0]:
                if self.roi is None or self._drawn[0] is None or draft.voi != self._drawn[0].voi:
                    self._update_roi(draft)
                self.curves.update(draft)
            self.case.SetText(to_json(self.session))
        self._drawn = (draft, nodules)

    def _update_voxels(self, boxes: Sequence[Box]) -> None:
        result = self.result
        if result is None and not self.session.nodules:
            return
        if result is None:
            result = volumes.result_from_source(self.source, f"{self.source.GetName()} synthetic")
            self._keep(RESULT, result)
            boxes = [nodule.insertion.box for nodule in self.session.nodules if nodule.insertion is not None]
        volumes.rewrite(result, [(box, self.session.read(box)) for box in boxes])

    def _update_segments(self, nodules: Sequence[Nodule]) -> None:
        result, node = self.result, self.node(NODULES)
        if result is None:
            return
        if node is None:
            node = volumes.segmentation_beside(result, f"{self.source.GetName()} nodules")
            node.GetDisplayNode().SetVisibility2DFill(False)
            self._keep(NODULES, node)
            self._segments = {}
        segments = node.GetSegmentation()
        wanted = {nodule.insertion: nodule.key for nodule in nodules if nodule.is_shown and nodule.insertion}
        for insertion in [insertion for insertion in self._segments if insertion not in wanted]:
            segments.RemoveSegment(self._segments.pop(insertion))
        for insertion, key in wanted.items():
            if insertion not in self._segments:
                name = f"Nodule {key}"
                self._segments[insertion] = volumes.add_segment(node, result, name, insertion.box, insertion.nodule)
        node.CreateClosedSurfaceRepresentation()

    def _update_roi(self, draft: Draft) -> None:
        roi = self.roi
        if draft.voi is None:
            if roi is not None:
                drawing.remove(roi)
            return
        frame = draft.voi.frame(1)
        if roi is None:
            roi = drawing.roi_from_frame(frame, "VOI", self.scene)
            display = roi.GetDisplayNode()
            display.SetFillVisibility(False)
            display.SetPointLabelsVisibility(False)
            display.SetPropertiesLabelVisibility(False)
            display.SetHandlesInteractive(True)
            display.SetInteractionHandleScale(HANDLE_SCALE)
            display.SetGlyphScale(HANDLE_SCALE)
            display.SetLineThickness(0.3)
            display.SetSelectedColor(*VOI_COLOR)
            display.SetColor(*VOI_COLOR)
            display.SetViewNodeIDs(self._voi_views)
            display.SetRotationHandleVisibility(True)
            display.SetRotationHandleComponentVisibility(True, True, False, False)  # In its own plane it is not turned.
            self._keep(VOI, roi)
            self._observe_roi(roi)
        else:
            drawing.update_roi(roi, frame)

    def _on_roi(self, ended: bool, roi: slicer.vtkMRMLMarkupsROINode, event: str) -> None:
        """Take over where the box was dragged; when the mouse is let go (`ended`), what cannot be goes back."""
        voi = self.session.draft.voi
        if self._is_updating or voi is None:
            return
        try:
            sides = np.array(drawing.frame_from_roi(roi, 1).extent)
            pulled = sides[np.argmax(np.abs(sides - voi.side_mm))]
            if abs(pulled - voi.side_mm) > LEAST_PULL_MM:
                self.session.set_voi(replace(voi, diameter_mm=round(float(pulled) / SIDE_PER_DIAMETER, 3)))
            else:
                self.session.set_voi(replace(drawing.voi_from_roi(roi), diameter_mm=voi.diameter_mm))
        except InputError as error:
            self.told(str(error))
        if ended:
            with self._updating():
                self._update_roi(self.session.draft)

    def lay_out(self, sketch: slicer.vtkMRMLSliceNode) -> None:
        """Show the lines in the view `sketch` only, and the VOI's box, which fills it, in all others."""
        views = slicer.util.getNodesByClass("vtkMRMLAbstractViewNode", self.scene)
        self.curves.lay_out(sketch)
        self._voi_views = [view.GetID() for view in views if view is not sketch]
        if self.roi is not None:
            self.roi.GetDisplayNode().SetViewNodeIDs(self._voi_views)

    def show_drawing(self, is_shown: bool) -> None:
        """Show the VOI's box and the lines, or not."""
        self.curves.show(is_shown)
        if self.roi is not None:
            self.roi.SetDisplayVisibility(is_shown)

    def show_outlines(self, is_shown: bool) -> None:
        """Show the nodules' outlines, or not."""
        node = self.node(NODULES)
        if node is not None:
            node.SetDisplayVisibility(is_shown)

    # Preview

    def show_preview(self, preview: Preview) -> slicer.vtkMRMLScalarVolumeNode:
        """Bring the preview's node up to `preview` and return it."""
        node = self.node(PREVIEW)
        plane = preview.frame.as_volume(preview.hu[None])
        if node is None:
            node = volumes.node_from_volume(plane, "Sketch plane", self.scene)
            node.SetHideFromEditors(True)
            self._keep(PREVIEW, node)
        else:
            volumes.update_node(node, plane)
        return node

    def show_edges(self, plane: Volume) -> slicer.vtkMRMLLabelMapVolumeNode:
        """Bring the node of the CT's edges up to `plane` (1 at an edge) and return it."""
        node = self.node(EDGES)
        if node is None:
            node = self.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Edges of the CT")
            node.SetHideFromEditors(True)
            node.CreateDefaultDisplayNodes()
            node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeLabels")
            self._keep(EDGES, node)
        volumes.update_node(node, plane)
        return node

    def close(self) -> None:
        """Stop listening; the nodes stay."""
        self._stop()
        self.told = lambda message: None
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []

    # Within

    def _new_case(self, source: slicer.vtkMRMLScalarVolumeNode) -> slicer.vtkMRMLTextNode:
        case = self.scene.AddNewNodeByClass("vtkMRMLTextNode", f"{source.GetName()} case")
        case.SetAttribute(CASE_ATTRIBUTE, "1")
        case.SetForceCreateStorageNode(slicer.vtkMRMLTextNode.CreateStorageNodeAlways)
        case.SetNodeReferenceID(SOURCE, source.GetID())
        return case

    def _keep(self, role: str, node: slicer.vtkMRMLNode) -> None:
        self.case.SetNodeReferenceID(role, node.GetID())
        drawing.put_in_folder(FOLDER, [node], self.scene)

    def _observe_roi(self, roi: slicer.vtkMRMLMarkupsROINode) -> None:
        markups = slicer.vtkMRMLMarkupsNode
        for event in (vtk.vtkCommand.ModifiedEvent, markups.PointModifiedEvent, markups.PointEndInteractionEvent):
            self._observed.append(
                (roi, roi.AddObserver(event, partial(self._on_roi, event == markups.PointEndInteractionEvent)))
            )

    @contextmanager
    def _updating(self) -> Iterator[None]:
        was, self._is_updating = self._is_updating, True
        try:
            yield
        finally:
            self._is_updating = was
