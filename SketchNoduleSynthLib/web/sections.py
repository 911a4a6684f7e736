"""The panel's sections. A control is bound to a value of :class:`Shown`, a button to one of ACTIONS."""

from __future__ import annotations

from typing import Any

from trame.widgets import html

from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS
from SketchNoduleSynthLib.drawing.sketch import LABELS
from SketchNoduleSynthLib.editing.rows import HEADS
from SketchNoduleSynthLib.generation.difficulty import LEVELS
from SketchNoduleSynthLib.models import bundled, needs
from SketchNoduleSynthLib.mrml.curves import COLORS
from SketchNoduleSynthLib.mrml.long_tasks import MOST_RANDOM
from SketchNoduleSynthLib.web.controls import act, button, check, choice, slider, spoken
from SketchNoduleSynthLib.web.widgets import Upload

ANY_DIFFICULTY = "any difficulty"
TOOL_TEXTS = {
    "nodule": ("Nodule (N)", "Draw the nodule's outline in the sketch view"),
    "vessel": ("Vessel (V)", "Draw a vessel that runs beside or into the nodule"),
    "wall": ("Wall (W)", "Draw a chest wall or a fissure"),
    "other": ("Other (O)", "Draw another structure"),
    "eraser": ("Eraser (E)", "Rub out parts of lines"),
}


def volume_of_interest() -> None:
    """Where the nodule shall stand, how large, on which plane it is drawn."""
    with html.Details(open=True):
        html.Summary("Volume of interest")
        _tool("place", "Place (P)", "Then click into the lung, in any slice view", "ct", classes="block")
        hint = "The nodule's long diameter: the dotted circle in the sketch view"
        slider("Long diameter:", "diameter_mm", "least_mm", "most_mm", 0.5, "is_placed", hint, "mm")
        hint = "The left side of the sketch plane rises"
        slider("Tilt left–right:", "tilt_lr_deg", -30, 30, 1, "is_placed", hint, "°")
        hint = "The posterior side of the sketch plane rises"
        slider("Tilt head–foot:", "tilt_hf_deg", -30, 30, 1, "is_placed", hint, "°")


def sketch() -> None:
    """Pens, the eraser, undo, and sketches from paper."""
    with html.Details(open=True):
        html.Summary("Sketch")
        with html.Div(classes="row"):
            for tool in (*LABELS, "eraser"):
                _tool(tool, *TOOL_TEXTS[tool], "is_placed")
            drawn = {"disabled": ("!has_strokes",)}
            button("Clear", act("clear"), title="Take away the whole drawing", **drawn)
            button("Undo (Z)", act("undo"), title=("undoable",), disabled=("!undoable",))
            button("Redo (Y)", act("redo"), title=("redoable",), disabled=("!redoable",))
            button("Simplify", act("simplify"), title="Smooth the lines by leaving out points", **drawn)
        with html.Div(classes="row pairs"):
            Upload(
                text="Scanned sketch…",
                url="upload/scan",
                accept=".png,.jpg,.jpeg",
                disabled=("!is_placed",),
                hint="Load a sketch on paper, scanned or photographed; the page is the box",
            )
            hint = "Show the edges that the network sees around the nodule"
            check("Edges of the CT", "edges_are_shown", hint, disabled=("!is_placed",))
        with html.Div(v_if=("scan",), classes="scan"):
            html.Img(src=("scan",), alt="What of the scan is taken for ink")
            slider("Threshold:", "scan_threshold", 0, 255, 1, "scan", "Darker than this is ink")
            button("Use these lines", "trigger('use_scan')", title="They take the drawing's place")


def nodule() -> None:
    """What the network shall make of the drawing, and putting it into the CT."""
    with html.Details(open=True):
        html.Summary("Nodule")
        with choice("Model:", "model", tuple(bundled()), needs()):
            button("Card", "trigger('card')", title="What the model was trained on, what it is good for and what not")
        choice("Attenuation:", "attenuation", ATTENUATIONS, "How dense it is")
        with html.Label(classes="control", title="Another seed, another nodule; the same seed, the same voxels"):
            html.Span("Seed:")
            html.Input(
                type="number",
                value=("seed",),
                min=0,
                change="seed = Math.max(0, Math.round(Number($event.target.value) || 0))",
                disabled=("!ct",),
            )
            button("Dice (R)", act("dice"), title="Another nodule from the same drawing", disabled=("!ct",))
        slider("Style:", "style", 0, 1, 0.05, "ct && has_style", "How far the model leaves its mean style")
        with html.Div(classes="row"):
            hint = "Eight seeds of this drawing to choose from"
            button("Variants", act("variants"), title=hint, disabled=("!can_make",))
            check("Live preview", "is_live", "Show the generated plane while drawing")
        with (
            html.Div(v_if=("variants.length",), classes="gallery"),
            html.Button(
                v_for=("(variant, number) in variants",),
                key=("number",),
                click=act("choose_variant", "number"),
                classes=("variant.seed === seed ? 'chosen' : ''",),
            ),
        ):
            html.Img(src=("variant.picture",), alt=("'seed ' + variant.seed",))
            html.Span("seed {{ variant.seed }}")
        with html.Div(classes="row"):
            button(
                "{{ edited ? `Update nodule ${edited} (I)` : 'Insert (I)' }}",
                act("insert"),
                title="Put the nodule into a copy of the CT",
                disabled=("!can_make",),
                color="primary",
                classes="wide",
            )
            button("New nodule", act("new"), title="Draw another one in the same box", disabled=("!edited",))
            button(
                "Before (B)",
                "is_before = !is_before",
                title="Show the CT as it was",
                disabled=("!has_result",),
                active=("is_before",),
                raw_attrs=[':aria-pressed="is_before"'],
            )


def nodules() -> None:
    """The nodules of the case: a row each, and what can be done to the selected one."""
    with html.Details(open=True):
        html.Summary("Nodules")
        with html.Table(v_if=("nodules.length",)):
            with html.Thead(), html.Tr():
                for head in HEADS:
                    html.Th(head)
            with (
                html.Tbody(),
                html.Tr(
                    v_for=("row in nodules",),
                    key=("row.key",),
                    tabindex=0,
                    click="selected = row.key; " + act("jump", "row.key"),
                    keydown_enter="selected = row.key; " + act("jump", "row.key"),
                    classes=("row.key === selected ? 'chosen' : ''",),
                    title=("row.remarks",),
                ),
            ):
                for cell in ("name", "size", "attenuation", "model"):
                    html.Td("{{ row." + cell + " }}")
                html.Td("{{ row.light === 'green' ? '✓' : '!' }} {{ row.light }}", classes=("row.light",))
        html.P("{{ (nodules.find(row => row.key === selected) || {}).remarks }}", classes="remarks", v_if=("selected",))
        with html.Div(classes="row four"):
            for text, action, hint in (
                ("Edit", "edit", "Change this nodule"),
                ("Duplicate", "duplicate", "Its drawing again, beside it"),
                (
                    "{{ (nodules.find(row => row.key === selected) || {}).is_shown === false ? 'Show' : 'Hide' }}",
                    "toggle",
                    "Take it out of the CT for now",
                ),
                ("Remove", "remove", "Take it away"),
            ):
                button(text, act(action, "selected"), title=hint, disabled=("!selected",))
        with html.Div(classes="row"):
            html.Input(
                type="number",
                v_model=("random_count",),
                min=1,
                max=MOST_RANDOM,
                **spoken("How many nodules"),
                title="How many nodules",
            )
            with html.Select(v_model=("difficulty",), **spoken("How hard they are to find")):
                for level in (ANY_DIFFICULTY, *LEVELS):
                    html.Option(level, value=level)
            hint = "Nodules where nodules can be, clear of those that are there"
            button(
                "Add at random",
                act("add_random", "random_count", "difficulty"),
                title=hint,
                disabled=("!ct || !!task",),
            )
        with html.Div(classes="row"):
            Upload(
                text="Load a recipe…",
                url="upload/recipe",
                accept=".json",
                disabled=("!ct",),
                hint="Make the nodules of a recipe, after those that are there",
            )


def _tool(tool: str, text: str, hint: str, enabled: str, **attributes: Any) -> None:
    with button(
        text if tool not in COLORS else "",
        act("take", repr(tool)),
        title=hint,
        disabled=(f"!{enabled}",),
        active=(f"tool === '{tool}'",),
        raw_attrs=[f":aria-pressed=\"tool === '{tool}'\""],
        **attributes,
    ):
        if tool in COLORS:
            color = ", ".join(str(round(255 * part)) for part in COLORS[tool])
            html.I(classes="ink", style=f"background: rgb({color})")
            html.Span(text)
