"""The nodule of the table that is worked at, and what a click in a view does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from SketchNoduleSynthLib.drawing.sketch import ACROSS
from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.work import Work
from SketchNoduleSynthLib.mrml.editor_views import EditorViews
from SketchNoduleSynthLib.mrml.reslice import SketchView
from SketchNoduleSynthLib.mrml.scanning import Scanning
from SketchNoduleSynthLib.mrml.tools import CLICKS, FIND, PLACE, Tools, draws_in_sketch


class Selecting(Scanning):
    """The part of an editor that has to do with the nodules one by one."""

    views: EditorViews
    sketch: SketchView
    tools: Tools
    _selected: int
    _is_elsewhere = False
    """Whether the views were brought to another nodule than what is drawn."""

    @abstractmethod
    def take(self, tool: str | None) -> None:
        """Draw with a tool from now on."""

    @abstractmethod
    def place(self, center_ras_mm: Sequence[float]) -> None:
        """Put the VOI there."""

    @abstractmethod
    def request(self, work: Work) -> None:
        """Carry out `work` on the worker's thread."""

    @property
    def last(self) -> int:
        """The key of the nodule that is edited, or of the last one; 0 if there is none."""
        return self.session.state.edited or max((nodule.key for nodule in self.session.nodules), default=0)

    @property
    def selected(self) -> Nodule | None:
        """None after it was taken away: where the views are, nothing else is taken by mistake."""
        return next((nodule for nodule in self.session.nodules if nodule.key == self._selected), None)

    def select(self, key: int) -> None:
        """Select a nodule; all views go there, and the sketch view's pen, which draws another one, is laid down."""
        self._selected = key
        if draws_in_sketch(self.tools.current):
            self.take(None)
        if key == self.session.state.edited:
            self.look_at_draft()
        else:
            self.views.look_at(self.session.place_of(key), but_sketch=False)
            self._is_elsewhere = True
            self.note(self._told_of_draft(key))

    def look_at_draft(self) -> None:
        """Bring all views to what is drawn, where it is a nodule already, to that."""
        self.sketch.turn_to_plane(self.tools.current == ACROSS)
        if self._is_elsewhere:
            self._is_elsewhere = False
            self.sketch.fit()
        voi, edited = self.session.draft.voi, self.session.state.edited
        if voi is not None:
            is_made = edited is not None and self.session.nodule(edited).recipe.voi == voi
            self.views.look_at(self.session.place_of(self.last) if is_made else voi.center_ras_mm)

    def _told_of_draft(self, key: int) -> str:
        edited, draft = self.session.state.edited, self.session.draft
        drawn = f"nodule {edited}" if edited is not None else "the drawing that is not inserted yet"
        is_told = edited is not None or (draft.voi is not None and draft.strokes)
        return f"The views are at nodule {key}; the panel has {drawn}." if is_told else ""

    def edit(self, key: int) -> None:
        self.session.edit(key)
        self.select(key)
        self.take("nodule")

    def is_in_hand(self, tool: str) -> bool:
        """Whether it can be drawn with: a pen of the sketch view while that is seen."""
        return self.tools.current == tool and (self.views.sketch.is_seen() or not draws_in_sketch(tool))

    def draw_another(self) -> None:
        """Begin another nodule: it is placed first, or else stands in the one that was drawn last."""
        self.session.edit(None)
        self.take(PLACE)

    def duplicate(self, key: int, center_ras_mm: Sequence[float] | None = None) -> None:
        self.session.duplicate(key, center_ras_mm)
        self.take("nodule")
        if center_ras_mm is not None:
            self.views.look_at(center_ras_mm)

    def click_where_slices_cross(self) -> None:
        """What a click there would do with the tool in the hand, if it is one that clicks."""
        if self.tools.current in CLICKS:
            self.click(self.tools.current, self.views.crossing_ras)

    def click(self, tool: str, point_ras_mm: Sequence[float]) -> None:
        """Do at a point what one of CLICKS does: place the VOI, measure a real nodule, draw the selected one again."""
        if tool == PLACE:
            self.place(point_ras_mm)
        elif tool == FIND:
            self.request(self.session.find(point_ras_mm))
            self.take(None)
        elif self.selected is not None:
            self.duplicate(self.selected.key, point_ras_mm)
