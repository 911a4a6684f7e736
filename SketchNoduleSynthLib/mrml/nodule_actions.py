"""What can be done to the nodule that is drawn, in the order of panel and page."""

from __future__ import annotations

from typing import Any

from SketchNoduleSynthLib import models
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, CORE_HU, STYLE
from SketchNoduleSynthLib.json_keys import MAX_SEED
from SketchNoduleSynthLib.mrml.action import Action, Value
from SketchNoduleSynthLib.mrml.editor import Editor
from SketchNoduleSynthLib.mrml.sketch_actions import is_placed


def is_idle(editor: Editor) -> bool:
    return editor.worker.task is None


def can_make(editor: Editor) -> bool:
    return is_idle(editor) and not editor.session.draft.lacks


def of_draft(id: str, words: str, hint: str, default: Any, **more: Any) -> Value:
    return Value(
        id,
        words,
        hint,
        default,
        lambda editor: getattr(editor.session.draft, id),
        lambda editor, value: editor.session.choose(**{id: value}),
        **more,
    )


def model_of(editor: Editor) -> models.Model:
    return models.bundled()[editor.session.draft.model]


TYPICAL_HU = {"solid": 0.0, "part-solid": -300.0, "ground-glass": -600.0, "calcified": 800.0}
"""What the density begins with."""


def has_density(editor: Editor) -> bool:
    return editor.session.draft.core_hu is not None


def next_seed(editor: Editor) -> None:
    editor.session.choose(seed=editor.session.draft.seed + 1)


NODULE: tuple[Action[Editor] | Value[Editor], ...] = (
    of_draft("model", "Model:", models.needs(), models.default().name, choices=tuple(models.bundled())),
    Action("card", "Card", "What the model was trained on, what it is good for and what not"),
    of_draft("attenuation", "Attenuation:", "How dense it is", ATTENUATIONS[0], choices=ATTENUATIONS),
    Value(
        "has_density",
        "Density:",
        "Say how dense its core shall be; else it is as such nodules are",
        False,
        has_density,
        lambda e, is_asked: e.session.choose(core_hu=TYPICAL_HU[e.session.draft.attenuation] if is_asked else None),
    ),
    Value(
        "core_hu",
        "HU",
        "HU within 1.5 mm of its centre",
        0,
        lambda e: round(e.session.draft.core_hu or 0),
        lambda e, hu: e.session.choose(core_hu=hu),
        has_density,
        limits=(*CORE_HU, 10),
        unit="HU",
    ),
    of_draft(
        "seed", "Seed:", "Another number, another nodule; the same number, the same nodule", 0, limits=(0, MAX_SEED, 1)
    ),
    Action("next_seed", "Next seed", "Another nodule from the same drawing", next_seed, "R"),
    of_draft(
        "style",
        "Style:",
        "0: the most usual look for this drawing; 1: the most unusual",
        STYLE,
        enabled=lambda e: model_of(e).has_style,
        limits=(0, 1, 0.05),
    ),
    Action(
        "variants",
        "Variants",
        "Eight nodules from this drawing to choose from",
        lambda e: e.previews.request_variants(),
        enabled=can_make,
    ),
    Value(
        "is_live",
        "Live preview",
        "Show the nodule in the sketch view while you draw",
        True,
        lambda e: e.previews.is_live,
        lambda e, is_live: e.previews.set_live(is_live),
    ),
    Value(
        "edges_are_shown",
        "Edges of the CT",
        "Show the edges of vessels and walls around the nodule, which the model takes up",
        False,
        lambda e: e.sketch.edges_are_shown,
        lambda e, is_shown: e.sketch.show_edges(is_shown),
        is_placed,
    ),
    Action(
        "insert",
        "Insert",
        "Put the nodule into a copy of the CT",
        lambda e: e.request(e.session.insert()),
        "I",
        can_make,
        words_now=lambda e: e.insert_words,
    ),
    Action(
        "new_nodule",
        "New nodule",
        "Place another one, then draw it",
        Editor.draw_another,
        enabled=lambda e: e.session.state.edited is not None,
    ),
    Action(
        "before",
        "Before",
        "Show the CT as it was",
        lambda e: e.show_before(not e.is_before),
        "B",
        lambda e: e.nodes.result is not None,
        lambda e: e.is_before,
    ),
)
