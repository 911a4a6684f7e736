"""The browser's app for the Visual Turing Test: one set of pictures and one reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SketchNoduleSynthLib.mrml.reading_actions import TURING
from SketchNoduleSynthLib.mrml.turing_reader import TuringReader
from SketchNoduleSynthLib.turing.session import TuringSession
from SketchNoduleSynthLib.web import turing_page
from SketchNoduleSynthLib.web.turing_state import TuringState, of_reader
from SketchNoduleSynthLib.web.views import PICTURE_LAYOUT
from SketchNoduleSynthLib.web.web_app import WebApp, serve


class TuringApp(WebApp[TuringReader]):
    """The app with `session`. `token`: as of every app."""

    def __init__(self, session: TuringSession, token: str | None = None) -> None:
        super().__init__(TURING, TuringState(), PICTURE_LAYOUT, {}, {}, token)
        self._session = session
        turing_page.build(self.server)

    async def begin(self) -> None:
        self.controller = TuringReader(self._session, self.views.slice_views(), self.slicer.scene)
        self.controller.changed.connect(self.refresh)
        self.refresh()

    def values(self, controller: TuringReader) -> dict[str, Any]:
        return of_reader(controller)


def run(hand_out: Path, reader: str, answers_folder: Path | None, host: str, port: int) -> None:
    """Serve the pictures in `hand_out` to `reader` until it is stopped, and say where.

    Answers are kept in `answers_folder`; beside the set if that is None. Raises :class:`InputError` for what a
    :class:`TuringSession` refuses, and if the port is taken.
    """
    session = TuringSession(hand_out, reader, answers_folder)
    serve(lambda: TuringApp(session), host, port)
