"""Where the nodule shall stand, how large, on which plane it is drawn."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.mrml.editor import PLACE, Editor

if TYPE_CHECKING:
    from SketchNoduleSynthLib.panel.panel import Panel


class VoiSection:
    """A button to place the VOI, sliders for its diameter and tilts."""

    def __init__(self, panel: Panel) -> None:
        self.ui = panel.ui
        self.sliders = {
            "diameter_mm": self.ui.diameterSlider,
            "tilt_lr_deg": self.ui.tiltLRSlider,
            "tilt_hf_deg": self.ui.tiltHFSlider,
        }
        place = self.ui.placeButton
        panel.on(place.clicked, lambda editor: editor.take(PLACE if place.checked else None))
        for name, slider in self.sliders.items():
            panel.on(slider.valueChanged, partial(self._set, name))

    def refresh(self, editor: Editor | None) -> None:
        """See :class:`Section`."""
        voi = editor.session.draft.voi if editor else None
        self.ui.placeButton.setEnabled(editor is not None)
        self.ui.placeButton.setChecked(editor is not None and editor.tool == PLACE)
        if editor is not None:
            low, high = bundled()[editor.session.draft.model].diameter_mm
            self.ui.diameterSlider.minimum, self.ui.diameterSlider.maximum = low, high
        for name, slider in self.sliders.items():
            slider.setEnabled(voi is not None)
            if voi is not None and slider.value != getattr(voi, name):
                slider.setValue(getattr(voi, name))

    def _set(self, name: str, editor: Editor) -> None:
        voi, value = editor.session.draft.voi, float(self.sliders[name].value)
        if voi is not None and getattr(voi, name) != value:
            editor.session.set_voi(Voi(**(asdict(voi) | {name: value})))
