"""What can be done to the CT's views, the volume of interest and the sketch, in the order of panel and page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from SketchNoduleSynthLib import models
from SketchNoduleSynthLib.ct.frame import MAX_TILT_DEG
from SketchNoduleSynthLib.drawing.sketch import LABELS
from SketchNoduleSynthLib.editing.drafting import DIAMETER_MM
from SketchNoduleSynthLib.mrml.action import ESC_LAYS_DOWN, Action, Value, attribute
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.scanning import SCAN_THRESHOLD
from SketchNoduleSynthLib.mrml.tools import ERASER, HERE, PLACE, POINTS

TILTS_DEG = (-MAX_TILT_DEG, MAX_TILT_DEG, 1)
PENS = {
    "nodule": ("Nodule", "N", "Draw the nodule's outline in the sketch view"),
    "nodule_across": ("Across", "X", "Draw its outline on the plane at right angles, which decides its height"),
    "solid": ("Solid part", "S", "Draw the outline of a solid part in the nodule"),
    "calcification": ("Calcification", "C", "Draw the outline of a calcification in the nodule"),
    "cavity": ("Cavity", "A", "Draw the outline of a cavity in the nodule"),
    "vessel": ("Vessel", "V", "Draw a vessel that runs beside or into the nodule"),
    "wall": ("Wall", "W", "Draw a chest wall or a fissure"),
    "other": ("Other", "O", "Draw another structure"),
}


def is_placed(editor: Editor) -> bool:
    return editor.session.draft.voi is not None


def is_kept(editor: Editor) -> bool:
    return bool(editor.kept.offer)


def is_drawn_on(editor: Editor) -> bool:
    return bool(editor.session.draft.strokes)


def tool(
    id: str, words: str, key: str, hint: str, name: str, enabled: Callable[[Editor], bool] = is_placed
) -> Action[Editor]:
    """Draws with the tool of that name; that of the tool at hand leaves it there, whoever put it there."""

    def is_on(editor: Editor) -> bool:
        return editor.is_in_hand(name)

    def take(editor: Editor) -> None:
        if not is_on(editor):
            editor.take(name)

    return Action(id, words, f"{hint}. {ESC_LAYS_DOWN}", take, key, enabled, is_on)


def of_voi(id: str, words: str, hint: str, default: float, unit: str, **limits: Any) -> Value:
    def get(editor: Editor) -> float:
        voi = editor.session.draft.voi
        return default if voi is None else getattr(voi, id)

    def put(editor: Editor, value: float) -> None:
        editor.change_voi(**{id: value})

    return Value(id, words, hint, default, get, put, is_placed, unit=unit, **limits)


def wish(id: str, words: str, hint: str) -> Value[Editor]:
    def put(editor: Editor, is_wanted: bool) -> None:
        editor.wishes = replace(editor.wishes, **{id: is_wanted})

    return Value(id, words, hint, False, lambda e: getattr(e.wishes, id), put, is_placed)


def history(id: str, words: str, hint: str, key: str, *keys_too: str) -> Action[Editor]:
    def name(editor: Editor) -> str:
        return getattr(editor.session, f"{id}able")

    def do(editor: Editor) -> None:
        if editor.tools.are_drawing:
            editor.tools.drop_line()  # It is what is taken back: it would else be drawn on what was there before.
        else:
            getattr(editor.session, id)()

    return Action(id, words, hint, do, key, lambda e: bool(name(e)), hint_now=name, keys_too=keys_too)


SKETCH: tuple[Action[Editor] | Value[Editor], ...] = (
    Action("sample", "Sample CT", "Fetch a chest CT to try it on"),
    Action(
        "take_up",
        "Take it up again",
        "Go on with what was made in this CT the last time",
        Editor.take_up,
        enabled=is_kept,
    ),
    Action(
        "delete_kept",
        "Delete it",
        "Delete what is kept of the last time",
        lambda e: e.kept.delete_offered(),
        enabled=is_kept,
        hint_now=lambda e: f"Delete what is kept in {e.kept.folder}",
        question="Delete what is kept of the last time? It cannot be brought back.",
    ),
    # The volume of interest
    tool("place", "Place", "P", "Then click into the lung, in any slice view", PLACE, lambda e: True),
    of_voi(
        "diameter_mm",
        "Long diameter:",
        "The nodule's long diameter: the dotted circle in the sketch view; the box is twice as wide",
        DIAMETER_MM,
        "mm",
        limits=(*models.default().diameter_mm, 0.5),
        limits_now=lambda e: models.bundled()[e.session.draft.model].diameter_mm,
    ),
    of_voi("tilt_lr_deg", "Tilt left–right:", "The sketch plane's left side rises", 0.0, "°", limits=TILTS_DEG),
    of_voi(
        "tilt_hf_deg", "Tilt head–foot:", "The posterior side of the sketch plane rises", 0.0, "°", limits=TILTS_DEG
    ),
    # The sketch
    *(tool(f"draw_{label}", *PENS[label], label) for label in LABELS),
    tool("erase", "Eraser", "E", "Rub out parts of lines", ERASER),
    Action(
        "to_plane",
        "Sketch plane",
        "Turn the sketch view back onto the plane that is drawn on",
        Editor.turn_to_plane,
        "T",
        is_placed,
    ),
    tool(
        "points",
        "Points",
        "D",
        "Drag the lines' points; Ctrl and a click on a line adds one, and one that is dragged onto the next is gone",
        POINTS,
        is_drawn_on,
    ),
    Action("put_down", "", do=lambda e: e.take(None), key="Escape"),
    Action("click_here", "", do=Editor.click_where_slices_cross, key=HERE),
    Action("clear", "Clear", "Take away the whole drawing", lambda e: e.session.clear(), enabled=is_drawn_on),
    history("undo", "Undo", "Take back the last step", "Z", "Ctrl+Z"),
    history("redo", "Redo", "Do it again", "Y", "Ctrl+Shift+Z", "Ctrl+Y"),
    Action(
        "smooth",
        "Smooth",
        "Take the wiggles out of the lines",
        lambda e: e.session.smooth(),
        enabled=is_drawn_on,
    ),
    Action(
        "suggest",
        "Suggest",
        "A plausible drawing for this place, size and attenuation; again: another one",
        lambda e: e.session.suggest(e.wishes),
        "G",
        is_placed,
    ),
    wish("spicules", "Spicules", "Suggested drawings have spicules"),
    wish("lobulation", "Lobulation", "Suggested drawings are lobulated"),
    wish("tags", "Tags", "Suggested drawings have tags, to a wall where there is one"),
    Action(
        "load_scan",
        "Scanned sketch…",
        "Load a sketch on paper, scanned or photographed; the page is the box",
        enabled=is_placed,
        do_with=Editor.open_scan,
        asks="A scanned sketch",
        files=(".png", ".jpg", ".jpeg"),
    ),
    attribute(
        "scan_threshold",
        "Threshold:",
        "Darker than this is ink",
        SCAN_THRESHOLD,
        enabled=lambda e: e.scan is not None,
        limits=(0, 255, 1),
    ),
    Action("use_scan", "Use these lines", "They take the drawing's place", Editor.use_scan),
)
