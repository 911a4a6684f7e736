"""The page for reading: the words and the order of the panel's reading section, and three views."""

from __future__ import annotations

from trame.widgets import html
from trame_server import Server

from SketchNoduleSynthLib.mrml.case_reader import HEADS
from SketchNoduleSynthLib.reading.findings import CONFIDENCE
from SketchNoduleSynthLib.web.controls import act, button, slider, spoken
from SketchNoduleSynthLib.web.frame import ask_to_finish, frame, heading
from SketchNoduleSynthLib.web.reading_shown import KEYS
from SketchNoduleSynthLib.web.views import READING


def build(server: Server) -> None:
    """Lay out the page of `server`."""
    with frame(server, KEYS, READING, _panel, "reading", is_listening="!asking"):
        ask_to_finish()


def _panel() -> None:
    with html.Section(classes="panel reading", **spoken("Panel")):
        heading()
        with html.Details(open=True):
            html.Summary("Reading")
            html.P("{{ title }}", classes="name")
            html.P("Reader: {{ reader }}", classes="name")
            html.P("{{ instructions }}", classes="instructions")
            _findings()
            hint = "The slice of the axial view, from the CT's first"
            slider("Slice:", "slice_number", 1, "slices", 1, "true", hint, "of {{ slices }}")
            with html.Div(classes="row pairs"):
                button("Lung window (L)", act("lung_window"), title="Level −600, width 1600 HU")
                button("Mediastinal window", act("mediastinal_window"), title="Level 40, width 400 HU")
            button(
                "Finish…",
                "asking = true",
                title="End the reading",
                disabled=("is_finished",),
                color="primary",
                classes="block",
            )
            button(
                "Next case",
                "trigger('next_case')",
                title="The next one that is not finished",
                v_if=("count > 1",),
                disabled=("!has_next",),
                color="primary",
                classes="block",
            )
    with html.Div(classes="status", role="status"):
        html.Span("{{ status }}", classes="sentence")


def _findings() -> None:
    """Marking, and what is said of a mark."""
    button(
        "Mark (M)",
        act("mark"),
        title="Then click on the middle of a nodule, in any view",
        disabled=("is_finished",),
        active=("tool === 'mark'",),
        raw_attrs=[":aria-pressed=\"tool === 'mark'\""],
        classes="block",
    )
    slider("Confidence:", "confidence", *CONFIDENCE, 1, "active && !is_finished", "1: a guess; 100: certain")
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
    with html.Label(classes="control remark", title="What you want to say of the finding at hand"):
        html.Span("Remark:")
        html.Input(
            type="text",
            value=("remark",),
            change=act("remark", "$event.target.value"),
            disabled=("!active || is_finished",),
        )
    button(
        "Remove (Del)",
        act("remove"),
        title="Take the finding at hand away",
        disabled=("!active || is_finished",),
        classes="block",
    )
