"""The page for reading: the words and the order of the panel's reading section, and three views."""

from __future__ import annotations

from trame.widgets import html
from trame_server import Server

from SketchNoduleSynthLib.mrml.case_reader import HEADS
from SketchNoduleSynthLib.mrml.reading_actions import READING
from SketchNoduleSynthLib.web.controls import act, action_button, slider, spoken
from SketchNoduleSynthLib.web.frame import ask_to_finish, frame, heading
from SketchNoduleSynthLib.web.views import READING_LAYOUT


def build(server: Server) -> None:
    """Lay out the page of `server`."""
    with frame(server, READING_LAYOUT, _panel, "reading", is_listening="!asking"):
        ask_to_finish("finish_reading")


def _panel() -> None:
    with html.Section(classes="panel reading", **spoken("Panel")):
        heading()
        with html.Details(open=True):
            html.Summary("Reading")
            html.P("{{ title }}", classes="name")
            html.P("Reader: {{ reader }}", classes="name")
            html.P("{{ instructions }}", classes="instructions")
            _findings()
            slider(READING.value("slice_number"), unit="of {{ limits.slice_number[1] }}")
            with html.Div(classes="row pairs"):
                action_button(READING.action("reading_lung_window"))
                action_button(READING.action("mediastinal_window"))
            action_button(READING.action("finish_reading"), color="primary", classes="block")
            action_button(
                READING.action("next_case"),
                "trigger('next_case')",
                v_if=("count > 1",),
                color="primary",
                classes="block",
            )
    with html.Div(classes="status", role="status"):
        html.Span("{{ status }}", classes="sentence")


def _findings() -> None:
    """Marking, and what is said of a mark."""
    action_button(READING.action("mark"), classes="block")
    slider(READING.value("confidence"))
    with html.Table():
        with html.Thead(), html.Tr():
            for head in HEADS:
                html.Th(head)
        with (
            html.Tbody(),
            html.Tr(
                v_for=("row in findings",),
                key=("row.number",),
                tabindex=0,
                click=act("select", "row.number"),
                keydown_enter=act("select", "row.number"),
                classes=("row.number === active ? 'chosen' : ''",),
            ),
        ):
            for cell in ("number", "confidence", "remark"):
                html.Td("{{ row." + cell + " }}")
    remark = READING.value("remark")
    with html.Label(classes="control remark", title=remark.hint):
        html.Span(remark.words)
        html.Input(
            type="text",
            value=("remark",),
            change="remark = $event.target.value",
            disabled=("!enabled.remark",),
        )
    action_button(READING.action("remove_finding"), classes="block")
