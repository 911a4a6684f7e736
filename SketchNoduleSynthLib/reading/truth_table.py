"""The truth as a table: truth.json for scoring, truth.csv for people.

Positions stand there in RAS mm, as Slicer shows them, and in LPS mm, as in DICOM.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from SketchNoduleSynthLib.ct.grid import Grid
from SketchNoduleSynthLib.drawing.recipe import ATTENUATIONS, KINDS, SYNTHETIC
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.files import all_or_none, read_json, read_rows, write_json, write_rows
from SketchNoduleSynthLib.json_keys import Keys, choice, number
from SketchNoduleSynthLib.reading.findings import MAX_DIAMETER_MM, position, text
from SketchNoduleSynthLib.reading.truth import Place, Truth, TruthNodule
from SketchNoduleSynthLib.synthesis.insertion import SIDES, THIRDS

VERSION = 1
TABLE_JSON, TABLE_CSV = "truth.json", "truth.csv"
MEASURED = (
    *("slice_number", "instance_number", "diameter_mm", "short_axis_mm", "height_mm", "volume_mm3"),
    *("attenuation", "side", "third", "difficulty", "difficulty_class", "kind"),
)
"""Of a nodule, what is one value."""
COLUMNS = (
    *("number", "ras_r_mm", "ras_a_mm", "ras_s_mm", "lps_l_mm", "lps_p_mm", "lps_s_mm"),
    *MEASURED,
    *("first_i", "first_j", "first_k", "size_i", "size_j", "size_k"),
)
PLACE_COLUMNS = ("ras_r_mm", "ras_a_mm", "ras_s_mm", "diameter_mm")
MAX_VOLUME_MM3 = 1e7


def write_table(truth: Truth, folder: Path) -> None:
    """Write truth.json and truth.csv, both or none."""
    data = {
        "version": VERSION,
        "case": {"id": truth.case_id, "sha256": truth.case_sha256},
        "nodules": [_item(nodule) for nodule in truth.nodules],
        "excluded": [
            {"center_ras_mm": list(place.center_ras_mm), "diameter_mm": place.diameter_mm}
            | ({"may_be_synthetic": True} if place.may_be_synthetic else {})
            for place in truth.excluded
        ],
        "real": [_item(nodule) for nodule in truth.real],
    }
    with all_or_none(folder) as draft:
        write_json(draft / TABLE_JSON, data)
        write_rows(draft / TABLE_CSV, COLUMNS, map(_row, (*truth.nodules, *truth.real)))


def read_table(path: Path) -> Truth:
    """Read a truth.json; raises :class:`InputError` that names the key which is wrong."""
    keys = Keys(read_json(path, "truth table"), "truth")
    if keys.integer("version") != VERSION:
        raise InputError(f"The truth table {path.name} is of another version; this software reads version {VERSION}.")
    case = Keys(keys.take("case"), "truth.case")
    truth = Truth(
        text(case.take("id"), "truth.case.id"),
        text(case.take("sha256"), "truth.case.sha256"),
        tuple(_nodule(item, f"truth.nodules[{i}]") for i, item in enumerate(keys.list("nodules"))),
        tuple(_place(item, f"truth.excluded[{i}]") for i, item in enumerate(keys.list("excluded"))),
        tuple(_nodule(item, f"truth.real[{i}]") for i, item in enumerate(keys.list("real", []))),
    )
    case.finish()
    keys.finish()
    return truth


def read_places(path: Path, grid: Grid) -> tuple[Place, ...]:
    """Read a CSV of PLACE_COLUMNS, a row a place in the CT's `grid`, with decimal points or commas."""
    columns = ", ".join(PLACE_COLUMNS)
    places = []
    for line, row in read_rows(path, PLACE_COLUMNS, "list of nodules"):
        where = f"{path.name}, line {line}"
        try:
            x, y, z, diameter = (float(row[column].replace(",", ".")) for column in PLACE_COLUMNS)
        except ValueError as error:
            raise InputError(f"{where}: there must be a number in each of {columns}.") from error
        place = _place({"center_ras_mm": [x, y, z], "diameter_mm": diameter}, where)
        if not grid.holds(place.center_lps_mm):
            raise InputError(f"{where}: the nodule lies outside the CT; {columns} must be of this CT and in RAS mm.")
        places.append(place)
    return tuple(places)


def _item(nodule: TruthNodule) -> dict[str, Any]:
    first, size = nodule.box_ijk
    return {
        "number": nodule.number,
        "center_ras_mm": nodule.center_ras_mm,
        "center_lps_mm": nodule.center_lps_mm.tolist(),
        **{name: getattr(nodule, name) for name in MEASURED},
        "box_ijk": {"first": first, "size": size},
    }


def _row(nodule: TruthNodule) -> list[object]:
    centers = (*nodule.center_ras_mm, *nodule.center_lps_mm.tolist())
    measured = [getattr(nodule, name) for name in MEASURED]
    first, size = nodule.box_ijk
    return [nodule.number, *centers, *measured, *first, *size]


def _nodule(data: Any, where: str) -> TruthNodule:
    keys = Keys(data, where)
    box = Keys(keys.take("box_ijk"), f"{where}.box_ijk")
    image = keys.take("instance_number", None)
    side, third, difficulty, word = (keys.take(key) for key in ("side", "third", "difficulty", "difficulty_class"))
    for name, value, known in (("side", side, SIDES), ("third", third, THIRDS)):
        if value is not None:
            choice(value, f"{where}.{name}", known)
    nodule = TruthNodule(
        keys.integer("number"),
        position(keys.take("center_ras_mm"), f"{where}.center_ras_mm"),
        keys.number("diameter_mm", 0.0, MAX_DIAMETER_MM),
        keys.number("short_axis_mm", 0.0, MAX_DIAMETER_MM),
        keys.number("height_mm", 0.0, MAX_DIAMETER_MM),
        keys.number("volume_mm3", 0.0, MAX_VOLUME_MM3),
        keys.choice("attenuation", ATTENUATIONS),
        keys.integer("slice_number"),
        (_index(box.take("first"), f"{where}.box_ijk.first"), _index(box.take("size"), f"{where}.box_ijk.size")),
        side,
        third,
        None if difficulty is None else number(difficulty, f"{where}.difficulty", 0.0, 1.0),
        None if word is None else text(word, f"{where}.difficulty_class"),
        None if image is None else int(number(image, f"{where}.instance_number")),
        keys.choice("kind", KINDS, SYNTHETIC),
    )
    lps = position(keys.take("center_lps_mm"), f"{where}.center_lps_mm")
    if not np.allclose(lps, nodule.center_lps_mm, atol=1e-3):
        raise InputError(f"{where}.center_lps_mm is not where center_ras_mm is; the table was changed by hand.")
    box.finish()
    keys.finish()
    return nodule


def _place(data: Any, where: str) -> Place:
    keys = Keys(data, where)
    at = position(keys.take("center_ras_mm"), f"{where}.center_ras_mm")
    diameter = keys.number("diameter_mm", 0.0, MAX_DIAMETER_MM)
    place = Place(at, diameter, keys.take("may_be_synthetic", False) is True)
    keys.finish()
    return place


def _index(value: Any, where: str) -> tuple[int, int, int]:
    x, y, z = position(value, where)
    return int(x), int(y), int(z)
