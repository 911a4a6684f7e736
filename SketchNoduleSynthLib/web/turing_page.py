"""The page of the Visual Turing Test: the words and the order of the panel's section, and one view."""

from __future__ import annotations

from trame.widgets import html
from trame_server import Server

from SketchNoduleSynthLib.mrml.turing_reader import QUESTION
from SketchNoduleSynthLib.turing.sheets import CONFIDENCE
from SketchNoduleSynthLib.web.controls import act, button, slider, spoken
from SketchNoduleSynthLib.web.frame import FOR_RESEARCH, ask_to_finish, frame, heading
from SketchNoduleSynthLib.web.turing_shown import KEYS
from SketchNoduleSynthLib.web.views import TURING


def build(server: Server) -> None:
    """Lay out the page of `server`."""
    with frame(server, KEYS, TURING, _panel, "turing", is_listening="!asking"):
        ask_to_finish()


def _panel() -> None:
    with html.Section(classes="panel reading", **spoken("Panel")):
        heading(FOR_RESEARCH)
        with html.Details(open=True):
            html.Summary("Real or synthetic?")
            html.P(QUESTION, classes="instructions")
            html.P("Picture {{ number }} of {{ count }}", classes="name")
            with html.Div(classes="row pairs"):
                _answer("Real (R)", "real", "The nodule was in the CT")
                _answer("Synthetic (S)", "synthetic", "A network made the nodule")
            slider("Confidence:", "confidence", *CONFIDENCE, 1, "!is_finished", "1: a guess; 5: certain (keys 1 to 5)")
            with html.Div(classes="row pairs"):
                button("Back (B)", act("back"), title="The picture before", disabled=("number <= 1",))
                button("Next (N)", act("next"), title="The next picture", disabled=("number >= count",))
            button(
                "Finish…",
                "asking = true",
                title="End the test",
                disabled=("is_finished",),
                color="primary",
                classes="block",
            )
    with html.Div(classes="status", role="status"):
        html.Span("{{ status }}", classes="sentence")


def _answer(text: str, answer: str, hint: str) -> None:
    button(
        text,
        act(answer),
        title=hint,
        disabled=("is_finished",),
        active=(f"answer === '{answer}'",),
        raw_attrs=[f":aria-pressed=\"answer === '{answer}'\""],
    )
