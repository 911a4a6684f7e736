"""The truth of made cases: measured where it stands, written and read back, wrong tables refused; feedback on it."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from phantom import LUNG_RAS_MM, chest
from PIL import Image
from reading_cases import BEGAN, ENDED
from refusal import refused
from scipy import ndimage
from scipy.spatial.distance import pdist
from shared_data import REAL_CT, needs_real_ct

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.drawing.recipe import NoduleRecipe, Recipe
from SketchNoduleSynthLib.drawing.voi import Voi
from SketchNoduleSynthLib.editing.nodule import Nodule
from SketchNoduleSynthLib.editing.rows import row_of
from SketchNoduleSynthLib.errors import InputError
from SketchNoduleSynthLib.reading.feedback import FALSE, FOUND, OUTLINE, SHEET, scenes, title, write_feedback
from SketchNoduleSynthLib.reading.findings import Finding, Reading
from SketchNoduleSynthLib.reading.matching import match
from SketchNoduleSynthLib.reading.scores import score
from SketchNoduleSynthLib.reading.session import ReadingSession
from SketchNoduleSynthLib.reading.truth import Place, Truth, truth_of
from SketchNoduleSynthLib.reading.truth_table import (
    PLACE_COLUMNS,
    TABLE_CSV,
    TABLE_JSON,
    read_places,
    read_table,
    write_table,
)
from SketchNoduleSynthLib.synthesis.insertion import Situation
from SketchNoduleSynthLib.synthesis.picture import HEADING, TILE
from SketchNoduleSynthLib.synthesis.result import Result, carry_out

X, Y, Z = LUNG_RAS_MM
RECIPE = Recipe(
    (
        NoduleRecipe(Voi((X, Y, Z), 12.0), "mcgan", 1),
        NoduleRecipe(Voi((-X, Y - 15, Z - 6), 9.0), "mcgan", 2, "ground-glass"),
    )
)


@pytest.fixture(scope="module")
def result() -> Result:
    return carry_out(chest(), RECIPE)


@pytest.fixture(scope="module")
def truth(result: Result) -> Truth:
    first, second = result.insertions
    placed = replace(first, situation=Situation("right", "upper", 0.25, "moderate"))
    nodules = truth_of(replace(result, insertions=(placed, second)))
    return Truth("0007", result.synthetic.sha256(), nodules, (Place((1.0, 2.0, 3.0), 8.0),))


def labels_of(result: Result) -> Volume:
    return result.synthetic.with_array(result.labels)


# Measuring


def test_table_report_and_truth_have_one_size(result: Result, truth: Truth) -> None:
    for insertion, nodule in zip(result.insertions, truth.nodules, strict=True):
        assert insertion.report.long_diameter_mm == nodule.diameter_mm
        size = f"{nodule.diameter_mm:.1f} × {nodule.short_axis_mm:.1f} mm"
        assert row_of(Nodule(1, insertion.recipe, insertion)).size == size


def longest_in_a_slice(where: np.ndarray) -> float:
    """By brute force, between the middles of voxels' edges; spacing x, y, z as of the phantom."""
    longest = 0.0
    for z in np.unique(where[:, 0]):
        in_slice = where[where[:, 0] == z, 1:]
        edges = np.concatenate([in_slice + step for step in ((0.5, 0), (-0.5, 0), (0, 0.5), (0, -0.5))])
        longest = max(longest, pdist(edges * (2.2, 2.0)).max())
    return longest


def test_the_truth_is_what_stands_in_the_label_map(result: Result, truth: Truth) -> None:
    assert [nodule.number for nodule in truth.nodules] == [1, 2]
    for nodule, recipe in zip(truth.nodules, RECIPE.nodules, strict=True):
        where = np.argwhere(result.labels == nodule.number)
        center = result.source.grid.to_lps(where.mean(0)[::-1])
        assert nodule.center_lps_mm == pytest.approx(center, abs=0.006)
        assert np.linalg.norm(np.array(nodule.center_ras_mm) - recipe.voi.center_ras_mm) < 4
        assert nodule.volume_mm3 == pytest.approx(len(where) * 2.0 * 2.2 * 1.6, abs=0.1)
        assert nodule.slice_number - 1 == round(where[:, 0].mean())
        first, size = nodule.box_ijk
        inside = result.labels[tuple(slice(a, a + n) for a, n in zip(first[::-1], size[::-1], strict=True))]
        assert (inside == nodule.number).sum() == len(where), "the box holds it all"
        assert all((inside == nodule.number).any(tuple({0, 1, 2} - {axis})).all() for axis in range(3)), "and no more"
        assert nodule.diameter_mm == pytest.approx(longest_in_a_slice(where), rel=0.002)
        assert 0.4 * nodule.diameter_mm < nodule.short_axis_mm <= nodule.diameter_mm
        assert nodule.height_mm == pytest.approx(size[2] * 1.6)
        assert nodule.attenuation == recipe.attenuation
    assert [(n.side, n.difficulty, n.difficulty_class) for n in truth.nodules] == [
        ("right", 0.25, "moderate"),
        (None, None, None),
    ]


def test_a_ct_that_lies_otherwise_has_the_same_truth(result: Result, truth: Truth) -> None:
    """Slices from head to feet, and columns from left to right."""
    ct = result.source
    flip = np.diag([-1.0, 1.0, -1.0])
    flipped = Volume.of(
        ct.array[::-1, :, ::-1].copy(), ct.grid.spacing, ct.grid.to_lps((ct.grid.size - 1) * (1, 0, 1)), flip
    )
    there = truth_of(carry_out(flipped, RECIPE))
    for one, other in zip(truth.nodules, there, strict=True):
        assert other.center_ras_mm == pytest.approx(one.center_ras_mm, abs=0.5)
        assert other.volume_mm3 == pytest.approx(one.volume_mm3, rel=0.05)
        assert one.slice_number + other.slice_number == pytest.approx(ct.grid.size[2] + 1, abs=1)


def test_a_nodule_that_is_covered_is_told(result: Result) -> None:
    first, second = result.insertions
    where = np.argwhere(result.labels == 1)
    for share, is_told in ((0.4, False), (0.6, True), (1.0, True)):
        labels = result.labels.copy()
        labels[tuple(where[: round(share * len(where))].T)] = 2
        if not is_told:
            assert truth_of(replace(result, labels=labels))[0].volume_mm3 < truth_of(result)[0].volume_mm3
            continue
        with refused("Nodule 1", "covered"):
            truth_of(replace(result, labels=labels))
    assert first.recipe != second.recipe


def test_the_digest_is_of_the_ct_not_of_its_file(result: Result, tmp_path: Path) -> None:
    ct = result.synthetic
    digest = ct.sha256()
    ct.write(tmp_path / "ct.nrrd")
    assert Volume.read(tmp_path / "ct.nrrd").sha256() == digest
    assert ct.with_array(ct.array.astype(np.float64)).sha256() == digest
    changed = ct.array.copy()
    changed[20, 30, 40] += 1
    others = [result.source, ct.with_array(changed), ct.with_array(ct.array[::-1])]
    others += [
        Volume.of(ct.array, ct.grid.spacing, ct.grid.origin + 1, ct.grid.direction),
        Volume.of(ct.array, ct.grid.spacing * 1.1, ct.grid.origin),
    ]
    assert len({digest, *(other.sha256() for other in others)}) == 6


# The table


def test_the_table_comes_back(truth: Truth, tmp_path: Path) -> None:
    write_table(truth, tmp_path)
    assert read_table(tmp_path / TABLE_JSON) == truth
    with (tmp_path / TABLE_CSV).open() as file:
        rows = list(csv.DictReader(file))
    for row, nodule in zip(rows, truth.nodules, strict=True):
        assert tuple(float(row[f"ras_{axis}_mm"]) for axis in "ras") == nodule.center_ras_mm
        assert [float(row[f"lps_{axis}_mm"]) for axis in "lps"] == nodule.center_lps_mm.tolist()
        assert (int(row["first_i"]), int(row["size_k"])) == (nodule.box_ijk[0][0], nodule.box_ijk[1][2])
        assert (row["side"], row["attenuation"], row["slice_number"]) == (
            nodule.side or "",
            nodule.attenuation,
            str(nodule.slice_number),
        )
    assert rows[1]["difficulty"] == "" and rows[0]["difficulty"] == "0.25"


def test_a_case_without_nodules_has_a_table(tmp_path: Path) -> None:
    empty = Truth("0008", "abc")
    write_table(empty, tmp_path)
    assert read_table(tmp_path / TABLE_JSON) == empty
    assert len((tmp_path / TABLE_CSV).read_text().splitlines()) == 1


NODULE = ("nodules", 0)


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (("version",), 2, "version"),
        (("case", "id"), "", "truth.case.id"),
        (("case", "sha256"), None, "truth.case.sha256"),
        (("nodules",), {}, "truth.nodules"),
        (("more",), 1, "truth.more"),
        ((*NODULE, "number"), 2, "same number"),
        ((*NODULE, "center_ras_mm"), [1, 2], "truth.nodules[0].center_ras_mm"),
        ((*NODULE, "center_lps_mm"), [0.0, 0.0, 0.0], "center_lps_mm is not where center_ras_mm is"),
        ((*NODULE, "diameter_mm"), "12", "truth.nodules[0].diameter_mm"),
        ((*NODULE, "volume_mm3"), -1, "truth.nodules[0].volume_mm3"),
        ((*NODULE, "attenuation"), "dense", "truth.nodules[0].attenuation"),
        ((*NODULE, "side"), "middle", "truth.nodules[0].side"),
        ((*NODULE, "difficulty"), 1.5, "truth.nodules[0].difficulty"),
        ((*NODULE, "box_ijk", "first"), [1], "truth.nodules[0].box_ijk.first"),
        ((*NODULE, "shape"), "round", "truth.nodules[0].shape"),
        (("excluded", 0, "diameter_mm"), -5, "truth.excluded[0].diameter_mm"),
        (("excluded", 0, "why"), "real", "truth.excluded[0].why"),
    ],
)
def test_a_bad_table_is_refused(truth: Truth, tmp_path: Path, path: tuple[Any, ...], value: Any, word: str) -> None:
    write_table(truth, tmp_path)
    data = json.loads((tmp_path / TABLE_JSON).read_text())
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    (tmp_path / TABLE_JSON).write_text(json.dumps(data))
    with refused(word):
        read_table(tmp_path / TABLE_JSON)


# A CT's own nodules


@pytest.mark.parametrize(
    ("separator", "rows"),
    [
        (",", ["20.5,0,-10,8", "", "-20,10,12.25,6.5"]),
        (";", ["20,5;0;-10;8", ";;;", "-20;10;12,25;6,5"]),
        (";", ["20.5;0;-10;8;", "-20;10;12.25;6.5"]),
    ],
)
def test_places_come_from_any_spreadsheets_csv(tmp_path: Path, separator: str, rows: list[str]) -> None:
    path = tmp_path / "own.csv"
    path.write_text("\ufeff" + "\n".join([separator.join(PLACE_COLUMNS), *rows]), encoding="utf-8")
    assert read_places(path, chest().grid) == (Place((20.5, 0.0, -10.0), 8.0), Place((-20.0, 10.0, 12.25), 6.5))


def test_decimal_commas_between_commas_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(",".join(PLACE_COLUMNS) + "\n20,5,0,-10,8\n")
    with refused("own.csv, line 2", "more cells", "semicolons"):
        read_places(path, chest().grid)


# Feedback


def read(who: str, truth: Truth, *marks: tuple[Any, int]) -> Reading:
    findings = (Finding(k, tuple(map(float, at)), rated) for k, (at, rated) in enumerate(marks, 1))  # type: ignore
    return Reading(who, truth.case_id, truth.case_sha256, BEGAN, ENDED, tuple(findings))


def coloured(image: Image.Image, colour: str) -> np.ndarray:
    pixels = np.asarray(image.convert("RGB")).astype(int)[2 * HEADING :]
    return (pixels == [int(colour[k : k + 2], 16) for k in (1, 3, 5)]).all(-1)


def section_mm2(labels: Volume, center_ras_mm: Sequence[float], axis: int) -> float:
    """The area of the first nodule in the slice across `axis` (z, y, x) through its centre."""
    x, y, _ = center_ras_mm
    at = np.rint(labels.grid.to_index((-x, -y, center_ras_mm[2]))).astype(int)[::-1]
    spacing = labels.grid.spacing[::-1]
    return float((labels.array == 1).take(at[axis], axis).sum() * np.delete(spacing, axis).prod())


def test_feedback_shows_outline_and_mark_where_they_are(result: Result, truth: Truth, tmp_path: Path) -> None:
    found, missed = truth.nodules
    at = np.add(found.center_ras_mm, (3.0, 2.0, -1.0))
    outcome = match(truth, read("R1", truth, (at, 70), ((-20, 30, 5), 20)), labels_of(result))
    write_feedback(outcome, result.synthetic, tmp_path / "feedback", labels_of(result))
    names = {path.stem for path in (tmp_path / "feedback").iterdir()}
    assert names == {"nodule_01_found", "nodule_02_missed", "finding_02_false", Path(SHEET).stem}

    image = Image.open(tmp_path / "feedback" / "nodule_01_found.png")
    pixel_mm = 40.0 / TILE
    # Right is to the screen's left, anterior and head up: axial u, v; coronal u, -w; sagittal v, -w.
    offsets = [(-3.0, -2.0), (-3.0, 1.0), (-2.0, 1.0)]
    for column, (u, v) in enumerate(offsets):
        tile = image.crop((column * TILE, 0, (column + 1) * TILE, image.height))
        where = np.argwhere(coloured(tile, FOUND)).mean(0)
        assert where == pytest.approx([TILE / 2 + v / pixel_mm, TILE / 2 + u / pixel_mm], abs=1.5)
        ring = coloured(tile, OUTLINE) | coloured(tile, FOUND)
        inside = ndimage.binary_fill_holes(ring) & ~ring
        grey = np.asarray(tile.convert("L"))[2 * HEADING :]
        around = ndimage.binary_dilation(ring, iterations=8) & ~ring & ~inside
        area_mm2 = section_mm2(labels_of(result), found.center_ras_mm, column)
        assert 0.65 * area_mm2 < inside.sum() * pixel_mm**2 < 1.1 * area_mm2, "the nodule's, without the ring itself"
        assert grey[inside].mean() > grey[around].mean() + 40, "the bright thing is in the ring"
    assert not coloured(Image.open(tmp_path / "feedback" / "nodule_02_missed.png"), FOUND).any()
    assert coloured(Image.open(tmp_path / "feedback" / "finding_02_false.png"), FALSE).any()
    sheet = Image.open(tmp_path / "feedback" / SHEET)
    assert sheet.width > 2 * image.width and sheet.height > 2 * image.height
    assert missed.number == 2


def test_feedback_says_where_in_the_ct(result: Result, truth: Truth) -> None:
    found = replace(truth.nodules[0], side="right", third="lower")
    missed = replace(truth.nodules[1], side=None, third=None)
    truth = replace(truth, case_id="case-0001", nodules=(found, missed))
    at = result.source.grid.to_lps((20.0, 20.0, 6.2)) * (-1, -1, 1)
    outcome = match(truth, read("Dr Ann", truth, (found.center_ras_mm, 70), (at, 20)))
    assert title(outcome).startswith("Dr Ann, case-0001: 1 of 2 synthetic nodules found, 1 false mark ")
    headings = [scene.heading for scene in scenes(outcome, result.synthetic)]
    assert f", slice {found.slice_number}, right lower" in headings[0]
    assert f", slice {missed.slice_number}; missed" in headings[1]
    assert "false, slice 7 (no nodule was put there); confidence 20" in headings[2]


def test_feedback_without_label_map_or_anything_to_show(result: Result, truth: Truth, tmp_path: Path) -> None:
    outcome = match(truth, read("R1", truth))
    write_feedback(outcome, result.synthetic, tmp_path / "one")
    assert not coloured(Image.open(tmp_path / "one" / "nodule_01_missed.png"), OUTLINE).any()
    empty = Truth("0007", truth.case_sha256)
    write_feedback(match(empty, read("R1", empty)), result.synthetic, tmp_path / "two")
    assert [path.name for path in (tmp_path / "two").iterdir()] == [SHEET]
    (tmp_path / "file").write_text("")
    with refused("could not be written"):
        write_feedback(outcome, result.synthetic, tmp_path / "file" / "three")


# On a real CT


@needs_real_ct
def test_a_real_ct_from_the_recipe_to_the_score(tmp_path: Path) -> None:
    ct = Volume.read(REAL_CT)
    nodules = tuple(
        NoduleRecipe(Voi(at, 10.0), "mcgan", k, attenuation)
        for k, (at, attenuation) in enumerate(
            [((59.8, -219.3, -495.6), "solid"), ((-80.4, -162.7, -503.9), "ground-glass")]
        )
    )
    result = carry_out(ct, Recipe(nodules))
    truth = Truth("LIDC-IDRI-0314", result.synthetic.sha256(), truth_of(result))
    session = ReadingSession(tmp_path / "R1.json", "R1", truth.case_id, truth.case_sha256, result.synthetic.grid)
    first, second = truth.nodules
    session.mark(np.array(first.center_ras_mm) + 1, 80)
    session.mark(np.add(second.center_ras_mm, (20, 0, 0)), 30)
    session.finish()
    reading = Reading.read(session.path)
    for criterion in ("distance", "overlap"):
        scored = score([truth], [reading], {truth.case_id: lambda: labels_of(result)}, criterion)  # type: ignore
        assert (scored.readers[0].sensitivity["count"], scored.readers[0].false_per_scan) == (1, 1)
    write_feedback(scored.outcomes[0], result.synthetic, tmp_path / "feedback", labels_of(result))
    assert len(list((tmp_path / "feedback").iterdir())) == 4
    with refused("made on another CT"):
        score([replace(truth, case_sha256=ct.sha256())], [reading])
    with pytest.raises(InputError):
        ReadingSession(tmp_path / "R1.json", "R1", truth.case_id, ct.sha256(), ct.grid)
