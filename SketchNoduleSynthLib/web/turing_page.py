"""The page of the Visual Turing Test: the words and the order of the panel's section, and one view."""

from __future__ import annotations

from trame.widgets import html
from trame_server import Server

from SketchNoduleSynthLib.mrml.reading_actions import TURING
from SketchNoduleSynthLib.mrml.turing_reader import QUESTION
from SketchNoduleSynthLib.web.controls import action_button, slider, spoken
from SketchNoduleSynthLib.web.frame import FOR_RESEARCH, ask_to_finish, frame, heading
from SketchNoduleSynthLib.web.views import PICTURE_LAYOUT


def build(server: Server) -> None:
    """Lay out the page of `server`."""
    with frame(server, PICTURE_LAYOUT, _panel, "turing", is_listening="!asking"):
        ask_to_finish("finish_test")


def _panel() -> None:
    with html.Section(classes="panel reading", **spoken("Panel")):
        heading(FOR_RESEARCH)
        with html.Details(open=True):
            html.Summary("Real or synthetic?")
            html.P(QUESTION, classes="instructions")
            html.P("Picture {{ number }} of {{ count }}", classes="name")
            with html.Div(classes="row pairs"):
                action_button(TURING.action("real"))
                action_button(TURING.action("synthetic"))
            slider(TURING.value("answer_confidence"))
            with html.Div(classes="row pairs"):
                action_button(TURING.action("previous_picture"))
                action_button(TURING.action("next_picture"))
            action_button(TURING.action("finish_test"), color="primary", classes="block")
    with html.Div(classes="status", role="status"):
        html.Span("{{ status }}", classes="sentence")
