"""The VOI as a markups ROI: a box in the views that says where the draft is, and moves it when it is dragged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np
import slicer
import slicer.util
import vtk

from SketchNoduleSynthLib.drawing.voi import SIDE_PER_DIAMETER, Voi
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.curves import FOLDER
from SketchNoduleSynthLib.mrml.nodes import put_in_folder, remove_node
from SketchNoduleSynthLib.mrml.roi import BODY, frame_from_roi, roi_from_frame, update_roi, voi_from_roi
from SketchNoduleSynthLib.signals import Signal

VOI = "VOI"
"""The role of the box among the nodes of the session."""
COLOR, HANDLE_SCALE, LINE_MM = (0.2, 0.8, 0.8), 1.5, 0.3
LEAST_PULL_MM = 1e-3
"""A side of the box that differs by more was pulled by its handle: the diameter changes, the centre stays."""


class VoiBox:
    """The box of the draft of `session`, whose text node is `text_node`.

    `refused`: what the user dragged cannot be, and a sentence why; empty when it is well again.
    """

    def __init__(self, text_node: slicer.vtkMRMLTextNode, session: Session) -> None:
        self.text_node, self.session = text_node, session
        self.refused: Signal[str] = Signal()
        self._views: list[str] = []
        self._observed: list[tuple[vtk.vtkObject, int]] = []
        self._is_updating = self._is_refused = False
        self._axes = BODY
        """Those of the box at the last event: it is turned by less than half a right angle from one to the next."""
        if self.node is not None:
            self._observe(self.node)

    @property
    def node(self) -> slicer.vtkMRMLMarkupsROINode | None:
        return self.text_node.GetNodeReference(VOI)

    def update(self, voi: Voi | None) -> None:
        self._axes = voi.frame(1).axes if voi is not None else BODY
        with self._updating():
            node = self.node
            if node is not None and node.GetDisplayNode() is None:  # Someone deleted it.
                remove_node(node)
                node = None
            if voi is None:
                if node is not None:
                    remove_node(node)
            elif node is None:
                self._add(voi)
            else:
                update_roi(node, voi.frame(1))

    def lay_out(self, sketch: slicer.vtkMRMLSliceNode) -> None:
        """Show the box, which fills the view `sketch`, in all others only."""
        views = slicer.util.getNodesByClass("vtkMRMLAbstractViewNode", self.text_node.GetScene())
        self._views = [view.GetID() for view in views if view is not sketch]
        if self.node is not None:
            self.node.GetDisplayNode().SetViewNodeIDs(self._views)

    def show(self, is_shown: bool) -> None:
        if self.node is not None:
            self.node.SetDisplayVisibility(is_shown)

    def close(self) -> None:
        """Stop listening; the node stays."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []

    def _add(self, voi: Voi) -> None:
        scene = self.text_node.GetScene()
        node = roi_from_frame(voi.frame(1), "VOI", scene)
        node.CreateDefaultDisplayNodes()  # Slicer makes one only outside of a batch of changes.
        display = node.GetDisplayNode()
        display.SetFillVisibility(False)
        display.SetPointLabelsVisibility(False)
        display.SetPropertiesLabelVisibility(False)
        display.SetHandlesInteractive(True)
        display.SetInteractionHandleScale(HANDLE_SCALE)
        display.SetGlyphScale(HANDLE_SCALE)
        display.SetLineThickness(LINE_MM)
        display.SetSelectedColor(*COLOR)
        display.SetColor(*COLOR)
        display.SetViewNodeIDs(self._views)
        display.SetRotationHandleVisibility(True)
        display.SetRotationHandleComponentVisibility(True, True, False, False)  # In its own plane it is not turned.
        self.text_node.SetNodeReferenceID(VOI, node.GetID())
        put_in_folder(FOLDER, [node], scene)
        self._observe(node)

    def _on_dragged(self, ended: bool, node: slicer.vtkMRMLMarkupsROINode, event: str) -> None:
        """Take over where the box was dragged; when the mouse is let go (`ended`), what cannot be goes back."""
        voi = self.session.draft.voi
        if self._is_updating or voi is None:
            return
        try:
            frame = frame_from_roi(node, 1, self._axes)
            self._axes, sides = frame.axes, np.array(frame.extent)
            pulled = sides[np.argmax(np.abs(sides - voi.side_mm))]
            if abs(pulled - voi.side_mm) > LEAST_PULL_MM:
                self.session.set_voi(replace(voi, diameter_mm=round(float(pulled) / SIDE_PER_DIAMETER, 3)))
            else:
                self.session.set_voi(replace(voi_from_roi(node, self._axes), diameter_mm=voi.diameter_mm))
            is_refused = ""
        except InputError as error:
            is_refused = str(error)
        if is_refused or self._is_refused:
            self.refused.emit(is_refused)
        self._is_refused = bool(is_refused)
        if ended:
            self.update(self.session.draft.voi)

    def _observe(self, node: slicer.vtkMRMLMarkupsROINode) -> None:
        markups = slicer.vtkMRMLMarkupsNode
        for event in (vtk.vtkCommand.ModifiedEvent, markups.PointModifiedEvent, markups.PointEndInteractionEvent):
            ended = event == markups.PointEndInteractionEvent
            self._observed.append((node, node.AddObserver(event, partial(self._on_dragged, ended))))
        for event in (markups.PointStartInteractionEvent, markups.PointEndInteractionEvent):
            self._observed.append((node, node.AddObserver(event, lambda *_event: self.session.end_gesture())))

    @contextmanager
    def _updating(self) -> Iterator[None]:
        """While what is done to the node is not the user's doing."""
        was, self._is_updating = self._is_updating, True
        try:
            yield
        finally:
            self._is_updating = was
