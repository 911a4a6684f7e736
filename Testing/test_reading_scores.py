"""Which marks hit which nodules, and readers' scores: counted by hand; wrong sets of readings are refused."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from reading_cases import APART_MM, AWAY, case, nodule, rated, reading
from refusal import refused

from SketchNoduleSynthLib.ct.volume import Volume
from SketchNoduleSynthLib.reading.findings import Reading
from SketchNoduleSynthLib.reading.froc import RATES
from SketchNoduleSynthLib.reading.froc_picture import froc_picture
from SketchNoduleSynthLib.reading.matching import Outcome, match
from SketchNoduleSynthLib.reading.rjafroc import write_rjafroc
from SketchNoduleSynthLib.reading.score_files import CURVES, NODULES, SCORES, TABLE, write
from SketchNoduleSynthLib.reading.scores import Score, score
from SketchNoduleSynthLib.reading.truth import Place, Truth

AT = (APART_MM, 0.0, 0.0)
"""The centre of nodule 1."""


def beside(mm: float) -> tuple[float, float, float]:
    """So far from the centre of nodule 1, aslant."""
    x, y, z = AT + mm * np.array([0.6, 0.0, 0.8])
    return float(x), float(y), float(z)


def kinds(outcome: Outcome) -> list[str]:
    return [mark.kind for mark in outcome.marks]


# Matching


@pytest.mark.parametrize(
    ("diameter_mm", "least_mm", "distance_mm", "kind"),
    [
        (12, 5, 5.9, "hit"),
        (12, 5, 6.1, "false"),
        (4, 5, 4.9, "hit"),
        (4, 5, 5.1, "false"),
        (4, 0, 1.9, "hit"),
        (4, 0, 2.1, "false"),
    ],
)
def test_a_hit_is_nearer_than_the_radius_or_the_least(
    diameter_mm: float, least_mm: float, distance_mm: float, kind: str
) -> None:
    truth = replace(case("a"), nodules=(nodule(1, diameter_mm),))
    outcome = match(truth, reading("R1", truth, [(beside(distance_mm), 50)]), least_radius_mm=least_mm)
    assert kinds(outcome) == [kind]
    if kind == "hit":
        assert outcome.marks[0].distance_mm == pytest.approx(distance_mm) and outcome.hit(nodule(1, diameter_mm))


def test_of_several_marks_on_a_nodule_the_most_confident_counts_and_none_is_false() -> None:
    truth = case("a", 2)
    marks = [(beside(1), 40), (beside(2), 70), (beside(0), 70), (AWAY, 90)]
    outcome = match(truth, reading("R1", truth, marks))
    assert kinds(outcome) == ["repeated", "hit", "repeated", "false"]
    first, second = truth.nodules
    assert outcome.hit(first) == outcome.marks[1] and outcome.hit(second) is None


def test_a_mark_counts_for_the_nearest_nodule_alone() -> None:
    near, far = nodule(1), replace(nodule(2), center_ras_mm=beside(6))
    truth = replace(case("a"), nodules=(far, near))
    outcome = match(truth, reading("R1", truth, [(beside(2), 50)]))
    assert outcome.hit(near) is not None and outcome.hit(far) is None


def test_excluded_places_are_neither_right_nor_wrong() -> None:
    truth = replace(case("a"), excluded=(Place(AWAY, 20.0), Place(AT, 40.0)))
    x, y, z = AWAY
    marks = [((x, y, z + 9.9), 50), ((x, y, z + 10.1), 50), (beside(1), 50)]
    assert kinds(match(truth, reading("R1", truth, marks))) == ["excluded", "false", "hit"]


def test_overlap_asks_the_label_map_wherever_it_lies() -> None:
    array = np.zeros((12, 10, 30), np.uint8)
    array[3:6, 2:5, 20:26] = 1
    truth = case("a")
    turn = np.array([[0.0, -1.0, 0.0], [0.8, 0.0, -0.6], [0.6, 0.0, 0.8]])
    for direction in (np.eye(3), np.diag([-1.0, 1.0, -1.0]), turn):
        labels = Volume.of(array, [0.7, 0.8, 2.5], [3.0, -40.0, 11.0], direction)
        points = [(20, 2, 3), (25.4, 4.4, 5.4), (25.6, 4, 5), (19.4, 4, 5), (0, 0, 0)]
        marks = [(labels.grid.to_lps(index) * (-1, -1, 1), 50 - k) for k, index in enumerate(points)]
        outcome = match(truth, reading("R1", truth, marks), labels, "overlap")
        assert kinds(outcome) == ["hit", "repeated", "false", "false", "false"]
    with refused("outside the CT", "Finding 1 of R1"):
        match(truth, reading("R1", truth, [(labels.grid.to_lps((30, 0, 0)) * (-1, -1, 1), 50)]), labels)
    with refused("no label map"):
        match(truth, reading("R1", truth, []), None, "overlap")
    with refused("distance or overlap", "guess"):
        match(truth, reading("R1", truth, []), labels, "guess")  # type: ignore[arg-type]


places = st.tuples(st.floats(30, 130), st.floats(-8, 8), st.floats(-8, 8))


@given(st.lists(st.tuples(places, st.integers(1, 100)), max_size=12), st.randoms(use_true_random=False))
def test_every_mark_is_of_one_kind_and_every_nodule_is_hit_once_at_most(marks, random) -> None:
    truth = replace(case("a", 2), excluded=(Place((75.0, 0.0, 0.0), 12.0),))
    outcome = match(truth, reading("R1", truth, marks))
    hits = outcome.of_kind("hit")
    assert len(outcome.marks) == len(marks) and len({mark.nodule for mark in hits}) == len(hits)
    for mark in outcome.of_kind("repeated"):
        best = outcome.hit(mark.nodule)
        assert best is not None and best.finding.confidence >= mark.finding.confidence
    shuffled = random.sample(marks, len(marks))
    again = match(truth, reading("R1", truth, shuffled))
    assert sorted(kinds(again)) == sorted(kinds(outcome)), "whatever the order"
    assert {m.nodule: m.finding.confidence for m in again.of_kind("hit")} == {
        m.nodule: m.finding.confidence for m in hits
    }


# Scores


@pytest.fixture
def two_readers() -> Score:
    """Ann finds three of four nodules with two false marks, Ben one with one; the third case has no nodule."""
    place = {"side": "left", "third": "lower"}
    sizes = (
        nodule(1, 5.0, "ground-glass", difficulty_class="subtle", **place),
        nodule(2, 20.0, difficulty_class="conspicuous"),
    )
    truths = [replace(case("a"), nodules=sizes), case("b", 2), case("c", 0)]
    a, b, c = truths
    readings = [
        *(rated("Ann", a, (90, 80), [30]), rated("Ann", b, (40, 0)), rated("Ann", c, (), [60])),
        *(rated("Ben", c, ()), rated("Ben", a, (0, 70)), rated("Ben", b, (0, 0), [70])),
    ]
    return score(truths, readings)


def test_scores_by_hand(two_readers: Score) -> None:
    ann, ben = two_readers.readers
    assert (ann.reader, ben.reader) == ("Ann", "Ben")
    assert (ann.sensitivity["count"], ann.sensitivity["of"], ann.false_per_scan) == (3, 4, pytest.approx(2 / 3))
    assert (ben.sensitivity["rate"], ben.false_per_scan) == (0.25, pytest.approx(1 / 3))
    # Ann: 90, 80 | 60 false | 40 | 30 false: 2 of 4 up to 1/3, then 3 of 4; the curve is straight up at 1/3.
    assert ann.cpm["value"] == pytest.approx((2 * 0.5 + 5 * 0.75) / 7, abs=1e-6)
    # Ben: 70 and a false 70 at once: from (0, 0) straight to (1/3, 1/4).
    assert ben.cpm["value"] == pytest.approx((0.25 * 3 / 8 + 0.25 * 3 / 4 + 5 * 0.25) / 7, abs=1e-6)
    assert ann.areas["wafroc"]["value"] == pytest.approx((1 + 1 + 0 + 0) / 4)
    assert ben.areas["wafroc"]["value"] == pytest.approx((0.5 + 1 + 0.5 + 0.5) / 4)
    by = {kind: {name: (f["count"], f["of"]) for name, f in shares.items()} for kind, shares in ann.by.items()}
    assert by == {
        "size": {"below 6 mm": (1, 1), "6 to 8 mm": (0, 0), "8 to 15 mm": (1, 2), "15 mm or more": (1, 1)},
        "attenuation": {"solid": (2, 3), "part-solid": (0, 0), "ground-glass": (1, 1), "calcified": (0, 0)},
        "difficulty": {"conspicuous": (1, 1), "subtle": (1, 1)},
    }


def test_readers_need_not_have_read_the_same_cases_nor_all_of_them() -> None:
    truths = [case("a"), case("b"), case("c")]
    scored = score(truths, [rated("R1", truths[0], (50,)), rated("R2", truths[1], (0,))])
    assert [(r.sensitivity["rate"], len(r.outcomes)) for r in scored.readers] == [(1, 1), (0, 1)]


def test_label_maps_are_fetched_for_read_cases_one_at_a_time() -> None:
    truths = [case("a"), case("b"), case("c")]
    array = np.zeros((3, 3, 200), np.uint8)
    array[:, :, 50] = 1
    fetched = []

    def labels_of(name: str):
        def get() -> Volume:
            fetched.append(name)
            return Volume.of(array, direction=np.diag([-1.0, -1.0, 1.0]))

        return get

    readings = [rated(who, truth, (50,)) for who in ("R1", "R2") for truth in truths[:2]]
    scored = score(truths, readings, {truth.case_id: labels_of(truth.case_id) for truth in truths}, "overlap")
    assert fetched == ["a", "b"] and all(reader.sensitivity["rate"] == 1 for reader in scored.readers)


def test_wrong_sets_of_readings_are_refused() -> None:
    a, b = case("a"), case("b")
    good = rated("R1", a, (50,))
    with refused("no reading"):
        score([a], [])
    with refused("is of b", "R1"):
        score([a], [good, rated("R1", b, (50,))])
    with refused("two readings of a", "R1"):
        score([a], [good, rated("R1", a, (60,))])
    with refused("same id"):
        score([a, a], [good])
    with refused("another CT", "R1", "of a"):
        score([replace(a, case_sha256="of another")], [good])
    with refused("not finished", "R1"):
        score([a], [reading("R1", a, [], is_finished=False)])


@pytest.mark.parametrize("mm", [0.0, 4.0])
def test_the_same_readings_in_any_order_give_the_same_score(two_readers: Score, mm: float, tmp_path: Path) -> None:
    truths = [outcome.truth for outcome in two_readers.readers[0].outcomes]
    readings = [outcome.reading for outcome in two_readers.outcomes]
    for name, order in (("one", 1), ("other", -1)):
        write(score(truths[::order], readings[::order], least_radius_mm=mm), tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


# Files


def test_the_files_say_what_the_score_says(two_readers: Score, tmp_path: Path) -> None:
    write(two_readers, tmp_path / "scores")
    assert {path.name for path in (tmp_path / "scores").iterdir()} == {SCORES, TABLE, NODULES, CURVES}
    figures = json.loads((tmp_path / "scores" / SCORES).read_text())
    ann = figures["readers"]["Ann"]
    assert ann["cpm"]["value"] == two_readers.readers[0].cpm["value"] and ann["cases"] == 3
    assert ann["froc"]["confidence"] == [None, 90, 80, 60, 40, 30]
    assert figures["matching"] == {"criterion": "distance", "least_radius_mm": 5.0}
    with (tmp_path / "scores" / TABLE).open() as file:
        table = {(row["reader"], row["case"]): row for row in csv.DictReader(file)}
    assert len(table) == 8
    row = table["Ann", "a"]
    assert [row[name] for name in ("nodules", "found", "sensitivity", "false_marks", "minutes")] == [
        *("2", "2", "1.0", "1", "3.0")
    ]
    assert row["cpm"] == "" and table["Ann", "c"]["sensitivity"] == ""
    assert table["Ben", "all"]["found"] == "1" and table["Ben", "all"]["minutes"] == "9.0"
    assert float(table["Ben", "all"]["wafroc"]) == two_readers.readers[1].areas["wafroc"]["value"]
    with (tmp_path / "scores" / NODULES).open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8 and (rows[0]["slice_number"], rows[0]["side"], rows[0]["third"]) == ("1", "left", "lower")
    assert [(row["reader"], row["case"], row["nodule"], row["confidence"]) for row in rows if row["found"] == "1"] == [
        *(("Ann", "a", "1", "90"), ("Ann", "a", "2", "80"), ("Ann", "b", "1", "40"), ("Ben", "a", "2", "70"))
    ]


def test_the_curves_are_drawn_where_they_are(two_readers: Score, tmp_path: Path) -> None:
    write(two_readers, tmp_path)
    curves = {reader.reader: reader.froc for reader in two_readers.readers}
    figure = froc_picture(curves)
    picture = np.asarray(Image.open(tmp_path / CURVES).convert("RGB"))
    (axes,) = figure.axes
    figure.draw_without_rendering()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["Ann", "Ben"]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    for line, curve in zip(dots, curves.values(), strict=True):
        colour = np.rint(255 * np.array(to_rgb(line.get_color()))).astype(int)
        for x, y in axes.transData.transform(np.transpose([RATES, curve.at()])):
            assert np.abs(picture[round(picture.shape[0] - y), round(x)] - colour).max() <= 2, "a dot at each rate"


def test_a_curve_is_dashed_where_a_reader_has_no_more_marks(two_readers: Score) -> None:
    """Ann's last operating point is at 2/3 false marks a case."""
    ann = two_readers.readers[0]
    marked, beyond, _dots = froc_picture({"Ann": ann.froc}).axes[0].lines
    assert marked.get_linestyle() == "-" and beyond.get_linestyle() == "--"
    assert (marked.get_xdata()[0], beyond.get_xdata()[-1]) == (1 / 8, 8)
    assert marked.get_xdata()[-1] == beyond.get_xdata()[0] == pytest.approx(2 / 3)
    for line in (marked, beyond):
        assert np.allclose(line.get_ydata(), ann.froc.at(line.get_xdata()))


@pytest.mark.parametrize(
    ("module", "writer"), [("matplotlib.figure", write), ("openpyxl", write_rjafroc)], ids=["picture", "workbook"]
)
def test_a_package_that_is_missing_is_named_with_its_extra(
    module: str,
    writer: Callable[[Score, Path], None],
    two_readers: Score,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with refused(module, "SketchNoduleSynth[cases]"):
        writer(two_readers, tmp_path / "scores")
    assert not (tmp_path / "scores").exists()


def test_a_score_without_nodules_can_be_written(tmp_path: Path) -> None:
    truth = case("c", 0)
    write(score([truth], [rated("R1", truth, (), [50])]), tmp_path)
    figures = json.loads((tmp_path / SCORES).read_text())["readers"]["R1"]
    assert figures["cpm"]["value"] is None and figures["froc"]["sensitivity"] is None
    assert figures["false_per_scan"] == 1 and "NaN" not in (tmp_path / SCORES).read_text()


def test_nothing_half_written(two_readers: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with refused("could not be written"):
        write(two_readers, tmp_path / "file" / "scores")
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / TABLE).write_text("of yesterday")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    with refused("could not be written", "No space left"):
        write(two_readers, tmp_path / "scores")
    assert [path.name for path in (tmp_path / "scores").iterdir()] == [TABLE]
    assert (tmp_path / "scores" / TABLE).read_text() == "of yesterday"


# RJafroc


def test_the_workbook_has_what_rjafroc_reads(two_readers: Score, tmp_path: Path) -> None:
    """The format as in RJafroc's QuickStart book, chapter "FROC data format", and its DfReadDataFile (2.1.3)."""
    from openpyxl import load_workbook

    write_rjafroc(two_readers, tmp_path)
    book = load_workbook(tmp_path / "rjafroc.xlsx")
    assert book.sheetnames == ["Truth", "FP", "TP"]
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    assert sheets["Truth"] == [
        ("CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"),
        (1, 1, 0.5, "1, 2", "1", "FROC"),
        (1, 2, 0.5, "1, 2", "1", "FCTRL"),
        (2, 1, 0.5, "1, 2", "1", None),
        (2, 2, 0.5, "1, 2", "1", None),
        (3, 0, 0, "1, 2", "1", None),
    ]
    assert sheets["FP"] == [
        ("ReaderID", "ModalityID", "CaseID", "FP_Rating"),
        *(("1", "1", 1, 30), ("1", "1", 3, 60), ("2", "1", 2, 70)),
    ]
    assert sheets["TP"] == [
        ("ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"),
        *(("1", "1", 1, 1, 90), ("1", "1", 1, 2, 80), ("1", "1", 2, 1, 40), ("2", "1", 1, 2, 70)),
    ]
    assert (tmp_path / "rjafroc_ids.csv").read_text().splitlines() == [
        *("kind,id,name", "case,1,a", "case,2,b", "case,3,c", "reader,1,Ann", "reader,2,Ben")
    ]


def test_readers_are_numbered_in_the_order_in_which_rjafroc_names_them() -> None:
    """It names its results as readers come in FP, sorted as text, then in TP; their values come as in Truth."""
    from SketchNoduleSynthLib.reading.rjafroc import sheets

    truth = case("a", 2)
    names = [f"R{k}" for k in range(11)]
    readings = [rated(name, truth, (50, 0), [] if name == "R0" else [40]) for name in names]
    rows, false, hits, legend = sheets(score([truth], readings))
    as_named = list(dict.fromkeys([*sorted(str(row[0]) for row in false), *sorted(str(row[0]) for row in hits)]))
    assert as_named == str(rows[0][3]).split(", ") and legend[-1] == ["reader", "11", "R0"]


def test_what_rjafroc_cannot_read_is_refused(tmp_path: Path) -> None:
    a, b = case("a"), case("b", 2)

    def written(*readings: Reading) -> None:
        write_rjafroc(score([a, b], readings), tmp_path)

    with refused("R2 has not read b"):
        written(rated("R1", a, (50,), [20]), rated("R1", b, (50, 0)), rated("R2", a, (50,)))
    with refused("leave out R2"):
        written(rated("R1", a, (50,), [20]), rated("R2", a, (0,)))
    for readings in ([rated("R1", b, (50, 0))], [rated("R1", b, (0, 0), [50])], [rated("R1", a, (50,), [20])]):
        with refused("RJafroc cannot read"):
            written(*readings)
    assert not list(tmp_path.iterdir())


def test_without_openpyxl_the_workbook_is_refused(
    two_readers: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with refused("openpyxl"):
        write_rjafroc(two_readers, tmp_path)


def test_nodules_of_one_number_are_no_truth() -> None:
    with refused("same number", "case a"):
        Truth("a", "x", (nodule(1), nodule(1)))
