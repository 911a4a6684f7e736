"""The page for drawing: a panel in the words and the order of Slicer's, and the views."""

from __future__ import annotations

from trame.widgets import html, vuetify3
from trame_server import Server

from SketchNoduleSynthLib.mrml.editing_actions import EDITING
from SketchNoduleSynthLib.web.controls import action_button, button, spoken
from SketchNoduleSynthLib.web.files import DOWNLOADS
from SketchNoduleSynthLib.web.frame import frame, heading
from SketchNoduleSynthLib.web.sections import nodule, nodules, sketch, volume_of_interest
from SketchNoduleSynthLib.web.views import EDITING_LAYOUT
from SketchNoduleSynthLib.web.widgets import Upload

CT_ACCEPTS = ".nrrd,.nii,.gz,.mha,.zip"
QUESTION = "Open another CT? What was made in this one is lost unless it was downloaded."


def build(server: Server) -> None:
    """Lay out the page of `server`."""
    with (
        frame(server, EDITING_LAYOUT, _panel),
        vuetify3.VDialog(model_value=("!!card",), max_width=720, update_modelValue="card = ''"),
        vuetify3.VCard(),
    ):
        html.Div(v_html=("card",), classes="card")
        button("Close", "card = ''")


def _panel() -> None:
    with html.Section(classes="panel", **spoken("Panel")):
        heading()
        _ct()
        volume_of_interest()
        sketch()
        nodule()
        nodules()
        with html.Div(classes="row downloads", v_if=("nodules.length",)):
            for name, text in DOWNLOADS.items():
                html.A(text, href=f"download/{name}", download=name, classes="upload", title=name)
    with html.Div(classes="status", role="status"):
        html.Span("{{ task || status }}", classes="sentence")
        vuetify3.VProgressLinear(indeterminate=True, v_if=("task",))
        action_button(EDITING.action("cancel"), v_if=("task",))


def _ct() -> None:
    with html.Details(open=True):
        html.Summary("CT")
        html.P("{{ ct }}", classes="name", v_if=("ct",))
        with html.Div(classes="row"):
            ask = (f"undoable && '{QUESTION}'",)
            hint = "NRRD, NIfTI, MetaImage or a zip"
            Upload(text="Open a CT...", url="upload/ct", accept=CT_ACCEPTS, hint=hint, ask=ask)
            Upload(text="DICOM folder...", url="upload/ct", folder=True, hint="A folder with one CT series", ask=ask)
            sample = f"(!undoable || confirmed('{QUESTION}')) && trigger('sample')"
            button(EDITING.action("sample").words, sample, title=EDITING.action("sample").hint)
            action_button(EDITING.action("lung_window"))
