"""Pens in the colours of their lines, and the scan that is looked at before its lines are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from SketchNoduleSynthLib.drawing.sketch import COLORS
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.pictures import icon_of, pixmap_of

if TYPE_CHECKING:
    from SketchNoduleSynthLib.drawing.scan import Scan

PREVIEW_PIXELS = 200


class SketchSection:
    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self._shown: Scan | None = None
        for label, color in COLORS.items():
            getattr(self.ui, f"draw_{label}").setIcon(icon_of(color))
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        scan = editor.scan if editor else None
        self.ui.scanFrame.setVisible(scan is not None)
        if scan is not None and scan is not self._shown:
            self.ui.scanPreview.setPixmap(pixmap_of(scan.preview(), PREVIEW_PIXELS))
        self._shown = scan
