"""What every page has: keys, a panel, the views beside it, and a word for the second tab of the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html, vuetify3
from trame_server import Server
from trame_slicer.views import ViewLayoutDefinition

from SketchNoduleSynthLib.mrml.action import Action
from SketchNoduleSynthLib.web.controls import act, button, spoken
from SketchNoduleSynthLib.web.views import TITLES, names_of
from SketchNoduleSynthLib.web.web_app import TITLE
from SketchNoduleSynthLib.web.widgets import Keys

FOR_RESEARCH = "Research and education only, not for diagnosis."
NOTICE = f"{FOR_RESEARCH} Everything it writes is synthetic."


@contextmanager
def frame(
    server: Server,
    layout: Sequence[ViewLayoutDefinition],
    panel: Callable[[], None],
    arrangement: str = "",
    is_listening: str = "true",
) -> Iterator[None]:
    """Lay out the page of `server`; dialogs come into the block. `arrangement`: a class of the style sheet's;
    `is_listening`: a script that says whether keys act."""
    with VAppLayout(server) as page:
        page.root.theme = "dark"
        Keys(keys=("keys",), active=(f"tab === tab_in_use && {is_listening}",))
        with html.Main(classes="app"):
            with html.Div(v_if=("tab === tab_in_use",), classes="workspace"):
                panel()
                with html.Div(classes=f"views {arrangement}"):
                    for name in names_of(layout):
                        _view(name)
            with html.Div(v_else=True, classes="elsewhere"):
                html.P("The app is in use in another tab of the browser.")
                button("Use it here", "trigger('use_here', [tab])")
        yield


def reading_frame(
    server: Server,
    layout: Sequence[ViewLayoutDefinition],
    panel: Callable[[], None],
    finish: Action,
    arrangement: str,
    notice: str = NOTICE,
) -> None:
    """Lay out a reader's page; before `finish` is done, the reader is asked, while the state's `asking` is true."""

    def beside_the_views() -> None:
        with html.Section(classes="panel reading", **spoken("Panel")):
            heading(notice)
            panel()
        with html.Div(classes="status", role="status"):
            html.Span("{{ status }}", classes="sentence")

    with (
        frame(server, layout, beside_the_views, arrangement, is_listening="!asking"),
        vuetify3.VDialog(v_model=("asking",), max_width=420),
        vuetify3.VCard(),
        html.Div(classes="card"),
    ):
        html.P(finish.question)
        with html.Div(classes="row pairs"):
            button("Finish", "asking = false; " + act(finish.id), color="primary")
            button("Go on", "asking = false")


def heading(notice: str = NOTICE) -> None:
    html.H1(TITLE)
    html.P(notice, classes="notice")


def _view(name: str) -> None:
    with html.Div(classes=f"view {name.lower()}"):
        client.ServerTemplate(name=name)
        html.Span(TITLES[name], classes="view-name")
        with html.Div(v_if=(f"marks.{name}",), classes="marks"):
            for edge in ("top", "right", "bottom", "left"):
                html.Span(f"{{{{ marks.{name}.{edge} }}}}", classes=f"letter {edge}")
            width = f"`width: ${{100 * marks.{name}.ruler_share}}%`"
            html.Span(f"{{{{ marks.{name}.ruler_mm }}}} mm", classes="ruler", style=(width,))
