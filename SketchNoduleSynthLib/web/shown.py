"""What the page shows: the editor's state as plain values, and what the page sets, back into the editor."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from SketchNoduleSynthLib.ct.window import to_8bit
from SketchNoduleSynthLib.drawing.recipe import STYLE
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.rows import row_of
from SketchNoduleSynthLib.models import bundled
from SketchNoduleSynthLib.mrml.editor import Editor

VARIANT_PIXELS = 96


@dataclass
class Shown:
    """The page's state. `tab_in_use`: of the browser's tabs the one that may act."""

    tab_in_use: str = ""
    pens: dict = field(default_factory=dict)
    marks: dict = field(default_factory=dict)
    ct: str = ""
    status: str = "Reading the CT ..."
    task: str = ""
    tool: str = ""
    is_placed: bool = False
    diameter_mm: float = 12.0
    tilt_lr_deg: float = 0.0
    tilt_hf_deg: float = 0.0
    least_mm: float = 0.0
    most_mm: float = 100.0
    model: str = ""
    has_style: bool = False
    attenuation: str = "solid"
    seed: int = 0
    style: float = STYLE
    can_make: bool = False
    edited: int = 0
    undoable: str = ""
    redoable: str = ""
    has_strokes: bool = False
    has_result: bool = False
    is_before: bool = False
    is_live: bool = True
    edges_are_shown: bool = False
    variants: list = field(default_factory=list)
    nodules: list = field(default_factory=list)
    selected: int = 0
    random_count: int = 3
    difficulty: str = "any difficulty"
    card: str = ""
    scan: str = ""
    scan_threshold: float = 128.0


def of_editor(editor: Editor) -> dict[str, Any]:
    """The part of :class:`Shown` that the editor decides."""
    session, draft = editor.session, editor.session.draft
    task, model = editor.worker.task, bundled()[draft.model]
    values: dict[str, Any] = {
        "ct": editor.nodes.source.GetName(),
        "status": editor.status,
        "task": (f"{task.name}: {task.stage}" if task.stage else task.name) if task else "",
        "tool": editor.tool or "",
        "is_placed": draft.voi is not None,
        "least_mm": model.diameter_mm[0],
        "most_mm": model.diameter_mm[1],
        "model": draft.model,
        "has_style": model.has_style,
        "attenuation": draft.attenuation,
        "seed": draft.seed,
        "style": draft.style,
        "can_make": not draft.lacks and task is None,
        "edited": session.state.edited or 0,
        "undoable": session.undoable,
        "redoable": session.redoable,
        "has_strokes": bool(draft.strokes),
        "has_result": editor.nodes.result is not None,
        "is_before": editor.is_before,
        "is_live": editor.is_live,
        "edges_are_shown": editor.sketch.edges_are_shown,
        "variants": [
            {"seed": variant.recipe.seed, "picture": png(to_8bit(variant.hu), VARIANT_PIXELS)}
            for variant in editor.variants
        ],
        "nodules": [asdict(row_of(nodule)) for nodule in session.nodules],
    }
    if draft.voi is not None:
        values |= {name: getattr(draft.voi, name) for name in VOI}
    return values


def png(pixels: NDArray[np.uint8], side: int) -> str:
    """Grey or RGB `pixels` (rows, columns) as the address of a PNG of `side` pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


VOI = ("diameter_mm", "tilt_lr_deg", "tilt_hf_deg")


def _set_voi(name: str) -> Callable[[Editor, Any], object]:
    def act(editor: Editor, value: Any) -> None:
        voi = editor.session.draft.voi
        if voi is not None:
            editor.session.set_voi(Voi(**(asdict(voi) | {name: float(value)})))

    return act


# What the page binds a control to, and what setting it does.
SETTERS: dict[str, Callable[[Editor, Any], object]] = {name: _set_voi(name) for name in VOI} | {
    "model": lambda editor, value: editor.session.choose(model=value),
    "attenuation": lambda editor, value: editor.session.choose(attenuation=value),
    "seed": lambda editor, value: editor.session.choose(seed=int(value)),
    "style": lambda editor, value: editor.session.choose(style=float(value)),
    "is_live": lambda editor, value: editor.set_live(bool(value)),
    "is_before": lambda editor, value: editor.show_before(bool(value)),
    "edges_are_shown": lambda editor, value: editor.show_edges(bool(value)),
}
