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
from SketchNoduleSynthLib.drawing.recipe import Draft, NoduleRecipe
from SketchNoduleSynthLib.editing.layers import layered
from SketchNoduleSynthLib.editing.nodule import Nodule, shown
from SketchNoduleSynthLib.editing.session import Session
from SketchNoduleSynthLib.editing.states import State
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.synthesis.insertion import Insertion
from SketchNoduleSynthLib.synthesis.report import Report

VERSION = 5
"""Earlier versions said less of the CT that they belong to, or held voxels of it."""


def to_json(session: Session) -> str:
    """The session's state but for what :func:`nodule_to_json` says of each nodule; its history is not kept."""
    state = session.state
    return json.dumps(
        {
            "version": VERSION,
            "source": session.source_sha256,
            "nodules": [{"key": nodule.key, "is_shown": nodule.is_shown} for nodule in state.nodules],
            "draft": state.draft.to_dict(),
            "edited": state.edited,
        }
    )


def nodule_to_json(nodule: Nodule) -> str:
    """The recipe of `nodule` and, if it was made, its voxels and its report."""
    item: dict[str, Any] = {"key": nodule.key, "recipe": nodule.recipe.to_dict()}
    if made := nodule.insertion:
        item |= {
            "ground": nodule.ground.hex(),
            "first": list(made.box.start),
            "shape": list(made.after.shape),
            "type": made.after.dtype.str,
            "changes": _packed(_bits(made.after) ^ _bits(made.before)),
            "nodule": _packed(made.nodule),
            "report": made.report.to_dict(),
        }
    return json.dumps(item)


def from_json(source: Volume, text: str | bytes, nodule_texts: Iterable[str | bytes] = ()) -> Session:
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
        state = State(Draft.from_dict(data["draft"], "draft"), tuple(nodules), data["edited"])
    except InputError:
        raise
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise InputError("The case is damaged and cannot be opened; use its recipe instead.") from error
    return Session(source, state)


def _nodule_from_dict(item: dict[str, Any], below: Volume) -> Nodule:
    nodule = Nodule(int(item["key"]), NoduleRecipe.from_dict(item["recipe"], "recipe"), is_shown=bool(item["is_shown"]))
    if "changes" not in item:
        return nodule
    if np.dtype(item["type"]) != below.array.dtype:
        raise InputError("The case was made on this CT in another voxel type; choose the file that it was made on.")
    shape = tuple(item["shape"])
    box = Box.of(item["first"], np.add(item["first"], shape))
    # Of a hidden nodule that now stands on others this may be none: `ground` tells, and it is made again when shown.
    before = below.array[box]
    changes = _unpacked(item["changes"], _bits(before).dtype.str, shape)
    after = (_bits(before) ^ changes).view(before.dtype)
    mask = _unpacked(item["nodule"], "|b1", shape)
    insertion = Insertion(box, before, after, mask, nodule.recipe, Report.from_dict(item["report"]))
    return replace(nodule, insertion=insertion, ground=bytes.fromhex(item["ground"]))


def _bits(voxels: NDArray) -> NDArray:
    """As whole numbers: kept is which bits changed, not voxels of the CT."""
    voxels = np.ascontiguousarray(voxels)
    return voxels.view(f"u{voxels.dtype.itemsize}")


def _packed(array: NDArray) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 1)).decode()


def _unpacked(text: str, kind: str, shape: tuple[int, ...]) -> NDArray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), kind).reshape(shape)
