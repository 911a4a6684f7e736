"""The browser's app for the Visual Turing Test: one set of pictures, one reader, one view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trame.widgets import html

from SketchNoduleSynthLib.mrml.reading_actions import TURING
from SketchNoduleSynthLib.mrml.turing_reader import QUESTION, TuringReader
from SketchNoduleSynthLib.turing.session import TuringSession
from SketchNoduleSynthLib.web.controls import action_button, slider
from SketchNoduleSynthLib.web.frame import FOR_RESEARCH, reading_frame
from SketchNoduleSynthLib.web.layouts import PICTURE_LAYOUT
from SketchNoduleSynthLib.web.serving import serve
from SketchNoduleSynthLib.web.web_app import WebApp

STATE = {"number": 1, "count": 1, "is_finished": False}


class TuringApp(WebApp[TuringReader]):
    """The app with `session`. `token`: as of every app."""

    def __init__(self, session: TuringSession, token: str | None = None) -> None:
        super().__init__(TURING, STATE, PICTURE_LAYOUT, token)
        self._session = session
        reading_frame(self.server, PICTURE_LAYOUT, _panel, TURING.action("finish_test"), "turing", FOR_RESEARCH)

    async def begin(self) -> None:
        self.work_at(TuringReader(self._session, self.views.slice_views(), self.slicer.scene))

    def values(self, controller: TuringReader) -> dict[str, Any]:
        session = controller.session
        return {"number": controller.place + 1, "count": len(session.ids), "is_finished": session.is_finished}


def _panel() -> None:
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


def run(hand_out: Path, reader: str, answers_folder: Path | None, host: str, port: int) -> None:
    """Serve the pictures in `hand_out` to `reader` until it is stopped, and say where.

    Answers are kept in `answers_folder`; beside the set if that is None. Raises :class:`InputError` for what a
    :class:`TuringSession` refuses, and if the port is taken.
    """
    session = TuringSession(hand_out, reader, answers_folder)
    serve(lambda: TuringApp(session), host, port)
