"""The parts of the page that run in the browser; see static/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trame_client.widgets.core import AbstractElement

STATIC = Path(__file__).parent / "static"
MODULE = {
    "serve": {"sketch_nodule_synth": str(STATIC)},
    "scripts": [f"sketch_nodule_synth/{name}.js" for name in ("parts", "touch", "pad")],
    "styles": ["sketch_nodule_synth/style.css"],
    "vue_use": ["sketchNoduleSynth"],
}


class _Part(AbstractElement):
    _element = ""
    _taken: tuple[str, ...] = ()

    def __init__(self, children: Any = None, **attributes: Any) -> None:
        super().__init__(self._element, children, **attributes)
        self._attr_names += self._taken
        if self.server:
            self.server.enable_module(MODULE)


class SketchPad(_Part):
    """Over a view named `view`: draws with `line` (colour and width; None: the pointer is the view's).

    `told`: a sentence to be shown where a line ended; `title`: what the view is called; `straight`: whether only
    the line's ends count; `enlarge`: a script for a double click.
    """

    _element = "sketch-pad"
    _taken = ("view", "line", "told", "title", "straight")

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._event_names += ["enlarge"]


class Keys(_Part):
    """Tells the app which tab it is shown in and, while `active`, of `keys` that are pressed outside of fields."""

    _element = "app-keys"
    _taken = ("keys", "active")


class SliceSlider(_Part):
    """Which of `slices` slices the view named `view` shows: `slice`, from 1, or what the hand asks for."""

    _element = "app-slices"
    _taken = ("view", "slice", "slices")


class StepAt(_Part):
    """Leads to the step whose heading is the current one whenever `at` changes: it is opened, and scrolled to."""

    _element = "app-step-at"
    _taken = ("at",)


class RowAt(_Part):
    """In a table: brings the chosen row into sight whenever `at` changes."""

    _element = "app-row-at"
    _taken = ("at",)


class Upload(_Part):
    """A button `text` that sends files to `url`; `accept`, `folder` and `disabled` as of a file input; `ask`: first."""

    _element = "app-upload"
    _taken = ("text", "url", "accept", "folder", "disabled", "hint", "ask")
