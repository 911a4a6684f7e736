"""What the page for drawing shows beside the table of actions, as plain values."""

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
from SketchNoduleSynthLib.editing.rows import row_of
from SketchNoduleSynthLib.mrml.editor import Editor

VARIANT_PIXELS, SCAN_PIXELS = 96, 240
ACTS: dict[str, Callable[..., object]] = {
    "select": lambda editor, key: editor.select(int(key)),
    "choose_variant": lambda editor, number: editor.previews.choose(int(number)),
}
"""What a click on a row or a picture does."""


@dataclass
class EditingState:
    """`undoable`: the step that would be lost with the CT; `card`: a model's, as HTML; `scan`: a picture's address."""

    ct: str = ""
    status: str = "Reading the CT ..."
    task: str = ""
    undoable: str = ""
    variants: list = field(default_factory=list)
    nodules: list = field(default_factory=list)
    selected: int = 0
    card: str = ""
    scan: str = ""


def of_editor(editor: Editor) -> dict[str, Any]:
    """The part of :class:`EditingState` that the editor decides."""
    session, task = editor.session, editor.worker.task
    return {
        "ct": editor.nodes.source.GetName(),
        "status": editor.status,
        "task": (f"{task.name}: {task.stage}" if task.stage else task.name) if task else "",
        "undoable": session.undoable,
        "variants": [
            {"seed": variant.recipe.seed, "picture": png(to_8bit(variant.hu), VARIANT_PIXELS)}
            for variant in editor.previews.variants
        ],
        "nodules": [asdict(row_of(nodule)) for nodule in session.nodules],
        "selected": editor.selected.key if editor.selected else 0,
        "scan": png(editor.scan.preview(), SCAN_PIXELS) if editor.scan else "",
    }


def png(pixels: NDArray[np.uint8], side: int) -> str:
    """Grey or RGB `pixels` (rows, columns) as the address of a PNG of `side` pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
