"""The card of the model, and variants to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.context import Context
from SketchNoduleSynthLib.panel.pictures import pixmap_of

if TYPE_CHECKING:
    from SketchNoduleSynthLib.editing.work import Preview

GALLERY_PIXELS, GALLERY_LINE, GALLERY_LINES = 110, 130, 3
CARD_SIZE = 640, 720


class NoduleSection:
    """A gallery of variants, which shows while there are any."""

    def __init__(self, context: Context) -> None:
        self.ui = context.ui
        self._shown: list[Preview] = []
        self.ui.card.clicked.connect(lambda *_checked: show_card(self.ui.model.currentText, self.ui.card))
        gallery = self.ui.gallery
        gallery.setViewMode(qt.QListWidget.IconMode)
        gallery.setResizeMode(qt.QListWidget.Adjust)
        gallery.setMovement(qt.QListWidget.Static)
        gallery.setIconSize(qt.QSize(GALLERY_PIXELS, GALLERY_PIXELS))
        gallery.setGridSize(qt.QSize(GALLERY_PIXELS + 2, GALLERY_LINE))
        gallery.setFixedHeight(GALLERY_LINES * GALLERY_LINE + 6)
        context.editing.on(gallery.currentRowChanged, lambda editor: editor.previews.choose(gallery.currentRow))
        context.editing.refresh_with(self._refresh)

    def _refresh(self, editor: Editor | None) -> None:
        variants, gallery = editor.previews.variants if editor else [], self.ui.gallery
        self.ui.card.setEnabled(True)
        gallery.setVisible(bool(variants))
        if variants is self._shown:
            return
        self._shown = variants
        gallery.clear()
        for variant in variants:
            icon = qt.QIcon(pixmap_of(to_8bit(variant.hu), GALLERY_PIXELS))
            gallery.addItem(qt.QListWidgetItem(icon, _("seed {seed}").format(seed=variant.recipe.seed)))


def show_card(model: str, parent: Any) -> None:
    """What a model was trained on, is good for and cannot do, in a window that does not block the others."""
    window = qt.QDialog(parent)
    window.setWindowTitle(_("Model card: {model}").format(model=model))
    window.setAttribute(qt.Qt.WA_DeleteOnClose)
    window.resize(*CARD_SIZE)
    text = qt.QTextBrowser(window)
    text.setMarkdown(bundled()[model].card.read_text(encoding="utf-8"))
    qt.QVBoxLayout(window).addWidget(text)
    window.show()
