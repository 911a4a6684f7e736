"""The headings of the sections, numbered as steps: what is done, and where the user is, who is led there."""

from __future__ import annotations

from typing import Any

from slicer.i18n import tr as _

from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.steps import STEPS, is_before, step_of
from SketchNoduleSynthLib.panel.context import Context


class StepHeadings:
    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self._at = ""
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        at = step_of(editor)
        for number, (step, words) in enumerate(STEPS.items(), 1):
            sign = "→ " if step == at else "✓ " if is_before(step, at) else ""
            self._section(step).setText(f"{sign}{number}. {_(words)}")
        section = self._section(at)
        if at != self._at and section.isVisible():
            section.collapsed = False
            self.ui.sections.ensureWidgetVisible(section)
        self._at = at

    def _section(self, step: str) -> Any:
        return getattr(self.ui, f"{step}Section")
