"""The page: a panel in the words and the order of Slicer's, and the views."""

from __future__ import annotations

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import client, html, vuetify3
from trame_server import Server

from SketchNoduleSynthLib.cases.result import CT_FILE, LABELS_FILE, RECIPE_FILE
from SketchNoduleSynthLib.mrml.keys import KEYS
from SketchNoduleSynthLib.web.files import CASE_FILE
from SketchNoduleSynthLib.web.sections import button, nodule, nodules, sketch, volume_of_interest
from SketchNoduleSynthLib.web.views import NAMES
from SketchNoduleSynthLib.web.widgets import Keys, Upload

TITLE = "SketchNoduleSynth"
NOTICE = "Research and education only, not for diagnosis. Everything it writes is synthetic."
CT_ACCEPTS = ".nrrd,.nhdr,.nii,.gz,.mha,.zip"
DOWNLOADS = {
    CT_FILE: "CT with nodules",
    LABELS_FILE: "Label map",
    RECIPE_FILE: "Recipe",
    CASE_FILE: "Whole case",
}


def build(server: Server) -> None:
    """Lay out the page of `server`."""
    with VAppLayout(server) as layout:
        layout.root.theme = "dark"
        Keys(keys=("keys",))
        server.state.keys = list(KEYS)
        with html.Main(classes="app"):
            with html.Div(v_if=("tab === tab_in_use",), classes="desk"):
                _panel()
                _views()
            with html.Div(v_else=True, classes="elsewhere"):
                html.P("The app is in use in another tab of the browser.")
                button("Use it here", "trigger('use_here', [tab])")
        with vuetify3.VDialog(model_value=("!!card",), max_width=720, update_modelValue="card = ''"), vuetify3.VCard():
            html.Div(v_html=("card",), classes="card")
            button("Close", "card = ''")


def _panel() -> None:
    with html.Section(classes="panel", aria_label="Panel"):
        html.H1(TITLE)
        html.P(NOTICE, classes="notice")
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
        button("Cancel", "trigger('act', ['cancel'])", v_if=("task",), title="Stop what is being made")


def _ct() -> None:
    with html.Details(open=True):
        html.Summary("CT")
        html.P("{{ ct }}", classes="name", v_if=("ct",))
        with html.Div(classes="row"):
            Upload(text="Open a CT...", url="upload/ct", accept=CT_ACCEPTS, hint="NRRD, NIfTI, MetaImage or a zip")
            Upload(text="DICOM folder...", url="upload/ct", folder=True, hint="A folder with one CT series")
            button("Sample CT", "trigger('sample')", title="The chest CT of the demo")
            button(
                "Lung window", "trigger('act', ['lung_window'])", title="Level −600, width 1600 HU", disabled=("!ct",)
            )


def _views() -> None:
    with html.Div(classes="views"):
        for name in NAMES:
            with html.Div(classes=f"view {name.lower()}"):
                client.ServerTemplate(name=name)
                html.Span(_title(name), classes="view-name")


def _title(name: str) -> str:
    titles = {"Sketch": "Sketch plane", "Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal", "ThreeD": "3D"}
    return titles[name]
