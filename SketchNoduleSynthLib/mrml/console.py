"""The editing sessions of a scene, and what can be done to them from Slicer's Python console."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import slicer
from numpy.typing import ArrayLike, NDArray

from SketchNoduleSynthLib.drawing.sketch import LINES, Label, Stroke
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.generation.suggestion import Wishes
from SketchNoduleSynthLib.mrml.reopening import reopened
from SketchNoduleSynthLib.mrml.session_nodes import SessionNodes
from SketchNoduleSynthLib.mrml.session_text import saved_session
from SketchNoduleSynthLib.signals import Signal
from SketchNoduleSynthLib.synthesis.result import write


class Console:
    """All methods act on the session that was opened last, at once and on the caller's thread.

    What cannot be done raises :class:`InputError` with a sentence that says why.
    """

    def __init__(self) -> None:
        self._opened: dict[str, SessionNodes] = {}
        self._current: SessionNodes | None = None
        self.opened: Signal[Any] = Signal()
        """The volume node of another CT than before is current."""

    @property
    def nodes(self) -> SessionNodes:
        if self._current is None or not self._current.is_in_scene():
            raise InputError("No CT is open; call open(volumeNode) first.")
        return self.open(self._current.source)

    @property
    def session(self) -> Session:
        return self.nodes.session

    def open(self, volume_node: slicer.vtkMRMLScalarVolumeNode) -> SessionNodes:
        """Make the session of a CT the current one: that of the scene if there is one, else a new one.

        A CT that was moved or changed since is opened again as it is, with what was drawn. What was deleted of the
        session while another CT was current is made again.
        """
        nodes = self._opened.get(volume_node.GetID()) if volume_node is not None else None
        if nodes is None or not nodes.is_in_scene():
            nodes = SessionNodes(volume_node, saved_session(volume_node))
            self._opened[volume_node.GetID()] = nodes
        elif not nodes.is_up_to_date():
            nodes = self._opened[volume_node.GetID()] = reopened(nodes)
        nodes.put_in_place()
        nodes.restore()
        was, self._current = self._current, nodes
        if was is None or was.source is not nodes.source:
            self.opened.emit(nodes.source)
        return nodes

    def place(
        self,
        center_ras_mm: Sequence[float],
        diameter_mm: float | None = None,
        tilt_lr_deg: float = 0.0,
        tilt_hf_deg: float = 0.0,
    ) -> None:
        """Put the VOI at a point of the CT (RAS mm), tilted by up to 30 degrees, without a drawing."""
        self.session.place(center_ras_mm, diameter_mm)
        voi = self.session.draft.placed()
        self.session.set_voi(Voi(voi.center_ras_mm, voi.diameter_mm, tilt_lr_deg, tilt_hf_deg))

    def draw(self, points_mm: ArrayLike, label: Label = "nodule", closed: bool | None = None) -> None:
        """A line on the sketch plane, (n, 2) u (right) and v (down) in mm from the VOI's centre.

        An outline is closed, vessels and walls are not, unless `closed` says otherwise.
        """
        points = np.asarray(points_mm, float)
        self.session.draw(Stroke(points, label, label not in LINES if closed is None else closed))

    def suggest(self, spicules: bool = False, lobulation: bool = False, tags: bool = False) -> None:
        """A plausible drawing for the place, size and attenuation at hand; again: another one."""
        self.session.suggest(Wishes(spicules, lobulation, tags))

    def choose(self, **choices: Any) -> None:
        """Set `model`, `attenuation`, `seed` or `style`."""
        self.session.end_gesture()
        self.session.choose(**choices)

    def preview(self) -> NDArray[np.float32]:
        """The sketch plane (v, u) in HU, 128 x 128 over the VOI, as :meth:`insert` will make it, but for its noise."""
        return self.session.preview()().hu

    def insert(self) -> int:
        """Put the draft into the copy of the CT, ``nodes.result``; the nodule's key.

        Until :meth:`place` begins another one, this changes the same nodule again.
        """
        self.session.carry_out(self.session.insert())
        return self.session.state.edited or 0

    def add_random(self, count: int, difficulty: str | None = None, seed: int = 0) -> list[int]:
        """Put nodules where nodules can be, clear of each other and of those that are there; their keys.

        Outlines, sizes and attenuations are LIDC's. `difficulty`: conspicuous, moderate, subtle, or any.
        """
        there = [nodule.key for nodule in self.session.nodules]
        self.session.carry_out(self.session.add_random(count, difficulty, seed))
        return [nodule.key for nodule in self.session.nodules if nodule.key not in there]

    def find(self, click_ras_mm: Sequence[float]) -> int:
        """Measure the real nodule at a point of the CT (RAS mm); its key. See :meth:`report`."""
        work = self.session.find(click_ras_mm)
        self.session.carry_out(work)
        return self.session.nodules[-1].key

    def take_out(self, key: int, is_removed: bool = True) -> None:
        """Fill the place of a real nodule that was found with lung; False: put it back."""
        self.session.carry_out(self.session.take_out(key, is_removed))

    def edit(self, key: int) -> None:
        """Take a nodule as the draft, to change it; a real one as a drawing in its place, to be made anew."""
        self.session.edit(key)

    def copy(self, key: int, center_ras_mm: Sequence[float]) -> None:
        """Take a nodule's drawing, with its attenuation and density, as the draft at another point (RAS mm)."""
        self.session.duplicate(key, center_ras_mm)

    def remove(self, key: int) -> None:
        self.session.carry_out(self.session.remove(key))

    def undo(self) -> None:
        self.session.undo()

    def redo(self) -> None:
        self.session.redo()

    def report(self, key: int) -> dict[str, Any]:
        """What was measured of a nodule: the fields of :class:`synthesis.report.Report`."""
        insertion = self.session.nodule(key).insertion
        return insertion.report.to_dict() if insertion is not None else {}

    def export(self, folder: str | Path) -> None:
        """Write the CT with the nodules, the label map, the recipe, the report and a preview into `folder`."""
        write(self.session.result(), Path(folder))

    def forget(self, nodes: SessionNodes) -> None:
        """Of a CT that was deleted nothing stays but what was made; else all nodes stay."""
        self._opened = {key: other for key, other in self._opened.items() if other is not nodes}
        if self._current is nodes:
            self._current = None
        if nodes.scene.IsClosing() or nodes.is_in_scene():
            nodes.close()
        else:
            nodes.remove()

    def forget_deleted(self) -> bool:
        """Whether a CT, or its session's text node, was deleted."""
        deleted = [nodes for nodes in self._opened.values() if not nodes.is_in_scene()]
        for nodes in deleted:
            self.forget(nodes)
        return bool(deleted)

    def close(self) -> None:
        """Stop following all sessions; the nodes stay."""
        for nodes in list(self._opened.values()):
            self.forget(nodes)
