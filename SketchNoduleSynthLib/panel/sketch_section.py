"""Pens, the eraser, undo, and sketches from paper."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.drawing.sketch import LABELS
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.mrml.curves import COLORS
from SketchNoduleSynthLib.mrml.editor import ERASER, Editor
from SketchNoduleSynthLib.panel.pictures import icon_of, pixmap_of

if TYPE_CHECKING:
    from SketchNoduleSynthLib.drawing.scan import Scan
    from SketchNoduleSynthLib.panel.panel import Panel

PREVIEW_PIXELS = 200
BUTTONS = {label: f"{label}Pen" for label in LABELS} | {ERASER: "eraser"}


class SketchSection:
    """A button a tool, coloured as its lines are; a scan is looked at before its lines are used."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.ui = panel, panel.ui
        self.scan: tuple[Path, Scan] | None = None
        for tool, name in BUTTONS.items():
            button = getattr(self.ui, name)
            panel.on(button.clicked, partial(self._take, tool))
            if tool in COLORS:
                button.setIcon(icon_of(COLORS[tool]))
        panel.on(self.ui.undoButton.clicked, lambda editor: editor.session.undo())
        panel.on(self.ui.redoButton.clicked, lambda editor: editor.session.redo())
        panel.on(self.ui.clearButton.clicked, lambda editor: editor.session.clear())
        panel.on(self.ui.simplifyButton.clicked, lambda editor: editor.session.simplify())
        panel.on(self.ui.edgesCheck.clicked, lambda editor: editor.show_edges(self.ui.edgesCheck.checked))
        panel.on(self.ui.scanButton.clicked, self._choose_scan)
        panel.on(self.ui.scanUseButton.clicked, self._use_scan)
        panel.on(self.ui.scanThreshold.valueChanged, self._read_again)

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        is_placed = editor is not None and editor.session.draft.voi is not None
        for tool, name in BUTTONS.items():
            getattr(self.ui, name).setEnabled(is_placed)
            getattr(self.ui, name).setChecked(editor is not None and editor.tool == tool)
        strokes = editor.session.draft.strokes if editor else ()
        for button in (self.ui.clearButton, self.ui.simplifyButton):
            button.setEnabled(bool(strokes))
        self.ui.scanButton.setEnabled(is_placed)
        self.ui.edgesCheck.setEnabled(is_placed)
        if not is_placed:
            self.scan = None
        self.ui.scanFrame.setVisible(self.scan is not None)
        for button, name in ((self.ui.undoButton, "undoable"), (self.ui.redoButton, "redoable")):
            step = getattr(editor.session, name) if editor else ""
            button.setEnabled(bool(step))
            button.setToolTip(step)

    @staticmethod
    def _take(tool: str, editor: Editor) -> None:
        editor.take(None if editor.tool == tool else tool)

    def _choose_scan(self, editor: Editor) -> None:
        path = qt.QFileDialog.getOpenFileName(
            self.panel.ui.SketchNoduleSynth, _("A scanned sketch"), "", _("Images (*.png *.jpg *.jpeg)")
        )
        if path:
            self.open_scan(editor, Path(path))

    def open_scan(self, editor: Editor, path: Path, threshold: float | None = None) -> None:
        """Show what of a scan is taken for ink. Raises :class:`InputError` if it cannot be read."""
        from SketchNoduleSynthLib.drawing.scan import read_scan

        scan = read_scan(path, threshold)
        self.scan = path, scan
        self.ui.scanPreview.setPixmap(pixmap_of(scan.preview(), PREVIEW_PIXELS))
        if threshold is None:
            self.ui.scanThreshold.setValue(scan.threshold)
        self.panel.refresh()

    def _read_again(self, editor: Editor) -> None:
        threshold = float(self.ui.scanThreshold.value)
        if self.scan is not None and threshold != self.scan[1].threshold:
            self.open_scan(editor, self.scan[0], threshold)

    def _use_scan(self, editor: Editor) -> None:
        if self.scan is None:
            raise InputError(_("There is no scan; load one first."))
        editor.session.trace(self.scan[1])
        self.scan = None
