"""A model's card: what it was trained on, what it is good for, what it cannot do."""

from __future__ import annotations

from typing import Any

import qt
from slicer.i18n import tr as _

from SketchNoduleSynthLib.models import bundled

SIZE = 640, 720


def show_card(model: str, parent: Any) -> Any:
    """A window with the card of `model`, which does not block the others."""
    window = qt.QDialog(parent)
    window.setWindowTitle(_("Model card: {model}").format(model=model))
    window.setAttribute(qt.Qt.WA_DeleteOnClose)
    window.resize(*SIZE)
    text = qt.QTextBrowser(window)
    text.setMarkdown(bundled()[model].card.read_text(encoding="utf-8"))
    layout = qt.QVBoxLayout(window)
    layout.addWidget(text)
    window.show()
    return window
