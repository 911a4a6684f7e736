"""The nodule of the table that is worked at, and what a click in a view does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.work import Work
from SketchNoduleSynthLib.mrml.editor_views import EditorViews
from SketchNoduleSynthLib.mrml.scanning import Scanning
from SketchNoduleSynthLib.mrml.tools import FIND, PLACE, Tools, draws_in_sketch


class Selecting(Scanning):
    """The part of an editor that has to do with the nodules one by one."""

    views: EditorViews
    tools: Tools
    _selected: int

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
    def selected(self) -> Nodule | None:
        nodules = self.session.nodules
        return next((nodule for nodule in nodules if nodule.key == self._selected), nodules[-1] if nodules else None)

    def select(self, key: int) -> None:
        """Select a nodule; the views go there, the sketch view only while no pen is at hand."""
        self._selected = key
        self.views.look_at(self.session.nodule(key).recipe.voi.center_ras_mm, self.tools.current is not None)

    def edit(self, key: int) -> None:
        self.session.edit(key)
        self.take("nodule")
        self.select(key)

    def is_in_hand(self, tool: str) -> bool:
        """Whether it can be drawn with: a pen of the sketch view while that is seen."""
        return self.tools.current == tool and (self.views.sketch.is_seen() or not draws_in_sketch(tool))

    def draw_another(self) -> None:
        """Begin another nodule in the same box."""
        self.session.edit(None)
        self.take("nodule")

    def duplicate(self, key: int, center_ras_mm: Sequence[float] | None = None) -> None:
        self.session.duplicate(key, center_ras_mm)
        self.take("nodule")
        if center_ras_mm is not None:
            self.views.look_at(center_ras_mm)

    def click(self, tool: str, point_ras_mm: Sequence[float]) -> None:
        """Do at a point what one of CLICKS does: place the VOI, measure a real nodule, draw the selected one again."""
        if tool == PLACE:
            self.place(point_ras_mm)
        elif tool == FIND:
            self.request(self.session.find(point_ras_mm))
            self.take(None)
        elif self.selected is not None:
            self.duplicate(self.selected.key, point_ras_mm)
