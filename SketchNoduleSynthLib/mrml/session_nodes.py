"""The nodes of a session in a MRML scene: what it shows, and what the user drags back into it.

| node | role |
| --- | --- |
| source | the CT; never written |
| result | its copy, with the nodules |
| VOI | a markups ROI, the draft's; dragging it moves the draft |
| curves | the draft's lines, locked: the pen draws them |
| preview | the sketch plane as the network makes it, a volume of one slice |
| nodules | a segmentation, one segment a nodule |
| nodule texts | the nodules with their voxels as JSON, a text node each |
| session | the rest of the session as JSON in a text node, which refers to all others; a saved scene holds it |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import slicer

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import Draft
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.session_file import from_json, to_json
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.curves import FOLDER, Curves
from SketchNoduleSynthLib.mrml.nodes import new_helper, put_in_folder, remove_node, remove_orphans
from SketchNoduleSynthLib.mrml.nodule_texts import NoduleTexts
from SketchNoduleSynthLib.mrml.opened_ct import OpenedCt
from SketchNoduleSynthLib.mrml.placement import Placement
from SketchNoduleSynthLib.mrml.segments import NODULES, Segments
from SketchNoduleSynthLib.mrml.session_text import new_session_text
from SketchNoduleSynthLib.mrml.shared_window import SharedWindow
from SketchNoduleSynthLib.mrml.voi_box import VOI, VoiBox

if TYPE_CHECKING:
    from SketchNoduleSynthLib.editing.nodule import Nodule
    from SketchNoduleSynthLib.editing.work import Preview

RESULT, PREVIEW, EDGES = "Result", "Preview", "Edges"


class SessionNodes:
    """The session of one CT in its scene; `saved`: the text node of one that was saved.

    `session`: what `saved` holds, where it is known already. `moved`: what is made may lie elsewhere than the CT, see
    :meth:`put_in_place`. Raises :class:`InputError` if the volume node `source`
    holds no CT, or `saved` is damaged or another CT's.
    """

    def __init__(
        self,
        source: slicer.vtkMRMLScalarVolumeNode,
        saved: slicer.vtkMRMLTextNode | None = None,
        session: Session | None = None,
    ) -> None:
        if session is None:
            volume = volumes.volume_from_node(source)
            session = from_json(volume, saved.GetText(), NoduleTexts(saved).read()) if saved else Session(volume)
        self.scene, self.session = source.GetScene(), session
        self.notice = ""
        """A sentence for the user of how the session was opened."""
        self._opened = OpenedCt(source, session)
        self.source, self.text_node = source, saved or new_session_text(source)
        self._drawn: tuple[Draft | None, tuple[Nodule, ...]] = (None, ())
        self.curves, self.segments = Curves(self.text_node), Segments(self.text_node)
        self.curves.reshaped.connect(session.reshape)
        self.curves.gesture.connect(session.end_gesture)
        self.nodule_texts = NoduleTexts(self.text_node)
        self.box = VoiBox(self.text_node, self.session)
        self.refused = self.box.refused
        self.window = SharedWindow()
        self._placement = Placement(self._opened, self.segments)
        self.moved = self._placement.moved
        self.window.join(source, self.result, self.node(PREVIEW))
        self._disconnect = self.session.changed.connect(self.update)
        self.update(())

    # Nodes

    def node(self, role: str) -> slicer.vtkMRMLNode | None:
        """The node of that role; None if it is not made yet or was deleted."""
        return self.text_node.GetNodeReference(role)

    def is_in_scene(self) -> bool:
        return all(self.scene.IsNodePresent(node) for node in (self.source, self.text_node))

    def is_up_to_date(self) -> bool:
        """Whether the CT is still what was opened: its voxels, and where they lie in the world."""
        return self._opened.holds()

    @property
    def result(self) -> slicer.vtkMRMLScalarVolumeNode | None:
        """The CT with the nodules, made with the first of them."""
        return self.node(RESULT)

    @property
    def roi(self) -> slicer.vtkMRMLMarkupsROINode | None:
        return self.box.node

    @property
    def shown_volume(self) -> slicer.vtkMRMLScalarVolumeNode:
        """What the views show: the result, or the source where there is none yet."""
        return self.result or self.source

    # Both ways

    def update(self, boxes: Sequence[Box]) -> None:
        """Bring the nodes up to the session; `boxes` of voxels may have changed."""
        draft, nodules = self.session.draft, self.session.nodules
        if nodules is not self._drawn[1]:
            self._update_voxels(boxes)
            self.nodule_texts.update(nodules)
            if self.result is not None:
                self.segments.update(nodules, self.result, f"{self.source.GetName()} nodules")
                self._placement.watch(self.result)
        if draft is not self._drawn[0]:
            if self.roi is None or self._drawn[0] is None or draft.voi != self._drawn[0].voi:
                self.box.update(draft.voi)
            self.curves.update(draft)
        self.text_node.SetText(to_json(self.session))
        self._drawn = (draft, nodules)

    def _update_voxels(self, boxes: Sequence[Box]) -> None:
        result = self.result
        if result is None and not self.session.nodules:
            return
        if result is None:
            result = volumes.result_from_source(self.source, f"{self.source.GetName()} synthetic")
            self._keep(RESULT, result)
            self.window.join(result)
            boxes = [nodule.insertion.box for nodule in self.session.nodules if nodule.insertion is not None]
        volumes.rewrite(result, [(box, self.session.read(box)) for box in boxes])

    def lay_out(self, sketch: slicer.vtkMRMLSliceNode) -> None:
        """Show the lines in the view `sketch` only, and the VOI's box, which fills it, in all others."""
        self.curves.lay_out(sketch)
        self.box.lay_out(sketch)

    def show_drawing(self, is_shown: bool) -> None:
        self.curves.show(is_shown)
        self.box.show(is_shown)

    # Preview

    def show_preview(self, preview: Preview) -> slicer.vtkMRMLScalarVolumeNode:
        node = self.node(PREVIEW)
        plane = Volume(preview.hu[None], preview.frame.grid)
        if node is None:
            node = volumes.node_from_volume(plane, "Sketch plane", self.scene, is_helper=True)
            self._keep(PREVIEW, node)
            self.window.join(node)
        else:
            volumes.update_node(node, plane)
        return node

    def show_edges(self, plane: Volume) -> slicer.vtkMRMLLabelMapVolumeNode:
        """Bring the node of the CT's edges up to `plane` (1 at an edge) and return it."""
        node = self.node(EDGES)
        if node is None:
            node = new_helper("vtkMRMLLabelMapVolumeNode", "Edges of the CT", self.scene)
            node.CreateDefaultDisplayNodes()
            node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeLabels")
            self._keep(EDGES, node)
        volumes.update_node(node, plane)
        return node

    def put_in_place(self) -> None:
        """Put what is made back where the CT lies, if someone moved it, and tell it."""
        for node in self._placement.restore(self.result) if self.result is not None else ():
            name = self.source.GetName()
            self.refused.emit(f"{node.GetName()} lies where {name} lies, again: to move it, move a copy of it.")

    def restore(self) -> bool:
        """Make again what of it someone deleted; whether anything was."""
        nodules, voi = self.session.nodules, self.session.draft.voi
        wanted = (RESULT, NODULES) * bool(nodules) + (VOI,) * (voi is not None)
        nodes = [self.node(role) for role in wanted]
        is_whole = all(node is not None and node.GetDisplayNode() is not None for node in nodes)
        if is_whole and self.curves.is_whole:
            return False
        self._drawn = (None, ())
        self.update(())
        remove_orphans(self.scene)
        self.window.join(self.source, self.result)
        return True

    def remove(self) -> None:
        """Stop listening, and leave nothing behind but what was made: the CT with nodules, and their segmentation."""
        self.close()
        roles = [PREVIEW, EDGES, VOI, *([] if self.session.nodules else [RESULT, NODULES])]
        for node in [self.node(role) for role in roles]:
            if node is not None:
                remove_node(node)
        self.curves.remove()
        self.nodule_texts.update(())
        remove_node(self.text_node)
        remove_orphans(self.scene)

    def close(self) -> None:
        """Stop listening; the nodes stay."""
        self._disconnect()
        self.box.close()
        self.window.close()
        self._placement.close()

    # Within

    def _keep(self, role: str, node: slicer.vtkMRMLNode) -> None:
        self.text_node.SetNodeReferenceID(role, node.GetID())
        put_in_folder(FOLDER, [node], self.scene)
