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
from SketchNoduleSynthLib.web.layouts import SKETCH, TITLES, enlarge, names_of
from SketchNoduleSynthLib.web.web_app import TITLE
from SketchNoduleSynthLib.web.widgets import Keys, SliceSlider

FOR_RESEARCH = "Research and education only, not for diagnosis."
NOTICE = f"{FOR_RESEARCH} Everything it writes is synthetic."


@contextmanager
def frame(
    server: Server,
    layout: Sequence[ViewLayoutDefinition],
    panel: Callable[[], None],
    arrangement: str = "",
    around: Callable[[], None] = lambda: None,
    is_listening: str = "true",
) -> Iterator[None]:
    """Lay out the page of `server`; dialogs come into the block. `arrangement`: a class of the style sheet's;
    `panel`: what stands beside the views, `around`: above and below them;
    `is_listening`: a script that says whether keys act."""
    with VAppLayout(server) as page:
        page.root.theme = "dark"
        Keys(keys=("keys",), active=(f"tab === tab_in_use && {is_listening}",))
        with html.Main(classes="app"):
            with html.Div(v_if=("tab === tab_in_use",), classes="workspace"):
                with html.Div(classes="side"):
                    panel()
                around()
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
        vuetify3.VDialog(v_model=("asking",), max_width=420, **spoken("Finish?")),
        vuetify3.VCard(),
        html.Div(classes="card"),
    ):
        html.P(finish.question)
        with html.Div(classes="row pairs"):
            button("Finish", "asking = false; " + act(finish.id), color="primary")
            button("Go on", "asking = false")


def heading(notice: str = NOTICE) -> None:
    with html.Div(classes="heading"):
        html.H1(TITLE)
        html.Span(notice)


def _view(name: str) -> None:
    with html.Div(classes=(f"`view {name.lower()} ${{enlarged === '{name}' ? 'enlarged' : ''}}`",)):
        client.ServerTemplate(name=name)
        html.Span(TITLES[name], classes="view-name")
        html.Span("Before: the CT as it was", v_if=("on.before",), classes="banner")
        if name == SKETCH:
            html.Span(
                "{{ (is_across ? ['Behind the plane across', 'Before the plane across'] : "
                "['Above the sketch plane', 'Below the sketch plane'])[off_plane_mm > 0 ? 0 : 1] }} by "
                "{{ Math.abs(off_plane_mm) }} mm: T goes back",
                v_else_if=("Math.abs(off_plane_mm) >= 0.1",),
                classes="banner",
            )
            html.Span(v_if=("is_busy",), classes="busy", role="status", **spoken("The preview is being made"))
        html.Button(
            click=act("put_down"),
            v_if=(f"pens.{name}",),
            title="Lay it down",
            classes="lay-down mdi mdi-pencil-off",
            **spoken("Lay down what is in the hand"),
        )
        html.Button(
            click=enlarge(name),
            title="This view alone, or all again (double click)",
            classes=(f"'enlarge mdi ' + (enlarged === '{name}' ? 'mdi-fullscreen-exit' : 'mdi-fullscreen')",),
            raw_attrs=[f'aria-label="Enlarge: {TITLES[name]}"', f":aria-pressed=\"enlarged === '{name}'\""],
        )
        SliceSlider(
            view=name,
            slice=(f"marks.{name}.slice",),
            slices=(f"marks.{name}.slices",),
            v_if=(f"marks.{name} && marks.{name}.slices",),
            **spoken(f"Slice: {TITLES[name]}"),
        )
        with html.Div(v_if=(f"marks.{name}",), classes="marks"):
            for edge in ("top", "right", "bottom", "left"):
                html.Span(f"{{{{ marks.{name}.{edge} }}}}", classes=f"letter {edge}")
            level, width = (f"String(window[{side}]).replace('-', '−')" for side in (0, 1))
            html.Span(
                f"{{{{ marks.{name}.slice }}}} / {{{{ marks.{name}.slices }}}}"
                f"{{{{ marks.{name}.slab_mm ? ` · MIP ${{marks.{name}.slab_mm}} mm` : '' }}}}",
                v_if=(f"marks.{name}.slices",),
                classes="corner slice",
            )
            html.Span(
                f"{{{{ {level} }}}} / {{{{ {width} }}}} HU · {{{{ marks.{name}.zoom }}}}×",
                v_if=("window",),
                classes="corner window",
            )
            html.Span(
                "{{ String(probe.hu).replace('-', '−') }} HU",
                v_if=(f"probe.view === '{name}' && probe.hu !== null",),
                classes="corner probe",
            )
            width = f"`width: ${{100 * marks.{name}.ruler_share}}%`"
            html.Span(f"{{{{ marks.{name}.ruler_mm }}}} mm", classes="ruler", style=(width,))
