"""The sections of the panel for drawing, in the words and the order of Slicer's."""

from __future__ import annotations

from typing import Any

from trame.widgets import html

from SketchNoduleSynthLib.drawing.sketch import LABELS
from SketchNoduleSynthLib.editing.rows import HEADS
from SketchNoduleSynthLib.mrml.curves import COLORS
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.web.controls import act, action_button, check, choice, chosen_row, labelled, number, slider
from SketchNoduleSynthLib.web.widgets import Upload

REMARKS = "(nodules.find(row => row.key === selected) || {}).remarks"


def _buttons(*ids: str, **attributes: Any) -> None:
    for id in ids:
        action_button(EDITING.action(id), **attributes)


def _upload(id: str) -> None:
    action = EDITING.action(id)
    accept = ",".join(action.files)
    Upload(text=action.words, url=f"upload/{id}", accept=accept, disabled=(f"!enabled.{id}",), hint=action.hint)


def volume_of_interest() -> None:
    """Where the nodule shall stand, how large, on which plane it is drawn."""
    with html.Details(open=True):
        html.Summary("Volume of interest")
        _buttons("place", classes="block")
        for id in ("diameter_mm", "tilt_lr_deg", "tilt_hf_deg"):
            slider(EDITING.value(id))


def sketch() -> None:
    """Pens, the eraser, undo, and sketches from paper."""
    with html.Details(open=True):
        html.Summary("Sketch")
        with html.Div(classes="row"):
            for label in LABELS:
                action_button(EDITING.action(f"draw_{label}"), ink=COLORS[label])
            _buttons("erase", "clear", "undo", "redo", "simplify")
        with html.Div(classes="row pairs"):
            _upload("load_scan")
            check(EDITING.value("edges_are_shown"))
        with html.Div(v_if=("scan",), classes="scan"):
            html.Img(src=("scan",), alt="What of the scan is taken for ink")
            slider(EDITING.value("scan_threshold"))
            _buttons("use_scan")


def nodule() -> None:
    """What the network shall make of the drawing, and putting it into the CT."""
    with html.Details(open=True):
        html.Summary("Nodule")
        with labelled(EDITING.value("model")):
            choice(EDITING.value("model"))
            action_button(EDITING.action("card"), "trigger('card')")
        with labelled(EDITING.value("attenuation")):
            choice(EDITING.value("attenuation"))
        with labelled(EDITING.value("seed")):
            number(EDITING.value("seed"))
            _buttons("next_seed")
        slider(EDITING.value("style"))
        with html.Div(classes="row"):
            _buttons("variants")
            check(EDITING.value("is_live"))
        with (
            html.Div(v_if=("variants.length",), classes="gallery"),
            html.Button(
                v_for=("(variant, number) in variants",),
                key=("number",),
                click=act("choose_variant", "number"),
                classes=("variant.seed === seed ? 'chosen' : ''",),
            ),
        ):
            html.Img(src=("variant.picture",), alt=("'seed ' + variant.seed",))
            html.Span("seed {{ variant.seed }}")
        with html.Div(classes="row"):
            _buttons("insert", color="primary", classes="wide")
            _buttons("new_nodule", "before")


def nodules() -> None:
    """A row a nodule, and what can be done to the selected one."""
    with html.Details(open=True):
        html.Summary("Nodules")
        with (
            html.Table(v_if=("nodules.length",)),
            chosen_row(HEADS, "nodules", "key", "selected", title=("row.remarks",)),
        ):
            for cell in ("name", "size", "attenuation", "model"):
                html.Td("{{ row." + cell + " }}")
            html.Td("{{ row.light === 'green' ? '✓' : '!' }} {{ row.light }}", classes=("row.light",))
        html.P("{{ " + REMARKS + " }}", classes="remarks", v_if=("selected",))
        with html.Div(classes="row four"):
            _buttons("edit", "duplicate", "hide", "remove")
        with html.Div(classes="row"):
            number(EDITING.value("random_count"))
            choice(EDITING.value("difficulty"))
            _buttons("add_random")
        with html.Div(classes="row"):
            _upload("load_recipe")
