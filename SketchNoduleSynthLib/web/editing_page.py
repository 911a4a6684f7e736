"""The page for drawing: a panel in the words and the order of Slicer's, and the views."""

from __future__ import annotations

from typing import Any

from trame.widgets import html, vuetify3
from trame_server import Server

from SketchNoduleSynthLib.drawing.sketch import COLORS, LABELS
from SketchNoduleSynthLib.editing.rows import EDITED, HEADS
from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.mrml.steps import STEPS
from SketchNoduleSynthLib.web.controls import (
    act,
    action_button,
    button,
    check,
    choice,
    chosen_row,
    labelled,
    number,
    slider,
    spoken,
)
from SketchNoduleSynthLib.web.downloads import DOWNLOADS
from SketchNoduleSynthLib.web.frame import frame, heading
from SketchNoduleSynthLib.web.layouts import EDITING_LAYOUT
from SketchNoduleSynthLib.web.widgets import StepAt, Upload

CT_ACCEPTS = ".nrrd,.nii,.gz,.mha,.zip"
QUESTION = "Open another CT? What was made in this one is lost unless it was downloaded."
VIEWING = (
    "lung_window",
    "mediastinum_window",
    "bone_window",
    "near",
    "slab",
    "measure",
    "remove_measurement",
    "outlines",
)


def build(server: Server) -> None:
    with (
        frame(server, EDITING_LAYOUT, _panel, around=_around, is_listening="!card"),
        vuetify3.VDialog(
            model_value=("!!card",), max_width=720, update_modelValue="card = ''", **spoken("The model's card")
        ),
        vuetify3.VCard(),
    ):
        html.Div(v_html=("card",), classes="card")
        button("Close", "card = ''")


def _panel() -> None:
    with html.Section(classes="panel editing", **spoken("Steps")):
        heading()
        StepAt(at=("step",))
        _ct()
        _place()
        _draw()
        _nodule()
        _insert()
    with html.Div(classes="status", role="status"):
        html.Span("{{ task || status }}", classes="sentence")
        vuetify3.VProgressLinear(indeterminate=True, absolute=True, v_if=("task",), **spoken("Something is being made"))
        action_button(EDITING.action("cancel"), v_if=("task",))


def _around() -> None:
    with html.Div(classes="toolbar", role="toolbar", **spoken("Views")):
        _buttons(*VIEWING)
    with html.Section(classes="below", **spoken("Nodules")):
        _variants()
        _nodules()


def _step(id: str, name: str = "") -> Any:
    """The part of the panel for a step, its controls come into the block; `name`: of the state, what stands beside."""
    number = list(STEPS).index(id)
    part = html.Details(open=True)
    with part, html.Summary(raw_attrs=[f""":aria-current="step === {number} ? 'step' : null\""""]):
        html.Span(f"{{{{ step > {number} ? '✓' : {number + 1} }}}}", classes="step")
        html.Span(STEPS[id])
        if name:
            html.Span(f"{{{{ {name} }}}}", classes="name", v_if=(name,))
    return part


def _ct() -> None:
    with _step("ct", "ct"):
        with html.Div(classes="row"):
            ask = (f"undoable && '{QUESTION}'",)
            hint = "NRRD, NIfTI, MetaImage or a zip"
            Upload(text="Open a CT...", url="upload/ct", accept=CT_ACCEPTS, hint=hint, ask=ask)
            Upload(text="DICOM folder...", url="upload/ct", folder=True, hint="A folder with a CT series", ask=ask)
            sample = f"(!undoable || confirmed('{QUESTION}')) && trigger('sample')"
            button(EDITING.action("sample").words, sample, title=EDITING.action("sample").hint)
        with html.Div(classes="row pairs", v_if=("enabled.take_up",)):
            _buttons("take_up")
            delete = EDITING.action("delete_kept")
            action_button(delete, f"confirmed('{delete.question}') && {act(delete.id)}")
        with html.Div(v_if=("offers.length",), classes="offers"):
            take = f"(!undoable || confirmed('{QUESTION}')) && trigger('offer', [number])"
            button("{{ offer }}", take, v_for=("(offer, number) in offers",), key=("number",), classes="block")


def _buttons(*ids: str, **attributes: Any) -> None:
    for id in ids:
        action_button(EDITING.action(id), **attributes)


def _upload(id: str) -> None:
    action = EDITING.action(id)
    accept = ",".join(action.files)
    Upload(text=action.words, url=f"upload/{id}", accept=accept, disabled=(f"!enabled.{id}",), hint=action.hint)


def _place() -> None:
    with _step("voi"):
        with html.Div(classes="row pairs"):
            _buttons("place", "to_plane")
        for id in ("diameter_mm", "tilt_lr_deg", "tilt_hf_deg"):
            slider(EDITING.value(id))


def _draw() -> None:
    with _step("sketch"):
        with html.Div(classes="row"):
            for label in LABELS:
                action_button(EDITING.action(f"draw_{label}"), ink=COLORS[label])
            _buttons("erase", "clear", "undo", "redo", "points", "smooth")
            _upload("load_scan")
        with html.Div(classes="row checks"):
            _buttons("suggest")
            for id in ("spicules", "lobulation", "tags"):
                check(EDITING.value(id))
        with html.Div(v_if=("scan",), classes="scan"):
            html.Img(src=("scan",), alt="What of the scan is taken for ink")
            slider(EDITING.value("scan_threshold"))
            _buttons("use_scan")


def _nodule() -> None:
    with _step("nodule"):
        with labelled(EDITING.value("model")):
            choice(EDITING.value("model"))
            action_button(EDITING.action("card"), "trigger('card')")
        with labelled(EDITING.value("attenuation")):
            choice(EDITING.value("attenuation"))
        with html.Div(classes="row pairs"):
            check(EDITING.value("has_density"))
            number(EDITING.value("core_hu"))
        with labelled(EDITING.value("seed")):
            number(EDITING.value("seed"))
            _buttons("next_seed")
        slider(EDITING.value("style"))
        with html.Div(classes="row checks"):
            _buttons("variants")
            check(EDITING.value("is_live"))
            check(EDITING.value("edges_are_shown"))


def _insert() -> None:
    with _step("insert"), html.Div(classes="row insert"):
        _buttons("insert", color="primary")
        _buttons("new_nodule", "before")


def _variants() -> None:
    with (
        html.Div(v_if=("variants.length",), classes="gallery"),
        html.Button(
            v_for=("(variant, number) in variants",),
            key=("number",),
            click=act("choose_variant", "number"),
            classes=("variant.seed === seed ? 'chosen' : ''",),
            raw_attrs=[':aria-pressed="variant.seed === seed"'],
        ),
    ):
        html.Img(src=("variant.picture",), alt="")
        html.Span("seed {{ variant.seed }}")


def _nodules() -> None:
    html.H2("Nodules", v_if=("!nodules.length",))
    with (
        html.Div(classes="table", v_if=("nodules.length",)),
        html.Table(),
        chosen_row((*HEADS, "Remarks"), "nodules", "key", "selected"),
    ):
        with html.Td():
            html.I(classes="ink", style=("`background: ${row.color}`",))
            html.Span("{{ row.name }}")
            html.Span(EDITED, v_if=("row.is_edited",), title="The panel has it")
        for cell in ("size", "place"):
            html.Td("{{ row." + cell + " }}")
        html.Td("{{ row.light === 'green' ? '✓' : '!' }} {{ row.light }}", classes=("row.light",))
        for cell in ("attenuation", "model"):
            html.Td("{{ row." + cell + " }}")
        with html.Td(classes="remarks", title=("row.remarks",)):
            html.Span("{{ row.remarks }}")
    with html.Div(classes="row deeds"):
        _buttons("find", "edit", "duplicate", "copy", "take_out", "hide", "remove")
        number(EDITING.value("random_count"))
        choice(EDITING.value("difficulty"))
        _buttons("add_random")
        _upload("load_recipe")
    with html.Div(classes="row downloads", v_if=("nodules.length",)):
        for name, text in DOWNLOADS.items():
            is_coming, is_made = f"downloading.includes('{name}')", f"downloading[0] === '{name}'"
            with html.A(
                href=(f"{is_coming} ? null : 'download/{name}'",),
                download=name,
                classes=(f"{{ upload: true, disabled: {is_coming} && !({is_made}) }}",),
                title=name,
                raw_attrs=[f':aria-busy="{is_made}"'],
            ):
                html.I(classes="turning", v_if=(is_made,))
                html.Span(text)
