"""The case that is being read, in the host's views: marks with a confidence, and nothing of the truth. No Qt, no web.

Desktop Slicer's panel and the browser are two windows onto one of these, as they are onto an editor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer

from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml import volumes
from SketchNoduleSynthLib.mrml.controller import Controller
from SketchNoduleSynthLib.mrml.exclusive_display import ExclusiveDisplay
from SketchNoduleSynthLib.mrml.finding_points import ACTIVE_COLOR, FindingPoints
from SketchNoduleSynthLib.mrml.pen import Path, Pen
from SketchNoduleSynthLib.mrml.slices import Slices
from SketchNoduleSynthLib.mrml.view import View, jump, render
from SketchNoduleSynthLib.reading.findings import CONFIDENCE, Finding
from SketchNoduleSynthLib.teaching.opened_case import OpenedCase

MARK = "mark"
FIRST_CONFIDENCE = 50
HEADS = ("Finding", "Confidence", "Remark")


class CaseReader(Controller):
    """Reads `case` in `views`, the first of which is the axial one; of `scene` they show nothing else meanwhile.

    The finding at hand, if there is one, is what is rated, remarked on and removed; its number is :attr:`active`.
    """

    def __init__(self, case: OpenedCase, views: Sequence[View], scene: slicer.vtkMRMLScene) -> None:
        if not views:
            raise InputError("There is no slice view to read in; open Slicer's main window.")
        super().__init__()
        self.case, self.session, self.views, self.scene = case, case.session, list(views), scene
        self.tool: str | None = None
        self.active: int | None = None
        self.ct = volumes.node_from_volume(case.ct, case.id, scene, is_helper=True)
        self._display = ExclusiveDisplay(self.ct, self.views)
        self._points = FindingPoints(scene)
        self._points.moved.connect(self._on_dragged)
        self._pens: list[Pen] = []
        self._add_pens(self.views)
        self.slices = Slices(case.ct.grid, self.views[0].slice_node)
        self.slices.changed.connect(self.changed.emit)
        self._stop = self.session.changed.connect(self._on_change)
        self.message = " ".join(case.problems)
        self._on_change()

    def use_views(self, views: Sequence[View]) -> None:
        known = [view.slice_node for view in self.views]
        new = [view for view in views if view.slice_node not in known]
        self._display.add(new)
        self._add_pens(new)
        self.views += new

    def _add_pens(self, views: Sequence[View]) -> None:
        for view in views:
            pen = view.pen()
            pen.drawn.connect(self._on_drawn)
            self._pens.append(pen)
            if self.tool is not None:
                pen.take(ACTIVE_COLOR)

    @property
    def next_step(self) -> str:
        if self.session.is_finished:
            if self.case.left:
                return f"The case is finished; {self.case.left} to go."
            if self.case.count > 1:
                return f"All {self.case.count} cases are read; the readings are kept in {self.session.path.parent}."
            return f"The reading is finished and kept in {self.session.path}."
        if self.tool == MARK:
            return "Click on the middle of what you take for a nodule."
        return "Mark (M) what you take for a nodule; Finish when you have seen the whole CT."

    @property
    def title(self) -> str:
        case = self.case
        return f"Case {case.place} of {case.count}: {case.id}" if case.count > 1 else case.id

    @property
    def has_next(self) -> bool:
        return self.session.is_finished and self.case.left > 0

    @property
    def finding(self) -> Finding | None:
        return None if self.active is None else self.session.finding(self.active)

    # Findings

    def take(self, tool: str | None) -> None:
        """Take MARK into the hand, or lay it down: a click in any view marks, then the mouse is the view's again."""
        if tool is not None and self.session.is_finished:
            raise InputError("The reading is finished and cannot be changed.")
        self.tool = tool
        for pen in self._pens:
            pen.lay_down()
            if tool is not None:
                pen.take(ACTIVE_COLOR)
        self.changed.emit()

    def mark(self, at_ras_mm: Sequence[float]) -> None:
        """A new finding at that place, with the first confidence; it comes to hand."""
        number = self.session.mark(_rounded(at_ras_mm), FIRST_CONFIDENCE)
        self.take(None)
        self.select(number)

    def select(self, number: int) -> None:
        finding = self.session.finding(number)
        self.active = number
        self._show_points()
        jump(self.views, finding.at_ras_mm, margin=0.0)

    @property
    def confidence(self) -> int:
        """Of the finding at hand, or of the next one."""
        return self.finding.confidence if self.finding else FIRST_CONFIDENCE

    @confidence.setter
    def confidence(self, confidence: int) -> None:
        low, high = CONFIDENCE
        if not low <= confidence <= high:
            raise InputError(f"The confidence must be between {low} and {high}, not {confidence}.")
        if confidence != self.confidence:
            self.session.rate(self._at_hand(), confidence)

    @property
    def remark(self) -> str:
        """Of the finding at hand."""
        return self.finding.remark if self.finding else ""

    @remark.setter
    def remark(self, text: str) -> None:
        finding = self.finding
        if finding is not None and finding.remark != text.strip():
            self.session.rate(finding.number, finding.confidence, remark=text.strip())

    def remove(self) -> None:
        self.session.remove(self._at_hand())

    def finish(self) -> None:
        self.session.finish()
        self.take(None)

    # Views

    def show_window(self, level_hu: float, width_hu: float) -> None:
        volumes.show_window(self.ct, level_hu, width_hu)
        render(self.views)

    def close(self) -> None:
        """Let go of the views, which show again what they did before; the reader's file stays."""
        self._stop()
        self.slices.close()
        for pen in self._pens:
            pen.remove()
        self._points.close()
        self._display.end()

    def _at_hand(self) -> int:
        if self.active is None:
            raise InputError("There is no finding at hand; choose one in the list first.")
        return self.active

    def _on_drawn(self, path_ras: Path) -> None:
        self.do(lambda: self.mark(path_ras[-1]))

    def _on_dragged(self, number: int, at_ras_mm: Sequence[float]) -> None:
        if self.do(lambda: self.session.move(number, _rounded(at_ras_mm))):
            self.do(lambda: self.select(number))
        else:
            self._show_points()

    def _on_change(self) -> None:
        if self.active not in [finding.number for finding in self.session.findings]:
            self.active = None
        self._show_points()
        self.changed.emit()

    def _show_points(self) -> None:
        self._points.update(self.session.findings, self.active, self.session.is_finished)


def _rounded(at_ras_mm: Sequence[float]) -> list[float]:
    return np.round(np.asarray(at_ras_mm, float), 3).tolist()
