"""A session as JSON: what was drawn and made, with the voxels, so that it opens without making a nodule again.

The voxels are the bulk of it and seldom change: every nodule has a text of its own, apart from the session's.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from SketchNoduleSynthLib.ct.box import Box
from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.editing.draft import Draft, draft_of
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import Nodule, shown
from SketchNoduleSynthLib.editing.session import Session, State
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.pipeline import Insertion

VERSION = 3
"""Versions 1 and 2 said less of the CT that they belong to."""


def to_json(session: Session) -> str:
    """The session's state but for what :func:`nodule_to_json` says of each nodule; its history is not kept."""
    state = session.state
    return json.dumps(
        {
            "version": VERSION,
            "source": session.source_sha256,
            "nodules": [{"key": nodule.key, "is_shown": nodule.is_shown} for nodule in state.nodules],
            "draft": _draft_to_dict(state.draft),
            "edited": state.edited,
        }
    )


def nodule_to_json(nodule: Nodule) -> str:
    """The recipe of `nodule` and, if it was made, its voxels and its report."""
    return json.dumps(_nodule_to_dict(nodule))


def from_json(source: Volume, text: str, nodule_texts: Iterable[str] = ()) -> Session:
    """The session on `source` again, of what :func:`to_json` and :func:`nodule_to_json` gave (in any order).

    Raises :class:`InputError` if it is another CT's or not whole.
    """
    session = Session(source)
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise InputError(
                f"The case was saved by another version of this software (its format is {data['version']}, this one "
                f"reads {VERSION}); use its recipe instead."
            )
        if data["source"] != session.source_sha256:
            raise InputError("The case was made on another CT; choose the CT that it belongs to.")
        apart = {item["key"]: item for item in map(json.loads, nodule_texts)}
        nodules: list[Nodule] = []
        for item in data["nodules"]:
            nodules.append(_nodule_from_dict(apart.get(item["key"], {}) | item, layered(source, shown(nodules))))
        state = State(_draft_from_dict(data["draft"]), tuple(nodules), data["edited"])
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise InputError("The case is damaged and cannot be opened; use its recipe instead.") from error
    return Session(source, state)


def _nodule_to_dict(nodule: Nodule) -> dict[str, Any]:
    item: dict[str, Any] = {"key": nodule.key, "recipe": _recipe_to_dict(nodule.recipe)}
    made = nodule.insertion
    if made is None:
        return item
    return item | {
        "ground": nodule.ground.hex(),
        "first": list(made.box.start),
        "shape": list(made.after.shape),
        "type": made.after.dtype.str,
        "after": _packed(made.after),
        "before": _packed(made.before),
        "nodule": _packed(made.nodule),
        "report": made.report,
    }


def _nodule_from_dict(item: dict[str, Any], below: Volume) -> Nodule:
    nodule = Nodule(int(item["key"]), _recipe_from_dict(item["recipe"]), is_shown=bool(item["is_shown"]))
    if "after" not in item:
        return nodule
    if np.dtype(item["type"]) != below.array.dtype:
        raise InputError("The case was made on this CT in another voxel type; choose the file that it was made on.")
    shape = tuple(item["shape"])
    after, before = (_unpacked(item[name], item["type"], shape) for name in ("after", "before"))
    box = Box.of(item["first"], np.add(item["first"], shape))
    if nodule.is_shown and not np.array_equal(below.array[box], before):
        raise InputError("The case was made on another CT; choose the CT that it belongs to.")
    mask = _unpacked(item["nodule"], "|b1", shape)
    insertion = Insertion(box, before, after, mask, nodule.recipe, item["report"])
    return replace(nodule, insertion=insertion, ground=bytes.fromhex(item["ground"]))


def _recipe_to_dict(recipe: NoduleRecipe) -> dict[str, Any]:
    return Recipe((recipe,)).to_dict()["nodules"][0]


def _recipe_from_dict(item: dict[str, Any]) -> NoduleRecipe:
    return Recipe.from_dict({"version": 1, "nodules": [item]}).nodules[0]


def _draft_to_dict(draft: Draft) -> dict[str, Any]:
    """As a recipe's nodule; without a VOI only the choices."""
    choices = {"model": draft.model, "attenuation": draft.attenuation, "seed": draft.seed, "style": draft.style}
    if draft.voi is None:
        return choices
    # mcgan is the model that may lack its drawing.
    recipe = NoduleRecipe(draft.voi, "mcgan", draft.seed, draft.attenuation, draft.strokes, style=draft.style)
    return _recipe_to_dict(recipe) | choices


def _draft_from_dict(item: dict[str, Any]) -> Draft:
    if "voi" not in item:
        return Draft(**item)
    return replace(draft_of(_recipe_from_dict(item | {"model": "mcgan"})), model=item["model"])


def _packed(array: NDArray) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 1)).decode()


def _unpacked(text: str, kind: str, shape: tuple[int, ...]) -> NDArray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), kind).reshape(shape)
