"""What the network shall make of the drawing, and putting it into the CT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.models import bundled, needs
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.panel.card import show_card
from SketchNoduleSynthLib.panel.pictures import pixmap_of

if TYPE_CHECKING:
    from SketchNoduleSynthLib.editing.work import Preview
    from SketchNoduleSynthLib.panel.panel import Panel

GALLERY_PIXELS, GALLERY_LINE = 72, 96


class NoduleSection:
    """Model, attenuation, seed, style, a gallery of variants, Insert."""

    def __init__(self, panel: Panel) -> None:
        self.panel, self.ui = panel, panel.ui
        self._shown: list[Preview] = []
        self.ui.modelBox.addItems(list(bundled()))
        self.ui.modelBox.setToolTip(needs())
        # Some of these signals have overloads: the value is read, not taken from them.
        for signal in (
            self.ui.modelBox.currentIndexChanged,
            self.ui.attenuationBox.currentIndexChanged,
            self.ui.seedBox.valueChanged,
            self.ui.styleSlider.valueChanged,
        ):
            panel.on(signal, self._choose)
        panel.on(self.ui.diceButton.clicked, lambda editor: editor.session.choose(seed=editor.session.draft.seed + 1))
        self.ui.cardButton.clicked.connect(lambda *_a: show_card(self.ui.modelBox.currentText, self.ui.cardButton))
        panel.on(self.ui.liveCheck.clicked, lambda editor: editor.set_live(self.ui.liveCheck.checked))
        panel.on(self.ui.variantsButton.clicked, lambda editor: editor.request_variants())
        panel.on(self.ui.insertButton.clicked, lambda editor: editor.insert())
        panel.on(self.ui.newButton.clicked, lambda editor: editor.session.edit(None))
        panel.on(self.ui.beforeButton.clicked, lambda editor: editor.show_before(self.ui.beforeButton.checked))
        gallery = self.ui.gallery
        gallery.setViewMode(qt.QListWidget.IconMode)
        gallery.setResizeMode(qt.QListWidget.Adjust)
        gallery.setMovement(qt.QListWidget.Static)
        gallery.setIconSize(qt.QSize(GALLERY_PIXELS, GALLERY_PIXELS))
        gallery.setGridSize(qt.QSize(GALLERY_PIXELS + 6, GALLERY_LINE))
        gallery.setFixedHeight(2 * GALLERY_LINE + 6)
        panel.on(gallery.currentRowChanged, self._take)

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        draft = editor.session.draft if editor else None
        can_make = draft is not None and not draft.lacks and self.panel.worker.task is None
        for control in (self.ui.modelBox, self.ui.attenuationBox, self.ui.seedBox, self.ui.diceButton):
            control.setEnabled(draft is not None)
        self.ui.insertButton.setEnabled(can_make)
        self.ui.variantsButton.setEnabled(can_make)
        self.ui.newButton.setEnabled(editor is not None and editor.session.state.edited is not None)
        self.ui.beforeButton.setEnabled(editor is not None and editor.nodes.result is not None)
        self.ui.beforeButton.setChecked(editor is not None and editor.is_before)
        if editor is None or draft is None:
            self.ui.gallery.setVisible(False)
            return
        edited = editor.session.state.edited
        self.ui.insertButton.setText(
            _("Insert (I)") if edited is None else _("Update nodule {key} (I)").format(key=edited)
        )
        self.ui.modelBox.setCurrentText(draft.model)
        self.ui.attenuationBox.setCurrentText(draft.attenuation)
        self.ui.seedBox.setValue(draft.seed)
        self.ui.styleSlider.setValue(draft.style)
        self.ui.styleSlider.setEnabled(bundled()[draft.model].has_style)
        self._show_variants(editor.variants)

    def _show_variants(self, variants: list[Preview]) -> None:
        gallery = self.ui.gallery
        gallery.setVisible(bool(variants))
        if variants is self._shown:
            return
        self._shown = variants
        gallery.clear()
        for variant in variants:
            icon = qt.QIcon(pixmap_of(to_8bit(variant.hu), GALLERY_PIXELS))
            gallery.addItem(qt.QListWidgetItem(icon, _("seed {seed}").format(seed=variant.recipe.seed)))

    def _choose(self, editor: Editor) -> None:
        editor.session.choose(
            model=self.ui.modelBox.currentText,
            attenuation=self.ui.attenuationBox.currentText,
            seed=int(self.ui.seedBox.value),
            style=float(self.ui.styleSlider.value),
        )

    def _take(self, editor: Editor) -> None:
        row = self.ui.gallery.currentRow
        if 0 <= row < len(self._shown):
            editor.choose_variant(self._shown[row])
