"""Pens in the colours of their lines, and sketches from paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.mrml.curves import COLORS
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.pictures import icon_of, pixmap_of

if TYPE_CHECKING:
    from SketchNoduleSynthLib.drawing.scan import Scan

PREVIEW_PIXELS = 200


class SketchSection:
    """A scan is looked at before its lines are used."""

    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self._shown: Scan | None = None
        for label, color in COLORS.items():
            getattr(self.ui, f"draw_{label}").setIcon(icon_of(color))
        context.editing.on(self.ui.load_scan.clicked, self._load_scan)
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        scan = editor.scan if editor else None
        self.ui.scanFrame.setVisible(scan is not None)
        if scan is not None and scan is not self._shown:
            self.ui.scanPreview.setPixmap(pixmap_of(scan.preview(), PREVIEW_PIXELS))
        self._shown = scan

    def _load_scan(self, editor: Editor) -> None:
        path = qt.QFileDialog.getOpenFileName(
            self.ui.SketchNoduleSynth, _("A scanned sketch"), "", _("Images (*.png *.jpg *.jpeg)")
        )
        if path:
            editor.open_scan(Path(path))
